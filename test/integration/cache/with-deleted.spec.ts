import { Injectable } from '@nestjs/common';
import type { DataSourceOptions, FindManyOptions, ObjectLiteral } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager, type CacheManagerClass } from '../../../lib/index.js';
import { Article, Author, journalEntities, Remark } from '../../fixtures/entities/journal.entities.js';
import { describeDatabases } from '../../support/databases.js';
import { differenceOf } from '../../support/expect-same.js';
import { createTestApp, type TestApp } from '../../support/test-app.js';

@Injectable()
class Remarks extends BaseCacheManager<Remark> {
  model = Remark;
  override relatedObjects = ['author'] as const;
}

@Injectable()
class JoinedArticles extends BaseCacheManager<Article> {
  model = Article;
  override cacheKey = 'joined';
  override relatedObjects = ['author', 'remarks'] as const;
}

@Injectable()
class PrefetchedArticles extends BaseCacheManager<Article> {
  model = Article;
  override cacheKey = 'prefetched';
  override prefetchRelatedObjects = ['author', 'remarks.author'] as const;
}

@Injectable()
class Authors extends BaseCacheManager<Author> {
  model = Author;
  override prefetchRelatedObjects = ['articles.remarks'] as const;
}

const managers = [Remarks, JoinedArticles, PrefetchedArticles, Authors];

/** What nobody ordered is a set. */
function sorted<T>(entity: T): T {
  for (const inner of Object.values(entity as object)) {
    if (!Array.isArray(inner)) continue;
    (inner as { id: number }[]).sort((a, b) => a.id - b.id);
    inner.forEach(sorted);
  }
  return entity;
}

describeDatabases('With what is soft-deleted', (database) => {
  /** Author 2 and remarks 2 and 3 are soft-deleted. */
  async function open(): Promise<TestApp> {
    const app = await createTestApp({
      database: { ...(await database.options()), entities: journalEntities, synchronize: true } as DataSourceOptions,
      managers,
    });
    const { manager } = app.dataSource;
    await manager.insert(Author, [{ name: 'ann' }, { name: 'bob' }]);
    await manager.insert(Article, [
      { title: 'one', author: { id: 1 } },
      { title: 'two', author: { id: 2 } },
    ]);
    const remark = (text: string, article: number, author: number) => ({
      text,
      article: { id: article },
      author: { id: author },
    });
    await manager.insert(Remark, [remark('a', 1, 1), remark('b', 1, 2), remark('c', 2, 1), remark('d', 2, 2)]);
    await manager.softDelete(Author, 2);
    await manager.softDelete(Remark, [2, 3]);
    return app;
  }

  const by = { id: 'ASC' } as const;

  it('reads what find reads with withDeleted, missed and hit', async () => {
    const app = await open();
    const { dataSource } = app;
    const of = (Manager: CacheManagerClass) => app.get(Manager) as unknown as BaseCacheManager<ObjectLiteral>;
    const cases: [BaseCacheManager<ObjectLiteral>, object, FindManyOptions<ObjectLiteral>][] = [
      [of(Remarks), Remark, { relations: { author: true } }],
      [of(Remarks), Remark, { relations: { author: true }, where: { author: { name: 'bob' } } }],
      [of(JoinedArticles), Article, { relations: { author: true, remarks: true }, order: { remarks: by } }],
      [
        of(JoinedArticles),
        Article,
        { relations: { author: true, remarks: true }, where: { author: { id: 2 } }, order: { remarks: by } },
      ],
      [of(PrefetchedArticles), Article, { relations: { author: true, remarks: { author: true } } }],
      [of(Authors), Author, { relations: { articles: { remarks: true } } }],
      [of(Authors), Author, { relations: { articles: { remarks: true } }, where: { id: 2 } }],
    ];
    for (const [manager, entity, options] of cases) {
      const order = { id: 'ASC', ...options.order };
      for (const withDeleted of [true, false]) {
        const expected = await dataSource.manager.find(entity as never, { ...options, order, withDeleted });
        const ordered = manager
          .all()
          .orderBy(order as never)
          .filter((options.where ?? {}) as never);
        const set = () => (withDeleted ? ordered.withDeleted() : ordered);
        const read = {
          refined: await set(),
          missed: await set().cache(),
          hit: await settledHit(app, () => set().cache()),
          page: (await set().page({ page: 1, size: 9 })).items,
        };
        for (const [how, found] of Object.entries(read))
          expect(
            differenceOf(found.map(sorted), expected.map(sorted)),
            `${JSON.stringify(options)} ${withDeleted}, ${how}`,
          ).toBeUndefined();
        const { length } = expected;
        const counts = [
          await set().count(),
          await set().cache().count(),
          (await set().page({ page: 1, size: 9 })).total,
        ];
        expect(counts, `${JSON.stringify(options)} ${withDeleted}`).toEqual([length, length, length]);
        expect([await set().exists(), (await set().first()) !== null]).toEqual([length > 0, length > 0]);
        expect(await set().createQueryBuilder().getMany()).toHaveLength(length);
      }
    }
  });

  async function settledHit<T>(app: TestApp, read: () => PromiseLike<T>): Promise<T> {
    await app.settled();
    return app.statements.expect(0, read);
  }

  it('takes a filter on related rows for one on deleted ones, too, in each place of it', async () => {
    const app = await open();
    const all = app.get(JoinedArticles).all();
    const ofBob = { author: { name: 'bob' } };
    const deleted = { remarks: { text: 'b' } };
    const idsOf = async (set: PromiseLike<Article[]>) => (await set).map(({ id }) => id).toSorted((a, b) => a - b);
    expect(await idsOf(all.filter(ofBob))).toEqual([]);
    expect(await idsOf(all.filter(ofBob).withDeleted())).toEqual([2]);
    expect(await idsOf(all.withDeleted().filter(deleted).filter(ofBob))).toEqual([]);
    expect(
      await idsOf(
        all
          .withDeleted()
          .filter(deleted)
          .filter({ remarks: { text: 'a' } }),
      ),
    ).toEqual([1]);
    expect(await idsOf(all.filter(deleted).filter({ remarks: { text: 'a' } }))).toEqual([]);
    expect(await idsOf(all.exclude(ofBob))).toEqual([1, 2]);
    expect(await idsOf(all.exclude(ofBob).withDeleted())).toEqual([1]);
  });

  it('is another entry than without, and each hears of what changes it', async () => {
    const app = await open();
    const { manager } = app.dataSource;
    const remarks = app.get(Remarks);
    const living = () => remarks.all().filter({ likes: 0 }).cache();
    const all = () => remarks.all().filter({ likes: 0 }).withDeleted().cache();
    const read = async () => {
      const found = [(await living()).length, await living().count(), (await all()).length, await all().count()];
      await app.settled();
      return found;
    };
    expect(await read()).toEqual([2, 2, 4, 4]);
    await manager.softDelete(Remark, 1);
    // How many there are with those that are deleted that does not change.
    expect(await app.statements.expect(0, () => all().count())).toBe(4);
    expect((await all()).find(({ id }) => id === 1)?.deletedAt).toBeInstanceOf(Date);
    expect(await read()).toEqual([1, 1, 4, 4]);
    await manager.restore(Remark, [1, 2]);
    expect((await all()).find(({ id }) => id === 2)?.deletedAt).toBeNull();
    expect(await read()).toEqual([3, 3, 4, 4]);
    await manager.recover(await manager.findOneOrFail(Remark, { where: { id: 3 }, withDeleted: true }));
    expect(await read()).toEqual([4, 4, 4, 4]);
    await manager.delete(Remark, 3);
    expect(await read()).toEqual([3, 3, 3, 3]);
  });

  it('shows related rows as they are after they are deleted and restored', async () => {
    const app = await open();
    const { manager } = app.dataSource;
    for (const Manager of [JoinedArticles, PrefetchedArticles]) {
      const article = async () => {
        const set = app.get<BaseCacheManager<Article>>(Manager).all().filter({ id: 2 }).withDeleted().cache();
        const [found] = await set;
        await app.settled();
        const remarks = found!.remarks!.toSorted((a, b) => a.id - b.id);
        return [found!.author!.deletedAt instanceof Date, remarks.map(({ deletedAt }) => deletedAt instanceof Date)];
      };
      expect(await article()).toEqual([true, [true, false]]);
      await manager.restore(Author, 2);
      expect(await article()).toEqual([false, [true, false]]);
      await manager.softDelete(Remark, 4);
      expect(await article()).toEqual([false, [true, true]]);
      await manager.softDelete(Author, 2);
      await manager.restore(Remark, 4);
      expect(await article()).toEqual([true, [true, false]]);
    }
  });

  it('changes nothing of an entity without a date of deletion but what it leads to', async () => {
    const app = await open();
    const articles = app.get(JoinedArticles).all();
    expect(await articles.withDeleted()).toHaveLength(2);
    expect(await articles.withDeleted().filter({ title: 'two' }).withDeleted().count()).toBe(1);
  });
});
