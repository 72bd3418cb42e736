import type { EntityManager, QueryRunner } from 'typeorm';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Post } from '../../../fixtures/entities/write-paths.entities.js';
import { describeDatabases } from '../../../support/databases.js';
import { createTcpProxy } from '../../../support/tcp-proxy.js';
import { type Lab, type LabOptions, openLab } from './lab.js';
import { posts, PostCacheManager } from './posts.scene.js';

/** Longer than a hold, shorter than an entry lives. */
const PAST_THE_DEADLINE = 15_000;

/** A hold that blocks nobody for that long, so that readers fill while the outcome is unknown. */
const PATIENT = { budgetMs: 5_000 };

describeDatabases(
  'writes whose outcome nobody heard of',
  (database) => {
    afterEach(() => {
      vi.useRealTimers();
    });

    async function open(
      options?: LabOptions,
    ): Promise<{ lab: Lab; cached: PostCacheManager; title: () => Promise<string> }> {
      const lab = await openLab(database, posts, options);
      onTestFinished(() => lab.close());
      await lab.reset();
      const cached = lab.get(PostCacheManager);
      return { lab, cached, title: async () => (await cached.get(1)).title };
    }

    const sessionOf = async (manager: EntityManager) => {
      const [row] = await manager.query<{ id: number }[]>(
        database.name === 'postgres' ? 'SELECT pg_backend_pid() AS id' : 'SELECT CONNECTION_ID() AS id',
      );
      return row!.id;
    };

    /** Takes connections from the pool until the one of that session comes. */
    async function borrow({ dataSource }: Lab, session: number): Promise<QueryRunner> {
      const others: QueryRunner[] = [];
      try {
        for (;;) {
          const runner = dataSource.createQueryRunner();
          if ((await sessionOf(runner.manager)) === session) return runner;
          others.push(runner);
        }
      } finally {
        for (const other of others) await other.release();
      }
    }

    /** Leaves a connection with an open transaction in the pool, and says which. */
    async function leak({ dataSource }: Lab, work: (manager: EntityManager) => Promise<unknown>): Promise<number> {
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction('REPEATABLE READ');
      await work(runner.manager);
      const session = await sessionOf(runner.manager);
      await runner.release();
      return session;
    }

    const later = () => vi.useFakeTimers({ toFake: ['Date'] }).setSystemTime(Date.now() + PAST_THE_DEADLINE);

    it('serves the committed row when the connection is killed inside a transaction', async () => {
      const { lab, title } = await open();
      await title();
      const killed = lab.dataSource.transaction(async (manager) => {
        await manager.update(Post, 1, { title: 'changed' });
        const session = await sessionOf(manager);
        await lab.dataSource.query(
          database.name === 'postgres' ? `SELECT pg_terminate_backend(${session})` : `KILL ${session}`,
        );
        await manager.update(Post, 2, { title: 'changed' });
      });
      await expect(killed).rejects.toThrow();
      expect(await title()).toBe('one');
      await lab.dataSource.manager.update(Post, 1, { title: 'later' });
      expect(await title()).toBe('later');
    });

    it('reads no uncommitted row from a connection released inside a transaction', async () => {
      const { lab, cached, title } = await open();
      await leak(lab, (manager) => manager.update(Post, 1, { title: 'dirty' }));
      for (let i = 0; i < 3; i++) {
        await cached.clearCache();
        expect(await title()).toBe('one');
        expect(await lab.statements.expect(0, title)).toBe('one');
      }
    });

    it('reads no old snapshot from a connection released inside a transaction', async () => {
      const { lab, title } = await open();
      const writer = lab.dataSource.createQueryRunner();
      await writer.connect();
      await leak(lab, (manager) => manager.findOneBy(Post, { id: 1 }));
      await writer.manager.update(Post, 1, { title: 'changed' });
      expect(await title()).toBe('changed');
      await writer.release();
      expect(await lab.statements.expect(0, title)).toBe('changed');
    });

    it('caches nothing from such a connection when the pool has no other', async () => {
      const { lab, title } = await open({ driver: { poolSize: 1 } });
      const session = await leak(lab, (manager) => manager.update(Post, 1, { title: 'dirty' }));
      lab.events.length = 0;
      await title();
      expect(lab.events).toContainEqual(expect.objectContaining({ name: 'entry:skipped', reason: 'uncommitted' }));
      const next = await borrow(lab, session);
      await next.query('ROLLBACK');
      await next.release();
      expect(await title()).toBe('one');
    });

    it('makes stale what was left uncommitted when a later user of the connection commits it', async () => {
      const { lab, title } = await open();
      const session = await leak(lab, (manager) => manager.update(Post, 1, { title: 'changed' }));
      expect(await title()).toBe('one');
      const next = await borrow(lab, session);
      await next.startTransaction();
      await next.commitTransaction();
      await next.release();
      expect(await title()).toBe('changed');
    });

    it('forgets what was left uncommitted when a later user of the connection rolls it back', async () => {
      const { lab, title } = await open();
      await title();
      const session = await leak(lab, (manager) => manager.update(Post, 1, { title: 'changed' }));
      const next = await borrow(lab, session);
      await next.query('ROLLBACK');
      await next.release();
      expect(await lab.statements.expect(0, title)).toBe('one');
    });

    if (database.name === 'postgres')
      describe('on PostgreSQL', () => {
        it('leaves entries right and warm after a COMMIT that was refused', async () => {
          const { lab, title } = await open();
          await lab.dataSource.query(
            'CREATE TABLE wp_late (post_id int REFERENCES wp_post DEFERRABLE INITIALLY DEFERRED)',
          );
          await title();
          const refused = lab.dataSource.transaction(async (manager) => {
            await manager.update(Post, 1, { title: 'changed' });
            await manager.query('INSERT INTO wp_late VALUES (999)');
          });
          await expect(refused).rejects.toThrow(/foreign key/);
          expect(await lab.statements.expect(0, title)).toBe('one');
          later();
          expect(await lab.statements.expect(0, title)).toBe('one');
        });

        it('is fresh after a COMMIT whose acknowledgement was lost', async () => {
          const { proxy, lab, title } = await behindProxy();
          await title();
          proxy.loseReplyTo('COMMIT');
          await expect(
            lab.dataSource.transaction((manager) => manager.update(Post, 1, { title: 'changed' })),
          ).rejects.toThrow();
          expect(await title()).toBe('changed');
        });

        it('is fresh after an autocommit write whose acknowledgement was lost', async () => {
          const { proxy, lab, title } = await behindProxy();
          await title();
          proxy.loseReplyTo('UPDATE');
          await expect(lab.dataSource.manager.update(Post, 1, { title: 'changed' })).rejects.toThrow();
          expect(await title()).toBe('changed');
        });

        it('is fresh past the deadline after a COMMIT that arrived late', async () => {
          const { proxy, lab, title } = await behindProxy();
          const arrive = proxy.delay('COMMIT');
          await expect(
            lab.dataSource.transaction((manager) => manager.update(Post, 1, { title: 'changed' })),
          ).rejects.toThrow();
          expect(await title()).toBe('one');
          expect(await lab.statements.expect(0, title)).toBe('one');
          arrive();
          await landed(lab);
          later();
          expect(await title()).toBe('changed');
        });

        it('is fresh past the deadline after a statement that timed out and was done all the same', async () => {
          const { lab, title } = await open({ driver: { extra: { query_timeout: 300 } }, cache: PATIENT });
          const locker = lab.dataSource.createQueryRunner();
          await locker.startTransaction();
          await locker.query('SELECT 1 FROM wp_post WHERE id = 1 FOR UPDATE');
          // Kept meanwhile: whoever got its connection would wait behind the statement.
          const writer = lab.dataSource.createQueryRunner();
          await expect(writer.manager.update(Post, 1, { title: 'changed' })).rejects.toThrow(/timeout/);
          expect(await title()).toBe('one');
          expect(await lab.statements.expect(0, title)).toBe('one');
          await locker.rollbackTransaction();
          await locker.release();
          await landed(lab);
          await writer.release();
          later();
          expect(await title()).toBe('changed');
        });

        it('makes a prepared transaction known when it is committed, on whatever connection', async ({ skip }) => {
          const { lab, title } = await open();
          const [setting] = await lab.dataSource.query<{ max: string }[]>(
            "SELECT current_setting('max_prepared_transactions') AS max",
          );
          if (setting!.max === '0') {
            console.warn('Skipped two-phase commit: max_prepared_transactions is 0 on this server.');
            skip('max_prepared_transactions is 0');
          }
          await title();
          const runner = lab.dataSource.createQueryRunner();
          await runner.startTransaction();
          await runner.manager.update(Post, 1, { title: 'changed' });
          await runner.query("PREPARE TRANSACTION 'wp'");
          await runner.query('ROLLBACK');
          await runner.release();
          expect(await lab.statements.expect(0, title)).toBe('one');
          await lab.dataSource.query("COMMIT PREPARED 'wp'");
          expect(await title()).toBe('changed');
        });

        async function behindProxy() {
          const { host, port, ...address } = (await database.options()) as { host: string; port?: number };
          const proxy = await createTcpProxy({ host, port: port ?? 5432 });
          const driver = { ...address, host: '127.0.0.1', port: proxy.port };
          return { proxy, ...(await open({ driver, cache: PATIENT })) };
        }

        /** Until the write is visible, whenever that is. */
        async function landed({ dataSource }: Lab): Promise<void> {
          await vi.waitUntil(
            async () => (await dataSource.manager.findOneByOrFail(Post, { id: 1 })).title === 'changed',
            {
              timeout: 5_000,
            },
          );
        }
      });
  },
  ['postgres', 'mariadb'],
);
