import type { QueryRunner } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Comment, Note, Post } from '../../../fixtures/entities/write-paths.entities.js';
import { describeDatabases } from '../../../support/databases.js';
import { Pause } from '../../../support/pause.js';
import { type Lab, openLab } from './lab.js';
import { markPath } from './marks.js';
import { posts, PostCacheManager, WholePostCacheManager } from './posts.scene.js';

const ROLL_BACK = new Error('on purpose');

describeDatabases('transactions', (database) => {
  let lab: Lab;
  let cached: PostCacheManager;

  beforeAll(async () => {
    lab = await openLab(database, posts);
    cached = lab.get(PostCacheManager);
  });

  afterAll(() => lab.close());

  beforeEach(async () => {
    await lab.reset();
    lab.events.length = 0;
  });

  /** The title of post 1, which must cost no query. */
  async function warmTitle(id = 1): Promise<string> {
    return (await lab.statements.expect(0, () => cached.get(id))).title;
  }

  async function title(id = 1): Promise<string> {
    return (await cached.get(id)).title;
  }

  function filled(): boolean {
    return lab.events.some(({ name }) => name === 'entry:filled');
  }

  /** A transaction that is open while `work` runs, and rolled back if `work` left it so. */
  async function inOpenTransaction(
    work: (runner: QueryRunner) => Promise<void>,
    isolation?: 'REPEATABLE READ',
  ): Promise<void> {
    const runner = lab.dataSource.createQueryRunner();
    try {
      await runner.startTransaction(isolation);
      await work(runner);
      if (runner.isTransactionActive) await runner.rollbackTransaction();
    } finally {
      await runner.release();
    }
  }

  /** Then a transaction is everybody's: nothing is read from the cache beside it. */
  const sharesConnection = database.name === 'sqljs';

  const everythingWarm = '.'.repeat(posts.observers.length);

  it('leaves every entry warm when it rolls back', async () => {
    const { marks } = await markPath(lab, posts, () =>
      lab.dataSource
        .transaction(async (manager) => {
          await manager.save(Post, { id: 1, title: 'changed', tags: [{ id: 2 }] });
          await manager.update(Post, { title: 'two' }, { title: 'changed' });
          await manager.delete(Note, 1);
          await manager.insert(Comment, { body: 'new' });
          await manager.query('DELETE FROM wp_post_tag');
          throw ROLL_BACK;
        })
        .catch(() => undefined),
    );
    expect(marks).toBe(everythingWarm);
  });

  it('makes nothing stale before its commit, and everything with it', async () => {
    await title();
    await cached.all();
    await inOpenTransaction(async (runner) => {
      await runner.manager.update(Post, 1, { title: 'changed' });
      if (!sharesConnection) {
        expect(await warmTitle()).toBe('one');
        await lab.statements.expect(0, () => cached.all());
      }
      await runner.commitTransaction();
      expect(await title()).toBe('changed');
      expect((await cached.all()).find(({ id }) => id === 1)!.title).toBe('changed');
    });
  });

  it('drops the writes of a savepoint that rolled back, and keeps those around it', async () => {
    await title(1);
    await title(2);
    await lab.dataSource.transaction(async (outer) => {
      await outer.update(Post, 2, { title: 'changed' });
      await outer
        .transaction(async (inner) => {
          await inner.update(Post, 1, { title: 'changed' });
          throw ROLL_BACK;
        })
        .catch(() => undefined);
    });
    expect(await warmTitle(1)).toBe('one');
    expect(await title(2)).toBe('changed');
  });

  it('hands the writes of a released savepoint up to the commit around it', async () => {
    await title();
    await lab.dataSource.transaction(async (outer) => {
      await outer.transaction((inner) => inner.update(Post, 1, { title: 'changed' }));
      if (!sharesConnection) expect(await warmTitle()).toBe('one');
    });
    expect(await title()).toBe('changed');
  });

  it('drops the writes of a released savepoint when what surrounds it rolls back', async () => {
    const { marks } = await markPath(lab, posts, () =>
      lab.dataSource
        .transaction(async (outer) => {
          await outer.transaction((inner) => inner.update(Post, 1, { title: 'changed' }));
          throw ROLL_BACK;
        })
        .catch(() => undefined),
    );
    expect(marks).toBe(everythingWarm);
  });

  it('is read by using(entityManager), which neither uses nor fills the cache', async () => {
    await title();
    await inOpenTransaction(async ({ manager }) => {
      await manager.update(Post, 1, { title: 'own' });
      lab.events.length = 0;
      expect((await cached.using(manager).get(1)).title).toBe('own');
      expect((await cached.using(manager).all()).find(({ id }) => id === 1)!.title).toBe('own');
      expect((await cached.using(manager).getMany([1, 2])).map((post) => post.title)).toEqual(['own', 'two']);
      expect(lab.events).toEqual([]);
      // Where everybody shares its connection everybody sees what it wrote, as without a cache.
      if (sharesConnection) expect(await lab.statements.expect(1, () => title())).toBe('own');
      else expect(await warmTitle()).toBe('one');
    });
    expect(await warmTitle()).toBe('one');
  });

  it('makes explicit clears through using(entityManager) wait for the commit', async () => {
    await title();
    await cached.all();
    await inOpenTransaction(async (runner) => {
      const inside = cached.using(runner.manager);
      await inside.clearCacheDetail(1);
      await inside.clearCacheList();
      if (!sharesConnection) {
        await warmTitle();
        await lab.statements.expect(0, () => cached.all());
      }
      await runner.commitTransaction();
      await lab.statements.expect(1, () => cached.get(1));
      await lab.statements.expect(1, () => cached.all());
    });
  });

  it('forgets explicit clears through using(entityManager) when it rolls back', async () => {
    await title();
    await inOpenTransaction(({ manager }) => cached.using(manager).clearCache());
    await warmTitle();
  });

  if (database.name === 'sqljs')
    describe('on the one connection of everybody', () => {
      it('lets nobody fill what may be rolled back', async () => {
        await inOpenTransaction(async ({ manager }) => {
          await manager.update(Post, 1, { title: 'dirty' });
          lab.events.length = 0;
          await cached.get(1);
          await cached.all();
          expect(filled()).toBe(false);
        });
        expect(await title()).toBe('one');
        expect((await cached.all()).find(({ id }) => id === 1)!.title).toBe('one');
      });

      it('lets nobody join a load that began inside it', async () => {
        let during: Promise<string>;
        let after: Promise<string>;
        await inOpenTransaction(async (runner) => {
          await runner.manager.update(Post, 1, { title: 'dirty' });
          during = title();
          after = runner.rollbackTransaction().then(() => title());
          await Promise.all([during, after]);
        });
        expect(await after!).toBe('one');
        expect(await title()).toBe('one');
      });

      it('lets nobody fill from a load during which it came and went', async () => {
        const whole = lab.get(WholePostCacheManager);
        const first = new Pause(lab.dataSource, /JOIN "wp_author"/);
        const dirty = new Pause(lab.dataSource, /JOIN "wp_comment"/);
        const load = whole.get(1);
        await first.reached();
        await inOpenTransaction(async ({ manager }) => {
          await manager.update(Comment, 1, { body: 'dirty' });
          first.release();
          await dirty.reached();
        });
        dirty.release();
        expect((await load).comments.map(({ body }) => body)).toContain('dirty');
        expect((await whole.get(1)).comments.map(({ body }) => body).toSorted()).toEqual(['a', 'e']);
      });
    });

  if (database.name !== 'sqljs')
    describe('beside other connections', () => {
      it('makes stale what a reader filled while it was open', async () => {
        await inOpenTransaction(async (runner) => {
          await runner.manager.update(Post, 1, { title: 'changed' });
          expect(await title()).toBe('one');
          expect(await warmTitle()).toBe('one');
          await runner.commitTransaction();
          expect(await title()).toBe('changed');
        });
      });

      it('never caches its snapshot', async () => {
        await inOpenTransaction(async ({ manager }) => {
          await manager.findOneBy(Post, { id: 1 });
          await lab.dataSource.manager.update(Post, 1, { title: 'changed' });
          expect((await cached.using(manager).get(1)).title).toBe('one');
          expect(await title()).toBe('changed');
          expect(await warmTitle()).toBe('changed');
        }, 'REPEATABLE READ');
      });

      it('is believed from the driver when no statement began it', async () => {
        const runner = lab.dataSource.createQueryRunner();
        const connection = (await runner.connect()) as { query(sql: string, done: () => void): void };
        await new Promise<void>((done) => connection.query('BEGIN', () => done()));
        await runner.manager.update(Post, 1, { title: 'changed' });
        expect(await title()).toBe('one');
        expect(await warmTitle()).toBe('one');
        await runner.query('COMMIT');
        await runner.release();
        expect(await title()).toBe('changed');
      });

      it('counts from the text that began it, although a later statement of that text was refused', async () => {
        const runner = lab.dataSource.createQueryRunner();
        const text = "BEGIN; UPDATE wp_post SET title = 'changed' WHERE id = 1; UPDATE wp_post SET nobody = 1";
        await expect(runner.query(text)).rejects.toThrow();
        expect(await title()).toBe('one');
        await runner.query('COMMIT');
        await runner.release();
        // PostgreSQL gives such a transaction up, MySQL commits what was done.
        expect(await title()).toBe(database.name === 'mariadb' ? 'changed' : 'one');
      });
    });
});
