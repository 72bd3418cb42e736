import { CACHE_MANAGER } from '@nestjs/cache-manager';
import { Injectable } from '@nestjs/common';
import type { Cache } from 'cache-manager';
import { type DataSourceOptions, type EntityManager, Raw } from 'typeorm';
import { expect, it } from 'vitest';
import { formatEntry, parseEntry } from '../../../lib/cache/entry.js';
import {
  BaseCacheManager,
  type CacheManagerClass,
  InvalidQueryError,
  type QsCacheOptions,
} from '../../../lib/index.js';
import { Article, Author, Category, journalEntities, Remark } from '../../fixtures/entities/journal.entities.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { nameOf, rawRedis } from '../../support/raw-redis.js';
import { describeWith } from '../../support/services.js';
import { createTestApp, NOTHING_KEPT, type TestApp } from '../../support/test-app.js';

@Injectable()
class Articles extends BaseCacheManager<Article> {
  model = Article;
  override relatedObjects = ['category', 'author'] as const;
  override prefetchRelatedObjects = ['tags'] as const;
}

@Injectable()
class PlainArticles extends BaseCacheManager<Article> {
  model = Article;
  override cacheKey = 'plain';
}

@Injectable()
class SharedArticles extends BaseCacheManager<Article> {
  model = Article;
  override cacheKey = 'shared';
  override shared = true;
}

@Injectable()
class Remarks extends BaseCacheManager<Remark> {
  model = Remark;
  override relatedObjects = ['article'] as const;
}

const managers = [Articles, PlainArticles, SharedArticles, Remarks];

/** Articles 1 to 5 on shelf 1, 6 and 7 on shelf 2; remarks on 1 and 2. */
async function open(
  database: TestDatabase,
  options: QsCacheOptions = {},
  redisUrl?: string,
  of: readonly CacheManagerClass[] = managers,
): Promise<TestApp> {
  const app = await createTestApp({
    database: { ...(await database.options()), entities: journalEntities, synchronize: true } as DataSourceOptions,
    managers: of,
    ...(redisUrl !== undefined && { store: 'ioredis-yet', redisUrl }),
    options,
  });
  const { manager } = app.dataSource;
  await manager.insert(Category, [{ name: 'news' }, { name: 'sport' }]);
  await manager.insert(Author, [{ name: 'ann' }, { name: 'bob' }]);
  const article = (shelf: number, score: number) => ({ title: `of ${shelf}`, shelf, score, author: { id: 1 } });
  await manager.insert(
    Article,
    [5, 4, 3, 2, 1].map((score) => article(1, score)),
  );
  await manager.insert(Article, [article(2, 1), article(2, 2)]);
  await manager.insert(Remark, [
    { text: 'one', article: { id: 1 } },
    { text: 'two', article: { id: 2 } },
  ]);
  return app;
}

const onShelf = (app: TestApp, shelf = 1) => app.get(PlainArticles).all().filter({ shelf });
const newest = (app: TestApp) => onShelf(app).orderBy({ score: 'DESC' });
const idsOf = (items: readonly { readonly id: number }[]) => items.map(({ id }) => id);

describeDatabases('The count of a cached refinement', (database) => {
  it('is an entry of its own, which loads no more of a few rows than which they are', async () => {
    const app = await open(database);
    const { result, statements } = await app.statements.during(() => onShelf(app).cache('one').count());
    expect(result).toBe(5);
    expect(statements).toEqual([expect.stringMatching(/^SELECT \S+ AS \S+ FROM .* LIMIT 201$/)]);
    await app.settled();
    expect(await app.statements.expect(0, () => onShelf(app).cache('one').count())).toBe(5);
    expect(await app.statements.expect(1, () => onShelf(app).cache('one'))).toHaveLength(5);
    expect(await app.statements.expect(1, () => onShelf(app).cache().count())).toBe(5);
    expect(await app.statements.expect(0, () => onShelf(app).cache().count())).toBe(5);
    // No suffix is spelled so.
    expect(await app.statements.expect(1, () => onShelf(app).cache('one~count'))).toHaveLength(5);
    expect(app.events.filter(({ name }) => name === 'entry:mismatched')).toEqual([]);
  });

  it('is no more than a number where there are many', async () => {
    const app = await open(database);
    const more = Array.from({ length: 196 }, () => ({ title: 'more', shelf: 1 }));
    await app.dataSource.manager.insert(Article, more.slice(1));
    expect(await app.statements.expect(1, () => onShelf(app).cache().count())).toBe(200);
    await app.dataSource.manager.insert(Article, more.slice(0, 1));
    const { result, statements } = await app.statements.during(() => onShelf(app).cache().count());
    expect(result).toBe(201);
    expect(statements).toEqual([expect.stringMatching(/LIMIT 201$/), expect.stringMatching(/^SELECT COUNT\(/)]);
    await app.settled();
    expect(await app.statements.expect(0, () => onShelf(app).cache().count())).toBe(201);
    await app.dataSource.manager.delete(Article, 1);
    expect(await app.statements.expect(1, () => onShelf(app).cache().count())).toBe(200);
  });

  it('of a few rows counts each once, however often a filter finds it, and outlives what becomes of all others', async () => {
    const app = await open(database);
    const { manager } = app.dataSource;
    await manager.insert(Remark, [
      { text: 'one', article: { id: 1 } },
      { text: 'again', article: { id: 1 } },
    ]);
    const remarked = () =>
      app
        .get(Articles)
        .all()
        .filter({ remarks: { text: 'one' } })
        .cache()
        .count();
    expect(await app.statements.expect(1, remarked)).toBe(1);
    expect(await app.statements.expect(1, () => onShelf(app).cache().count())).toBe(5);
    await app.settled();
    // Nobody has seen on which shelf they are.
    await manager.delete(Article, 6);
    await manager.update(Article, 7, { shelf: 3 });
    await manager.save(Article, { id: 7, shelf: 4 });
    expect(await app.statements.expect(0, () => onShelf(app).cache().count())).toBe(5);
    expect(await remarked()).toBe(1);
    await manager.update(Article, 7, { shelf: 1 });
    expect(await app.statements.expect(1, () => onShelf(app).cache().count())).toBe(6);
    await app.settled();
    await manager.delete(Article, 7);
    expect(await app.statements.expect(1, () => onShelf(app).cache().count())).toBe(5);
  });

  it('is the same for every part, order and selection of the set, and says whether there is any', async () => {
    const app = await open(database);
    expect(await app.statements.expect(1, () => newest(app).limit(2).offset(1).cache().count())).toBe(2);
    await app.statements.expect(0, async () => {
      expect(await onShelf(app).offset(3).cache().count()).toBe(2);
      expect(await onShelf(app).offset(9).limit(1).cache().count()).toBe(0);
      expect(await onShelf(app).select({ id: true, title: true }).cache().count()).toBe(5);
      expect(await newest(app).cache().exists()).toBe(true);
      expect(await newest(app).offset(5).cache().exists()).toBe(false);
    });
  });

  it('is that of the rows it has in hand, once it was awaited', async () => {
    const app = await open(database);
    const set = onShelf(app).cache('one');
    await set;
    await app.dataSource.manager.insert(Article, { title: 'new', shelf: 1 });
    expect(await app.statements.expect(0, () => set.count())).toBe(5);
    expect(await app.statements.expect(0, () => set.exists())).toBe(true);
  });

  it('of what all() returns is the length of the list', async () => {
    const app = await open(database);
    const all = () => app.get(PlainArticles).all({ suffix: 'one', where: { shelf: 1 } });
    await app.statements.expect(1, () => all().count());
    expect(await app.statements.expect(0, all)).toHaveLength(5);
  });

  const HARMLESS: [string, (manager: EntityManager) => Promise<unknown>][] = [
    ['a column it does not filter by', (manager) => manager.update(Author, 1, { name: 'zoe' })],
    ['a column its own rows show', (manager) => manager.increment(Article, { id: 1 }, 'views', 1)],
    ['what the list is sorted by', (manager) => manager.update(Article, 3, { score: 70 })],
    ['a row of another shelf', (manager) => manager.insert(Article, { title: 'new', shelf: 2 })],
    ['the rows of another shelf, gone', (manager) => manager.delete(Article, { shelf: 2 })],
    ['a row that moves from one other shelf to the next', (m) => m.update(Article, { shelf: 2 }, { shelf: 3 })],
    ['what is joined and may be missing', (manager) => manager.softDelete(Author, { id: 1 })],
    ['a tag', (manager) => manager.createQueryBuilder().insert().into('tag').values({ name: 'new' }).execute()],
  ];

  it.each(HARMLESS)('survives %s', async (_, write) => {
    const app = await open(database);
    const count = () => app.get(Articles).all().filter({ shelf: 1 }).orderBy({ score: 'DESC' }).cache('one').count();
    expect(await count()).toBe(5);
    await app.settled();
    await write(app.dataSource.manager);
    expect(await app.statements.expect(0, count)).toBe(5);
  });

  const HARMFUL: [string, number, (manager: EntityManager) => Promise<unknown>][] = [
    ['a row that comes', 6, (manager) => manager.insert(Article, { title: 'new', shelf: 1 })],
    ['a row that goes', 4, (manager) => manager.delete(Article, 2)],
    ['a row that moves in', 6, (manager) => manager.update(Article, 6, { shelf: 1 })],
    ['rows that move out', 0, (manager) => manager.update(Article, { shelf: 1 }, { shelf: 2 })],
    ['a row that is saved elsewhere', 4, (manager) => manager.save(Article, { id: 1, shelf: 7 })],
    [
      'raw SQL',
      4,
      (manager) => {
        const { driver } = manager.connection;
        return manager.query(`DELETE FROM article WHERE ${driver.escape('id')} = 1`);
      },
    ],
  ];

  it.each(HARMFUL)('hears of %s', async (_, expected, write) => {
    const app = await open(database);
    const count = () => app.get(Articles).all().filter({ shelf: 1 }).cache('one').count();
    expect(await count()).toBe(5);
    await app.settled();
    // A foreign key holds it: only its row is to go.
    await app.dataSource.createQueryBuilder().delete().from(Remark).execute();
    await write(app.dataSource.manager);
    expect(await count()).toBe(expected);
  });

  it('hears of related rows that it filters by, and of no others', async () => {
    const app = await open(database);
    const { manager } = app.dataSource;
    const count = () =>
      app
        .get(Articles)
        .all()
        .filter({ author: { name: 'ann' } })
        .cache('by ann')
        .count();
    expect(await count()).toBe(7);
    await app.settled();
    await manager.update(Author, 1, { lastSeen: 9 });
    await manager.update(Category, 1, { name: 'old' });
    expect(await app.statements.expect(0, count)).toBe(7);
    await manager.update(Author, 1, { name: 'eve' });
    expect(await count()).toBe(0);
  });

  it('hears of rows that go by a foreign key, and of no column of what they refer to', async () => {
    const app = await open(database);
    const { manager } = app.dataSource;
    const count = () => app.get(Remarks).all().filter({ likes: 0 }).cache('none').count();
    expect(await count()).toBe(2);
    await app.settled();
    await manager.update(Article, 1, { title: 'new' });
    await manager.insert(Article, { title: 'more' });
    expect(await app.statements.expect(0, count)).toBe(2);
    await manager.delete(Article, 1);
    expect(await count()).toBe(1);
  });

  it('is not stored where its SQL changes without a write', async () => {
    const app = await open(database);
    const now = () =>
      app
        .get(PlainArticles)
        .all()
        .filter({ updatedAt: Raw((column) => `${column} <= CURRENT_TIMESTAMP`) })
        .cache('now')
        .count();
    await now();
    await app.settled();
    await app.statements.expect(1, now);
    expect(app.events).toContainEqual(expect.objectContaining({ name: 'entry:skipped', reason: 'volatile' }));
  });
});

describeDatabases('A page', (database) => {
  it('has its items and the total, both cached, the total for all pages', async () => {
    const app = await open(database);
    const page = (number: number) => newest(app).cache('one').page({ page: number, size: 2 });
    const first = await app.statements.expect(2, () => page(1));
    expect({ ...first, items: idsOf(first.items) }).toEqual({ items: [1, 2], total: 5, page: 1, size: 2, pages: 3 });
    expect(first.items[0]).toBeInstanceOf(Article);
    await app.settled();
    expect(await app.statements.expect(0, () => page(1))).toEqual(first);
    expect(idsOf((await app.statements.expect(1, () => page(2))).items)).toEqual([3, 4]);
    expect(idsOf((await app.statements.expect(1, () => page(3))).items)).toEqual([5]);
    expect(await app.statements.expect(1, () => page(4))).toEqual({ items: [], total: 5, page: 4, size: 2, pages: 3 });
    await app.settled();
    await app.statements.expect(0, async () => {
      for (const number of [1, 2, 3, 4]) expect((await page(number)).total).toBe(5);
      expect(await newest(app).cache('one').count()).toBe(5);
    });
    expect(app.events.filter(({ name }) => name === 'entry:mismatched')).toEqual([]);
  });

  it('is read by whatever set, and costs as much: cached, derived, by all(), refined', async () => {
    const app = await open(database);
    const articles = app.get(PlainArticles);
    const page = { page: 2, size: 3 };
    const sets: [string, number, () => PromiseLike<{ items: Article[]; total: number; pages: number }>][] = [
      ['derived', 0, () => newest(app).cache().page(page)],
      ['all()', 0, () => articles.all({ where: { shelf: 1 } }).page(page)],
      ['all() by name', 0, () => articles.all({ suffix: 'two', where: { shelf: 1 } }).page(page)],
      ['refined', 2, () => newest(app).page(page)],
      ['uncached', 2, () => articles.all({ cache: false }).filter({ shelf: 1 }).cache('one').page(page)],
      [
        'in a transaction',
        2,
        () =>
          articles
            .using(app.dataSource.manager)
            .all({ where: { shelf: 1 } })
            .page(page),
      ],
    ];
    for (const [name, again, set] of sets) {
      const { items, total, pages } = await set();
      expect([name, idsOf(items), total, pages]).toEqual([name, [4, 5], 5, 2]);
      await app.settled();
      const { result, statements } = await app.statements.during(set);
      expect([name, statements.length, idsOf(result.items)]).toEqual([name, again, [4, 5]]);
    }
  });

  it('of nothing has no pages', async () => {
    const app = await open(database);
    for (const set of [onShelf(app, 9), onShelf(app, 9).cache('nine')])
      expect(await set.page({ page: 1, size: 2 })).toEqual({ items: [], total: 0, page: 1, size: 2, pages: 0 });
  });

  it('breaks ties by the primary key, so that no row is on two pages', async () => {
    const app = await open(database);
    const { manager } = app.dataSource;
    await manager.createQueryBuilder().update(Article).set({ score: 1 }).execute();
    // Where nothing is said of the order, PostgreSQL moves what is written to the end.
    await manager.update(Article, 1, { title: 'last' });
    for (const set of [onShelf(app), newest(app), newest(app).cache('one')]) {
      const seen = [1, 2, 3].map((page) => set.page({ page, size: 2 }));
      expect((await Promise.all(seen)).flatMap(({ items }) => idsOf(items))).toEqual([1, 2, 3, 4, 5]);
    }
    const descending = await onShelf(app).orderBy({ id: 'DESC' }).page({ page: 1, size: 2 });
    expect(idsOf(descending.items)).toEqual([5, 4]);
    const joined = await app.get(Articles).all().filter({ shelf: 1 }).cache('joined').page({ page: 2, size: 2 });
    expect(joined.items.map(({ id, author }) => [id, author?.name])).toEqual([
      [3, 'ann'],
      [4, 'ann'],
    ]);
  });

  it('hears of a write: what it shows, what its total counts, and nothing else', async () => {
    const app = await open(database);
    const { manager } = app.dataSource;
    const page = () => newest(app).cache('one').page({ page: 1, size: 2 });
    await page();
    await app.settled();
    await manager.insert(Article, { title: 'other', shelf: 2, score: 99 });
    await app.statements.expect(0, page);
    await manager.update(Article, 1, { title: 'changed' });
    const { items, total } = await app.statements.expect(1, page);
    expect([items[0]!.title, total]).toEqual(['changed', 5]);
    await app.settled();
    // Behind the page: the total alone.
    await manager.insert(Article, { title: 'last', shelf: 1, score: 0 });
    expect((await app.statements.expect(1, page)).total).toBe(6);
    await app.settled();
    await manager.insert(Article, { title: 'first', shelf: 1, score: 50 });
    const changed = await app.statements.expect(2, page);
    expect([changed.items[0]!.title, changed.total]).toEqual(['first', 7]);
  });

  it('is cleared with its list: by the suffix, by all lists, and not by another', async () => {
    const app = await open(database);
    const articles = app.get(PlainArticles);
    const page = (number: number) => () => newest(app).cache('one').page({ page: number, size: 2 });
    const filled = async () => {
      await page(1)();
      await page(2)();
      await app.settled();
    };
    await filled();
    await articles.clearCacheList('two');
    await app.statements.expect(0, page(1));
    for (const clear of [
      () => articles.clearCacheList('one'),
      () => articles.clearCacheList(),
      () => articles.clearCache(),
    ]) {
      await clear();
      await app.statements.expect(2, page(1));
      await app.statements.expect(1, page(2));
      await filled();
      await app.statements.expect(0, page(2));
    }
  });

  it.each([0, -1, 1.5, NaN, Infinity, '2', null, undefined, 2 ** 53])('refuses %o', async (given) => {
    const app = await open(database);
    const articles = app.get(PlainArticles);
    for (const options of [
      { page: given, size: 2 },
      { page: 1, size: given },
    ])
      await expect(articles.all().page(options as never)).rejects.toMatchObject({
        constructor: InvalidQueryError,
        code: 'QSCACHE_PAGE',
      });
  });

  it('refuses what it would pass over, and a part of a part', async () => {
    const app = await open(database);
    const all = app.get(PlainArticles).all();
    const page = { page: 1, size: 2 };
    await expect(all.page({ ...page, limit: 3 } as never)).rejects.toThrow(/its size/);
    await expect(all.page(undefined as never)).rejects.toThrow(/\{ page: 1, size: 20 \}/);
    await expect(all.page({ page: 2 ** 40, size: 2 ** 40 })).rejects.toThrow(/smaller page/);
    await expect(all.limit(3).page(page)).rejects.toThrow(/a limit/);
    await expect(all.offset(3).cache('x').page(page)).rejects.toThrow(/an offset/);
  });

  it('hands out instances of one’s own, or the shared ones', async () => {
    const app = await open(database);
    const page = (manager: BaseCacheManager<Article>) => manager.all().page({ page: 1, size: 2 });
    const [mine, yours] = [await page(app.get(PlainArticles)), await page(app.get(PlainArticles))];
    expect(mine.items[0]).not.toBe(yours.items[0]);
    await page(app.get(SharedArticles));
    await app.settled();
    const [ours, theirs] = [await page(app.get(SharedArticles)), await page(app.get(SharedArticles))];
    expect(ours.items[0]).toBe(theirs.items[0]);
    expect(Object.isFrozen(ours.items[0])).toBe(true);
  });

  it('is loaded once for all who ask at once', async () => {
    const app = await open(database);
    const { result } = await app.statements.during(async () =>
      Promise.all(Array.from({ length: 50 }, () => newest(app).cache('one').page({ page: 1, size: 2 }))),
    );
    expect(new Set(result.map(({ items, total }) => `${idsOf(items).join()} ${total}`))).toEqual(new Set(['1,2 5']));
    await app.settled();
    expect(app.events.filter(({ name }) => name === 'entry:filled')).toHaveLength(2);
  });

  it('inside of a transaction shows what that has written, and caches nothing', async () => {
    const app = await open(database);
    const articles = app.get(PlainArticles);
    const page = { page: 1, size: 2 };
    await articles.all().page(page);
    await app.dataSource.transaction(async (manager) => {
      await manager.insert(Article, { title: 'mine', shelf: 1, score: 9 });
      const { total } = await articles.using(manager).all().page(page);
      expect(total).toBe(8);
      const set = articles.using(manager).all().filter({ shelf: 1 }).orderBy({ score: 'DESC' }).cache('one');
      expect([await set.count(), (await set.page(page)).items[0]!.title]).toEqual([6, 'mine']);
    });
    expect((await articles.all().page(page)).total).toBe(8);
  });
});

describeDatabases(
  'A count over Redis',
  (database) => {
    describeWith('redis', 'a page over Redis', (url) => {
      const pageOf = (app: TestApp) => newest(app).cache('one').page({ page: 1, size: 2 });

      it.each([
        ['as it is', {}],
        ['without a near cache', NOTHING_KEPT],
        ['sealed', { secret: 'a secret of 32 characters at least', ...NOTHING_KEPT }],
        ['encrypted', { secret: 'a secret of 32 characters at least', encrypt: true, ...NOTHING_KEPT }],
        ['with tracking', { nearCache: { tracking: true } }],
      ] as [string, QsCacheOptions][])(
        'is found by another process and hears of its writes (%s)',
        async (_, options) => {
          const namespace = `pages-${Date.now()}-${Math.random()}`;
          const one = await open(database, { namespace, ...options }, url);
          const other = await createTestApp({
            database: { ...one.dataSource.options, synchronize: false } as DataSourceOptions,
            managers,
            store: 'ioredis-yet',
            redisUrl: url,
            options: { namespace, ...options },
          });
          await pageOf(one);
          await one.settled();
          const found = await other.statements.expect(0, () => pageOf(other));
          expect([idsOf(found.items), found.total]).toEqual([[1, 2], 5]);
          await one.statements.expect(0, () => pageOf(one));
          await one.dataSource.manager.insert(Article, { title: 'new', shelf: 1, score: 9 });
          expect((await pageOf(one)).total).toBe(6);
          if (!options.nearCache || !('tracking' in options.nearCache)) {
            const after = await pageOf(other);
            expect([after.items[0]!.title, after.total]).toEqual(['new', 6]);
          }
        },
      );

      it('asks the store once for both', async () => {
        const app = await open(database, NOTHING_KEPT, url);
        await pageOf(app);
        await app.settled();
        const { QsCacheCore } = await import('../../../lib/qs-cache.core.js');
        const { store } = app.module.get(QsCacheCore) as unknown as { store: { read(...given: unknown[]): unknown } };
        expect(store).toBeDefined();
        let reads = 0;
        const read = store.read.bind(store);
        store.read = (...given) => {
          reads++;
          return read(...given);
        };
        await app.statements.expect(0, () => pageOf(app));
        expect(reads).toBe(1);
      });

      it.each(['', '-1', '05', '1.5', '1e3', 'NaN', '"5"', 'null', '[]', '9007199254740993', ' 5', '[[5]]'])(
        'counts again where %o was stored for it',
        async (payload) => {
          const app = await open(database, NOTHING_KEPT, url);
          const count = () => onShelf(app).cache('one').count();
          await count();
          await app.settled();
          const redis = rawRedis(url);
          const name = await nameOf(redis, `${app.get(PlainArticles).getCacheKey('one')}~count`);
          const text = (await redis.get(name))!;
          const entry = parseEntry(text)!;
          expect([entry.kind, entry.payload]).toEqual(['count', '5']);
          await redis.set(name, formatEntry({ ...entry, payload }));
          expect(await app.statements.expect(1, count)).toBe(5);
          expect(app.events.filter((each) => each.name === 'entry:corrupt')).toHaveLength(1);
        },
      );
    });
  },
  ['postgres'],
);

describeDatabases(
  'A count',
  (database) => {
    it('stored under a suffix by somebody else is no list, and a list no count', async () => {
      const app = await open(database, NOTHING_KEPT);
      const cache = app.module.get<Cache>(CACHE_MANAGER, { strict: false });
      const key = app.get(PlainArticles).getCacheKey('one');
      const read = async () => [await onShelf(app).cache('one').count(), (await onShelf(app).cache('one')).length];
      await read();
      await app.settled();
      const [list, count] = [await cache.get<string>(key), await cache.get<string>(`${key}~count`)];
      await cache.set(key, count);
      await cache.set(`${key}~count`, list);
      expect(await read()).toEqual([5, 5]);
      expect(app.events.filter(({ name }) => name === 'entry:mismatched')).toHaveLength(2);
    });

    it('that was there before its list was cleared is nobody’s any more', async () => {
      const app = await open(database, NOTHING_KEPT);
      const cache = app.module.get<Cache>(CACHE_MANAGER, { strict: false });
      const articles = app.get(PlainArticles);
      const key = `${articles.getCacheKey('one')}~count`;
      const count = () => onShelf(app).cache('one').count();
      await count();
      await app.settled();
      const text = await cache.get<string>(key);
      await articles.clearCacheList('one');
      expect(await cache.get(key)).toBeUndefined();
      // As a load does that has begun before.
      await cache.set(key, text);
      await app.statements.expect(1, count);
    });

    it('past its timeout is shown and replaced behind its back, where that is wanted', async () => {
      class Patient extends BaseCacheManager<Article> {
        model = Article;
        override listTimeout = 0.05;
        override staleWhileRevalidate = 60;
      }
      Injectable()(Patient);
      const app = await open(database, {}, undefined, [Patient]);
      const count = () => app.get(Patient).all().filter({ shelf: 1 }).cache('one').count();
      expect(await count()).toBe(5);
      await app.settled();
      await new Promise((resolve) => setTimeout(resolve, 80));
      expect(await count()).toBe(5);
      await app.settled();
      expect(app.events).toContainEqual(expect.objectContaining({ name: 'entry:hit', stale: 'expired' }));
      expect(app.events.filter(({ name }) => name === 'entry:filled')).toHaveLength(2);
    });
  },
  ['sqljs'],
);
