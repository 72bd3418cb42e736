import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { CacheEvents, WriteRefusedError } from '../../../lib/index.js';
import { Example, exampleEntities, User } from '../../fixtures/entities/example.entity.js';
import { managers, PlainExampleCacheManager, UserCacheManager } from '../../fixtures/managers.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { describeWithRedisServers, Proxy, RedisServer } from '../../support/redis-server.js';
import { createTestApp, type StoreKind, type TestApp, type TestAppOptions } from '../../support/test-app.js';

const faults = {
  'refuses connections': { bring: (proxy: Proxy) => proxy.cut(), heal: (proxy: Proxy) => proxy.open() },
  'is a black hole': {
    bring: async (proxy: Proxy) => proxy.block(),
    // What was lost on the way leaves connections behind that hear nothing any more.
    heal: async (proxy: Proxy) => (proxy.unblock(), proxy.reset()),
  },
};

describeWithRedisServers('a Redis that is gone for a while', () => {
  let server: RedisServer;
  let proxy: Proxy;
  beforeEach(async () => {
    server = await RedisServer.start();
    proxy = await Proxy.to(server.port);
    onTestFinished(async () => {
      await proxy.cut();
      await server.stop();
    });
  });

  const options = (store: StoreKind, port: number, more: object = {}) => ({
    store,
    redisUrl: `redis://127.0.0.1:${port}`,
    options: { budgetMs: 100, namespace: 'outage', ...more },
  });

  /** One that reaches Redis through the proxy, and one that does whatever becomes of the proxy. */
  async function two(database: TestDatabase, store: StoreKind, more: object = {}) {
    const cut = await exampleApp(database, options(store, proxy.port, more));
    const other = await createTestApp({
      ...options(store, server.port),
      options: { budgetMs: 5_000, namespace: 'outage' },
      database: { ...cut.options, entities: exampleEntities } as DataSourceOptions,
      managers,
    });
    const warm = async (app: TestApp) => {
      await vi.waitFor(async () => {
        const examples = app.get(PlainExampleCacheManager);
        await examples.get(1);
        await examples.all();
        await app.settled();
        await app.statements.expect(0, async () => {
          await examples.get(1);
          await examples.all();
        });
      }, 5_000);
    };
    await warm(cut);
    await warm(other);
    return { cut, other };
  }

  const titleIn = async (app: TestApp) => {
    const examples = app.get(PlainExampleCacheManager);
    const listed = (await examples.all()).find(({ id }) => id === 1)!.title;
    return [(await examples.get(1)).title, listed];
  };
  const retitle = (app: TestApp, title: string) => app.dataSource.manager.update(Example, 1, { title });
  const until = (app: TestApp, name: string) =>
    vi.waitFor(() => expect(app.events.map((event) => event.name)).toContain(name), 5_000);

  describeDatabases(
    'over a database',
    (database) => {
      describe.each<StoreKind>(['ioredis-yet', 'keyv-redis'])('through %s', (store) => {
        it.each(Object.entries(faults))(
          'that %s hears of what was written before anybody trusts it',
          async (_, fault) => {
            const { cut, other } = await two(database, store);
            cut.events.splice(0);
            await fault.bring(proxy);
            await retitle(cut, 'meanwhile');
            expect(await titleIn(cut)).toEqual(['meanwhile', 'meanwhile']);
            expect(cut.events.map(({ name }) => name)).toContain('debt:made');
            await fault.heal(proxy);
            await until(cut, 'debt:paid');
            expect(await titleIn(other)).toEqual(['meanwhile', 'meanwhile']);
            await vi.waitFor(async () => {
              expect(await titleIn(cut)).toEqual(['meanwhile', 'meanwhile']);
              await cut.settled();
              await cut.statements.expect(0, () => titleIn(cut));
            }, 5_000);
          },
        );

        it('is not waited for once it is known to be gone', async () => {
          const { cut } = await two(database, store);
          proxy.block();
          await retitle(cut, 'first');
          await titleIn(cut);
          cut.events.splice(0);
          for (let n = 0; n < 10; n++) {
            await retitle(cut, `title ${n}`);
            expect(await titleIn(cut)).toEqual([`title ${n}`, `title ${n}`]);
          }
          // Nobody was asked, so nobody failed.
          expect(cut.events.filter(({ name }) => name === 'store:failed')).toEqual([]);
          expect(cut.events.filter(({ name }) => name === 'debt:made')).toHaveLength(10);
        });

        it('lets nobody write who asked for that, and everybody read', async () => {
          const { cut, other } = await two(database, store, { onStoreDown: 'reject' });
          await proxy.cut();
          const before = await titleIn(other);
          const { manager } = cut.dataSource;
          await expect(retitle(cut, 'refused')).rejects.toThrow(WriteRefusedError);
          await expect(manager.save(Example, { id: 1, title: 'refused' })).rejects.toThrow(WriteRefusedError);
          await expect(
            manager.transaction(async (entityManager) => {
              await entityManager.update(Example, 1, { title: 'refused' });
              expect((await entityManager.findOneByOrFail(Example, { id: 1 })).title).toBe('refused');
            }),
          ).rejects.toThrow(WriteRefusedError);
          await expect(manager.query(`DELETE FROM example WHERE id = 1`)).rejects.toThrow(WriteRefusedError);
          expect(await titleIn(cut)).toEqual(before);
          // Of this one nothing is wrong.
          await manager.transaction((entityManager) => entityManager.findOneByOrFail(Example, { id: 1 }));
          await proxy.open();
          await vi.waitFor(() => retitle(cut, 'accepted'), 5_000);
          expect(await titleIn(other)).toEqual(['accepted', 'accepted']);
          expect(await titleIn(cut)).toEqual(['accepted', 'accepted']);
          expect(cut.events.map(({ name }) => name)).not.toContain('debt:made');
        });

        it('is owed that a key is free: who looks the key up finds the former row until then', async () => {
          const { cut, other } = await two(database, store);
          const users = other.get(UserCacheManager);
          const examples = other.get(PlainExampleCacheManager);
          const bySlug = async () => (await users.get('ann', { where: { username: 'ann' } })).id;
          const byKey = async () => (await examples.get(3)).title;
          await vi.waitFor(async () => {
            expect([await bySlug(), await byKey()]).toEqual([1, 'three']);
            await other.settled();
            await other.statements.expect(0, async () => void [await bySlug(), await byKey()]);
          }, 5_000);
          await proxy.cut();
          await cut.dataSource.manager.update(User, 1, { username: 'anne' });
          await other.dataSource.manager.update(User, 2, { username: 'ann' });
          // A caveat: that the key is taken was heard, that it is free was not.
          expect(await bySlug()).toBe(1);
          await cut.dataSource.manager.delete(Example, 3);
          await other.dataSource.manager.query(`INSERT INTO example (id, title) VALUES (3, 'another')`);
          expect(await byKey()).toBe('three');
          await proxy.open();
          // Debts are paid one by one.
          await vi.waitFor(async () => expect([await bySlug(), await byKey()]).toEqual([2, 'another']), 5_000);
        });

        it('hears a connection as before once it has refused it a write', async () => {
          const { cut } = await two(database, store, { onStoreDown: 'reject' });
          const runner = cut.dataSource.createQueryRunner();
          try {
            await proxy.cut();
            await expect(runner.manager.update(Example, 1, { title: 'refused' })).rejects.toThrow(WriteRefusedError);
            await proxy.open();
            await vi.waitFor(() => retitle(cut, 'accepted'), 5_000);
            cut.events.splice(0);
            // Nothing is under way on it, so what is rolled back is known not to have happened.
            await runner.startTransaction();
            await runner.manager.update(Example, 1, { title: 'rolled back' });
            await runner.rollbackTransaction();
            expect(cut.events.map(({ name }) => name)).not.toContain('tag:advanced');
          } finally {
            await runner.release();
          }
        });

        it('keeps no hold of a write that was refused', async () => {
          const { cut } = await two(database, store, { onStoreDown: 'reject' });
          cut.events.splice(0);
          // What is sent arrives, but later than anybody waits.
          proxy.blackHole();
          await expect(retitle(cut, 'refused')).rejects.toThrow(WriteRefusedError);
          await proxy.heal();
          const [clock] = (await server.admin.keys('qscache:{*example*')).filter((key) => key.endsWith('.example}'));
          await vi.waitFor(async () => {
            expect(cut.events.map(({ name }) => name)).toContain('circuit:closed');
            expect(await server.admin.get(clock!)).not.toMatch(/ h:/);
          }, 5_000);
        });

        it('keeps no hold of a write that was owed and paid', async () => {
          const { cut, other } = await two(database, store);
          cut.events.splice(0);
          // What is sent arrives, and no answer comes back whole.
          proxy.cutReplies(0);
          await retitle(cut, 'meanwhile');
          expect(cut.events.map(({ name }) => name)).toContain('debt:made');
          await proxy.heal();
          const [clock] = (await server.admin.keys('qscache:{*example*')).filter((key) => key.endsWith('.example}'));
          await vi.waitFor(async () => {
            expect(cut.events.map(({ name }) => name)).toContain('debt:paid');
            expect(await server.admin.get(clock!)).not.toMatch(/ h:/);
          }, 5_000);
          expect(await titleIn(other)).toEqual(['meanwhile', 'meanwhile']);
        });

        it('is of use again as soon as it is paid, also where it has taken the holds of what it is owed', async () => {
          const { cut, other } = await two(database, store, { holdMs: 600_000 });
          // It takes holds, and refuses advances: these name rows as well.
          await server.admin.acl('SETUSER', 'default', 'resetkeys', '~qscache:{*}');
          await retitle(cut, 'meanwhile');
          await server.admin.acl('SETUSER', 'default', 'allkeys');
          await until(cut, 'debt:paid');
          for (const app of [cut, other]) {
            await vi.waitFor(async () => {
              expect(await titleIn(app)).toEqual(['meanwhile', 'meanwhile']);
              await app.settled();
              await app.statements.expect(0, () => titleIn(app));
            }, 5_000);
          }
        });

        it('is told at the end, or the log names what is lost', async () => {
          const { cut, other } = await two(database, store);
          await proxy.cut();
          await retitle(cut, 'lost');
          await cut.close();
          const lost = cut.events.filter((event) => event.name === 'debt:lost');
          expect(lost.flatMap(({ tables }) => tables)).toEqual([expect.stringMatching(/example$/)]);
          // A caveat, and by nature.
          expect((await titleIn(other))[0]).not.toBe('lost');
        });

        it.each([
          ['hears at the end', true],
          ['does not hear, and the log names it as lost,', false],
        ])('%s of what was written before an application stood', async (_, comesBack) => {
          const first = await exampleApp(database, options(store, server.port, { budgetMs: 5_000 }));
          const before = await titleIn(first);
          await first.settled();
          await first.close();
          const reopened = (port: number, providers: TestAppOptions['providers'] = []) =>
            createTestApp({
              ...options(store, port),
              database: { ...first.options, entities: exampleEntities } as DataSourceOptions,
              managers,
              providers,
            });

          await proxy.cut();
          const lost: string[] = [];
          const seeding = {
            provide: 'seeding',
            inject: [getDataSourceToken(), CacheEvents],
            useFactory: async ({ manager }: DataSource, events: CacheEvents) => {
              events.on('debt:lost', ({ tables }) => lost.push(...tables));
              await manager.update(Example, 1, { title: 'seeded' });
            },
          };
          const seeded = await reopened(proxy.port, [seeding]);
          expect(await titleIn(seeded)).toEqual(['seeded', 'seeded']);
          if (comesBack) await proxy.open();
          await seeded.close();

          expect(lost).toHaveLength(comesBack ? 0 : 1);
          const last = await reopened(server.port);
          expect(await titleIn(last)).toEqual(comesBack ? ['seeded', 'seeded'] : before);
        });
      });
    },
    ['postgres', 'mariadb'],
  );
});
