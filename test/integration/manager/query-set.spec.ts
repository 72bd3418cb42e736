import { CACHE_MANAGER } from '@nestjs/cache-manager';
import type { Cache } from 'cache-manager';
import { inspect } from 'node:util';
import { type DataSource, type DataSourceOptions, Equal, In, LessThan, Not, type QueryRunner, Raw } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BaseCacheManager, InvalidQueryError, QuerySet } from '../../../lib/index.js';
import { fillCatalog, ItemCacheManager } from '../../fixtures/catalog.js';
import { catalogEntities, Item, Money } from '../../fixtures/entities/catalog.entities.js';
import { Example } from '../../fixtures/entities/example.entity.js';
import { Note, NoteCacheManager } from '../../fixtures/note.js';
import {
  ExampleCacheManager,
  LeanListCacheManager,
  PlainExampleCacheManager,
  PrefetchedExampleCacheManager,
  UserCacheManager,
} from '../../fixtures/managers.js';
import { copyOfTypeOrm } from '../../support/copy-of-typeorm.js';
import { describeDatabases } from '../../support/databases.js';
import { sqljs } from '../../fixtures/sqljs.js';
import { exampleApp } from '../../support/example-app.js';
import { createTestApp } from '../../support/test-app.js';
import { isTypeOrm0 } from '../../support/typeorm.js';

const titles = (examples: readonly Example[]) => examples.map(({ title }) => title);

async function setUp() {
  const app = await exampleApp(sqljs);
  return { ...app, examples: app.get(PlainExampleCacheManager) };
}

describe('A query set', () => {
  it('asks nothing until it is awaited', async () => {
    const { examples, statements } = await setUp();
    const set = await statements.expect(0, async () => ({ set: examples.all().filter({ isActive: true }).limit(2) }));
    expect(await statements.expect(1, () => set.set)).toHaveLength(2);
  });

  it('is evaluated once per object, however often and by whomever it is awaited', async () => {
    const { examples, statements } = await setUp();
    for (const set of [examples.all(), examples.all().filter({ isActive: true })]) {
      const [first, second] = await statements.expect(1, () => Promise.all([set, set]));
      expect(second).toBe(first);
      expect(await statements.expect(0, () => set)).toBe(first);
      expect(await statements.expect(0, () => set.count())).toBe(first.length);
      expect(await statements.expect(0, () => set.first())).toBe(first[0]);
      expect(await statements.expect(0, () => set.exists())).toBe(true);
    }
  });

  it('iterates over its entities, once loaded', async () => {
    const { examples, statements } = await setUp();
    const found: string[] = [];
    await statements.expect(1, async () => {
      for await (const { title } of examples.all().filter({ isActive: true }).orderBy({ id: 'ASC' })) found.push(title);
    });
    expect(found).toEqual(['one', 'three']);
  });

  it('hands out entities of their own to every caller', async () => {
    const { examples } = await setUp();
    const [mine] = await examples.all();
    mine!.title = 'scribbled';
    expect(titles(await examples.all())).toEqual(['one', 'two', 'three']);
  });

  it('stays as it is when it is refined', async () => {
    const { examples } = await setUp();
    const all = examples.all();
    const active = all.filter({ isActive: true });
    const one = active.filter({ title: 'one' }).orderBy({ id: 'DESC' }).limit(1).offset(0).cache('one');
    expect(titles(await one)).toEqual(['one']);
    expect(titles(await active)).toEqual(['one', 'three']);
    expect(titles(await all)).toEqual(['one', 'two', 'three']);
  });

  it('keeps the query it was given, whatever becomes of the objects it was given as', async () => {
    const { examples } = await setUp();
    const where = { title: In(['one']), isActive: true };
    const ids = [1];
    const sets = [
      examples.all({ where }),
      examples.all().filter(where),
      examples.all().filter(where).cache(),
      examples.all({ where: { id: In(ids) } }),
    ];
    const started = Promise.all(sets);
    const detail = examples.get('one', { where });
    Object.assign(where, { title: In(['two']), isActive: false });
    ids.push(2);
    for (const found of await started) expect(titles(found)).toEqual(['one']);
    expect((await detail).title).toBe('one');
    // Nor was anything stored under the name of what it no longer asks for.
    expect(titles(await examples.all({ where: { title: In(['one']), isActive: true } }))).toEqual(['one']);
    expect((await examples.get('one', { where: { title: In(['one']), isActive: true } })).title).toBe('one');
  });

  it('becomes its array when an async function returns it', async () => {
    const { examples } = await setUp();
    const list = async () => examples.all();
    expect(examples.all()).toBeInstanceOf(QuerySet);
    expect(await list()).toBeInstanceOf(Array);
    expect(await examples.all().then(titles)).toEqual(['one', 'two', 'three']);
    expect(await Promise.resolve(examples.all())).toHaveLength(3);
  });

  it('passes the failure of the database on, to then, catch, finally and for await', async () => {
    const { examples, dataSource } = await setUp();
    await dataSource.query('ALTER TABLE example RENAME TO gone');
    const finished: string[] = [];
    await expect(examples.all()).rejects.toThrow(/no such table/);
    expect(await examples.all().catch((error) => (error as Error).message)).toMatch(/no such table/);
    await expect(examples.all().finally(() => finished.push('all'))).rejects.toThrow(/no such table/);
    await expect(
      (async () => {
        for await (const example of examples.all()) finished.push(example.title);
      })(),
    ).rejects.toThrow(/no such table/);
    expect(finished).toEqual(['all']);
  });
});

describe('The cached root', () => {
  it('answers first, at, count and exists from the list', async () => {
    const { examples, statements } = await setUp();
    await examples.all();
    await statements.expect(0, async () => {
      expect((await examples.all().first())?.title).toBe('one');
      expect((await examples.all().at(1))?.title).toBe('two');
      expect((await examples.all().at(-1))?.title).toBe('three');
      expect(await examples.all().at(3)).toBeNull();
      expect(await examples.all().at(-4)).toBeNull();
      expect(await examples.all().count()).toBe(3);
      expect(await examples.all().exists()).toBe(true);
    });
  });

  it('answers them of a list with a filter of its own', async () => {
    const { examples, statements } = await setUp();
    const none = () => examples.all({ suffix: 'none', where: { title: 'none' } });
    await none();
    await statements.expect(0, async () => {
      expect(await none().first()).toBeNull();
      expect(await none().count()).toBe(0);
      expect(await none().exists()).toBe(false);
    });
  });
});

describe('A refined set', () => {
  it('goes to the database every time, for no more than it needs', async () => {
    const { examples, statements } = await setUp();
    const active = () => examples.all().filter({ isActive: true }).orderBy({ id: 'DESC' });
    for (let i = 0; i < 2; i++) {
      expect(titles(await statements.expect(1, active))).toEqual(['three', 'one']);
      const first = await statements.during(() => active().first());
      expect(first.result?.title).toBe('three');
      expect(first.statements).toEqual([expect.stringContaining('LIMIT 1')]);
      const second = await statements.during(() => active().at(1));
      expect(second.result?.title).toBe('one');
      expect(second.statements).toEqual([expect.stringMatching(/LIMIT 1 OFFSET 1$/)]);
      const count = await statements.during(() => active().count());
      expect(count.result).toBe(2);
      expect(count.statements).toEqual([expect.stringMatching(/^SELECT COUNT\(/)]);
      const exists = await statements.during(() => active().exists());
      expect(exists.result).toBe(true);
      expect(exists.statements).toEqual([expect.stringContaining('EXISTS')]);
    }
  });

  it('is limited to nothing without asking', async () => {
    const { examples, statements } = await setUp();
    const none = () => examples.all().limit(0);
    await statements.expect(0, async () => {
      expect(await none()).toEqual([]);
      expect(await none().first()).toBeNull();
      expect(await none().exists()).toBe(false);
    });
    expect(await none().count()).toBe(0);
    expect(await none().cache('none')).toEqual([]);
    expect(await none().cache('none').count()).toBe(0);
  });

  it('counts, finds and looks within its limit and offset', async () => {
    const { examples } = await setUp();
    const ordered = examples.all().orderBy({ id: 'ASC' });
    expect(await ordered.limit(2).count()).toBe(2);
    expect(await ordered.offset(2).count()).toBe(1);
    expect(await ordered.offset(9).count()).toBe(0);
    expect(await ordered.offset(1).limit(9).count()).toBe(2);
    expect((await ordered.offset(1).first())?.title).toBe('two');
    expect((await ordered.offset(1).at(1))?.title).toBe('three');
    expect(await ordered.limit(1).at(1)).toBeNull();
    expect((await ordered.limit(2).at(-1))?.title).toBe('two');
    expect(await ordered.offset(2).exists()).toBe(true);
    expect(await ordered.offset(3).exists()).toBe(false);
  });

  it.each([-1, 1.5, NaN, Infinity, '2'])('refuses to limit, skip or look up %o rows', async (count) => {
    const { examples } = await setUp();
    expect(() => examples.all().limit(count as number)).toThrow(/Give a whole number/);
    expect(() => examples.all().offset(count as number)).toThrow(InvalidQueryError);
    if (count !== -1) {
      await expect(examples.all().at(count as number)).rejects.toThrow(/Give a whole number/);
      await expect(
        examples
          .all()
          .filter({})
          .at(count as number),
      ).rejects.toThrow(InvalidQueryError);
    }
  });

  it('is cached on demand, under a name of its own or a derived one', async () => {
    const { examples, statements, module } = await setUp();
    const active = () => examples.all().filter({ isActive: true }).orderBy({ id: 'DESC' });
    expect(titles(await statements.expect(1, () => active().cache('active')))).toEqual(['three', 'one']);
    expect(titles(await statements.expect(0, () => active().cache('active')))).toEqual(['three', 'one']);
    expect(await statements.expect(1, () => active().cache('active').count())).toBe(2);
    expect(await statements.expect(0, () => active().cache('active').count())).toBe(2);
    expect(await module.get<Cache>(CACHE_MANAGER, { strict: false }).get(examples.getCacheKey('active'))).toBeTypeOf(
      'string',
    );

    expect(await statements.expect(1, () => active().cache())).toHaveLength(2);
    expect(await statements.expect(0, () => active().cache())).toHaveLength(2);
    expect(await statements.expect(1, () => active().limit(1).cache())).toHaveLength(1);
    expect(await statements.expect(1, () => examples.all().filter({ isActive: true }).cache())).toHaveLength(2);
    expect(await statements.expect(1, () => active())).toHaveLength(2);
    expect(await statements.expect(1, () => active().cache('active').filter({ title: 'one' }))).toHaveLength(1);

    await examples.clearCacheList('active');
    await statements.expect(1, () => active().cache('active'));
  });

  it('costs as many queries by pages as the README says', async () => {
    const { get, dataSource, statements } = await setUp();
    const active = () =>
      get(ExampleCacheManager).all().filter({ isActive: true }).orderBy({ title: 'ASC' }).cache('active');
    const page = (number: number) => () => active().page({ page: number, size: 1 });
    await statements.expect(4, page(1));
    await statements.expect(0, page(1));
    await statements.expect(3, page(2));
    expect(await statements.expect(0, () => active().count())).toBe(2);
    await dataSource.manager.update(Example, 1, { title: 'new' });
    expect(await statements.expect(0, () => active().count())).toBe(2);
  });

  it('is forgotten with its rows when it is cached', async () => {
    const { examples, dataSource, statements } = await setUp();
    const page = () => examples.all().filter({ isActive: true }).orderBy({ title: 'ASC' }).limit(1).cache('page');
    expect(titles(await page())).toEqual(['one']);
    await dataSource.manager.update(Example, 2, { title: 'a', isActive: true });
    expect(titles(await statements.expect(1, page))).toEqual(['a']);
  });

  it('selects properties, the same from the cache as from the database', async () => {
    const { examples, dataSource } = await setUp();
    const selected = () => examples.all().select({ id: true, title: true }).orderBy({ id: 'ASC' });
    const expected = await dataSource.manager.find(Example, {
      select: { id: true, title: true },
      order: { id: 'ASC' },
    });
    for (const found of [await selected(), await selected().cache(), await selected().cache()]) {
      expect(found).toStrictEqual(expected);
      expect(Object.keys(found[0]!)).toEqual(Object.keys(expected[0]!));
    }
  });

  it('finds the relations of what it selects, keys selected or not', async () => {
    const { get } = await setUp();
    for (const Manager of [ExampleCacheManager, PrefetchedExampleCacheManager]) {
      const examples = get<BaseCacheManager<Example>>(Manager);
      const selected = () =>
        examples
          .all()
          .select({ title: true, user: { username: true } })
          .orderBy({ title: 'ASC' });
      for (const found of [await selected(), await selected().cache(), await selected().cache()]) {
        expect(found.map(({ title, user }) => [title, user?.username])).toEqual([
          ['one', 'ann'],
          ['three', 'bob'],
          ['two', undefined],
        ]);
        expect(found.map(({ users }) => users.length)).toEqual([2, 1, 0]);
        expect(found[0]!.isActive).toBeUndefined();
      }
    }
  });

  it('leaves prefetched relations out when the manager keeps them out of lists', async () => {
    const { get, dataSource, statements } = await setUp();
    const examples = get(LeanListCacheManager);
    const lean = [
      () => examples.all().filter({ id: 1 }),
      () => examples.all().filter({ id: 1 }).cache(),
      () => examples.using(dataSource.manager).all().filter({ id: 1 }),
    ];
    for (const set of lean) expect((await statements.expect(1, set))[0]!.users).toBeUndefined();
    expect((await examples.using(dataSource.manager).get(1)).users).toHaveLength(2);
  });

  it('replaces an order, and orders by relations', async () => {
    const { get } = await setUp();
    const examples = get(ExampleCacheManager);
    const ordered = examples.all().orderBy({ title: 'ASC' });
    expect(titles(await ordered)).toEqual(['one', 'three', 'two']);
    expect(titles(await ordered.orderBy({ id: 'ASC' }))).toEqual(['one', 'two', 'three']);
    expect(
      titles(await ordered.filter({ user: Not(Equal(0) as never) }).orderBy({ user: { username: 'DESC' } })),
    ).toEqual(['three', 'one']);
  });

  it('loads its relations in as few queries as the manager says', async () => {
    const { get, statements } = await setUp();
    const examples = get(ExampleCacheManager);
    const found = await statements.expect(2, () => examples.all().filter({ users: { username: 'ann' } }));
    expect(found.map(({ user, users }) => [user?.username, users.length])).toEqual([['ann', 2]]);
  });

  it('gives a query builder with its filter, its order and its relations', async () => {
    const { get, statements } = await setUp();
    const examples = get(ExampleCacheManager);
    const builder = examples.all().filter({ isActive: true }).orderBy({ id: 'DESC' }).createQueryBuilder('e');
    const found = await statements.expect(1, () => builder.andWhere('e.title <> :title', { title: 'one' }).getMany());
    expect(found.map(({ title, user }) => [title, user?.username])).toEqual([['three', 'bob']]);
    expect(found[0]).toBeInstanceOf(Example);
    expect(await examples.all().createQueryBuilder().getCount()).toBe(3);
  });

  it('combines Raw with other filters', async () => {
    const { examples } = await setUp();
    const long = examples.all().filter({ title: Raw((alias) => `LENGTH(${alias}) > :length`, { length: 3 }) });
    expect(titles(await long)).toEqual(['three']);
    expect(titles(await long.filter({ title: 'one' }))).toEqual([]);
    expect(titles(await long.exclude({ title: 'one' }))).toEqual(['three']);
  });

  it('takes undefined and null in a filter as TypeORM does by default', async () => {
    const { get, dataSource } = await exampleApp(sqljs);
    for (const value of [undefined, null]) {
      const where = { title: value } as never;
      const outcome = (rows: PromiseLike<readonly unknown[]>) => rows.then(({ length }) => length, String);
      const found = await outcome(dataSource.getRepository(Example).find({ where }));
      expect(await outcome(get(PlainExampleCacheManager).all({ where }))).toBe(found);
      expect(found).toEqual(isTypeOrm0 ? 3 : expect.stringMatching(/value encountered/));
    }
  });

  it('refuses undefined and null in a filter where TypeORM was told to', async () => {
    const database = { invalidWhereValuesBehavior: { undefined: 'throw', null: 'throw' } } as DataSourceOptions;
    const { get } = await exampleApp(sqljs, { database });
    const examples = get(PlainExampleCacheManager);
    for (const value of [undefined, null]) {
      const where = { title: value } as never;
      await expect(examples.all({ where })).rejects.toThrow(/Undefined|Null value encountered/);
      await expect(examples.all().filter(where)).rejects.toThrow(/Undefined|Null value encountered/);
      await expect(examples.all().exclude(where)).rejects.toThrow(/Undefined|Null value encountered/);
      await expect(examples.all().filter({ title: 'one' }).filter(where)).rejects.toThrow(/value encountered/);
      await expect(examples.all().filter(where).filter({ title: 'one' })).rejects.toThrow(/value encountered/);
      await expect(examples.get('x', { where, raiseException: false })).rejects.toThrow(/value encountered/);
    }
  });

  it('takes them as the DataSource was told to', async () => {
    const database = { invalidWhereValuesBehavior: { undefined: 'ignore', null: 'sql-null' } } as DataSourceOptions;
    const { get } = await exampleApp(sqljs, { database });
    const examples = get(PlainExampleCacheManager);
    const [nobody, anybody] = [{ user: null }, { user: undefined }] as never[];
    expect(titles(await examples.all().filter(nobody!))).toEqual(['two']);
    expect(titles(await examples.all().exclude(nobody!))).toEqual(['one', 'three']);
    expect(await examples.all().filter(anybody!)).toHaveLength(3);
    expect(await examples.all().exclude(anybody!)).toEqual([]);
    expect(titles(await examples.all().filter({ isActive: true }).filter(anybody!))).toEqual(['one', 'three']);
    // Not one row: a unique key says nothing of NULL, and an ignored key nothing at all.
    const users = get(UserCacheManager);
    expect((await users.get('any', { where: { username: undefined } as never })).username).toBe('ann');
  });
});

describe('using()', () => {
  it('reads through its transaction, without using or filling the cache', async () => {
    const { examples, dataSource, statements } = await setUp();
    await examples.all();
    await examples.get(1);
    await dataSource.transaction(async (manager) => {
      await manager.update(Example, 1, { title: 'mine' });
      const mine = examples.using(manager);
      for (let i = 0; i < 2; i++) {
        expect(titles(await statements.expect(1, () => mine.all()))).toContain('mine');
        expect((await statements.expect(1, () => mine.get(1))).title).toBe('mine');
        expect((await statements.expect(1, () => mine.get('m', { where: { title: 'mine' } }))).id).toBe(1);
        expect(titles(await statements.expect(1, () => mine.getMany([2, 1])))).toEqual(['two', 'mine']);
        expect(await mine.all().filter({ title: 'mine' }).count()).toBe(1);
        expect(await mine.all().filter({ title: 'mine' }).exists()).toBe(true);
        expect((await mine.all().filter({ title: 'mine' }).first())?.id).toBe(1);
        expect(await mine.all().filter({ title: 'mine' }).cache('mine')).toHaveLength(1);
        expect(await mine.all().filter({ title: 'mine' }).createQueryBuilder().getCount()).toBe(1);
        expect(await mine.all().count()).toBe(3);
      }
      expect(await mine.get(99, { raiseException: false })).toBeNull();
      await expect(mine.get(99)).rejects.toThrow('Example not found');
    });
    expect((await examples.get(1)).title).toBe('mine');
  });

  it('leaves the manager it was called on alone', async () => {
    const { examples, dataSource, statements } = await setUp();
    examples.using(dataSource.manager);
    await examples.all();
    await statements.expect(0, () => examples.all());
  });

  it('never caches, not even without a transaction', async () => {
    const { examples, dataSource, statements } = await setUp();
    const direct = examples.using(dataSource.manager);
    for (let i = 0; i < 2; i++) expect((await statements.expect(1, () => direct.get(1))).title).toBe('one');
  });

  it.each<[string, (dataSource: DataSource, runner: QueryRunner) => unknown]>([
    ['undefined', () => undefined],
    ['null', () => null],
    ['a text', () => 'transaction'],
    ['a function', () => () => undefined],
    ['an object', () => ({})],
    ['a promise', ({ manager }) => Promise.resolve(manager)],
    ['an object', (dataSource) => dataSource],
    ['an object', ({ manager }) => manager.getRepository(Example)],
    ['an object', ({ manager }) => ({ entityManager: manager })],
    ['a QueryRunner', (_, runner) => runner],
  ])('is an error at once, with %s in place of an EntityManager', async (what, given) => {
    const { examples, dataSource } = await setUp();
    const runner = dataSource.createQueryRunner();
    onTestFinished(() => runner.release());
    expect(() => examples.using(given(dataSource, runner) as never)).toThrow(
      expect.objectContaining({
        name: 'InvalidQueryError',
        code: 'QSCACHE_ENTITY_MANAGER',
        message: expect.stringMatching(
          new RegExp(
            `PlainExampleCacheManager\\.using\\(\\) was given ${what} and no EntityManager, so .*Pass ${what === 'a QueryRunner' ? 'its manager: using\\(queryRunner\\.manager\\)' : 'the EntityManager of the transaction'}`,
          ),
        ) as unknown,
      }) as Error,
    );
  });

  it.each<[string, (dataSource: DataSource) => unknown]>([
    ['another copy of TypeORM', () => new (copyOfTypeOrm())({ type: 'sqljs' }).manager],
    ['a test, with methods of its own', () => ({ getRepository: () => undefined, save: () => undefined })],
    ['a mocker, which has everything', () => new Proxy({}, { get: () => () => undefined })],
    ['a library that wraps it', ({ manager }) => Object.create(manager)],
  ])('takes an EntityManager of %s', async (_, made) => {
    const { examples, dataSource } = await setUp();
    expect(inspect(examples.using(made(dataSource) as never))).toContain('in a transaction');
  });
});

describeDatabases('A refined set', (database) => {
  it('starts anywhere without a limit', async () => {
    const { get } = await exampleApp(database);
    const examples = get(ExampleCacheManager);
    const late = examples.all().orderBy({ id: 'ASC' }).offset(1);
    expect(titles(await late)).toEqual(['two', 'three']);
    expect(titles(await late.cache())).toEqual(['two', 'three']);
    expect(titles(await late.limit(1))).toEqual(['two']);
    expect(await late.count()).toBe(2);
  });

  it('hands a transformer only values of its own, however often it is asked', async () => {
    const options = {
      ...(await database.options()),
      entities: catalogEntities,
      synchronize: true,
    } as DataSourceOptions;
    const { get, dataSource } = await createTestApp({ database: options, managers: [ItemCacheManager] });
    await fillCatalog(dataSource.manager);
    const one = new Money(1);
    const cheap = get(ItemCacheManager)
      .all()
      .filter({ price: Not(one) })
      .filter({ price: In([one, new Money(2)]) });
    const count = await cheap.count();
    expect(count).toBeGreaterThan(0);
    expect(await cheap.count()).toBe(count);
    const found = await cheap;
    expect(found.map(({ price }) => price.cents)).toEqual(found.map(() => 2));
    expect(found).toHaveLength(count);
    const stock = LessThan(2);
    expect(await get(ItemCacheManager).all().filter({ stock }).count()).toBe(
      await dataSource.manager.countBy(Item, { stock }),
    );
  });
});

describeDatabases(
  'A column that holds an object',
  (database) => {
    it('is compared as a whole, not walked like a relation', async () => {
      const options = { ...(await database.options()), entities: [Note], synchronize: true } as DataSourceOptions;
      const { get, dataSource } = await createTestApp({ database: options, managers: [NoteCacheManager] });
      await dataSource.manager.save(Note, [{ data: { a: 1 } }, { data: { a: 1, b: 2 } }, { data: null }]);
      const notes = get<BaseCacheManager<Note>>(NoteCacheManager);
      const ids = async (set: QuerySet<Note>) => (await set.orderBy({ id: 'ASC' })).map(({ id }) => id);
      expect(await ids(notes.all().filter({ data: { a: 1 } }))).toEqual([1]);
      expect(await ids(notes.all().exclude({ data: { a: 1 } }))).toEqual([2, 3]);
      expect(await ids(notes.all().exclude({ data: { a: 1, b: 2 } }))).toEqual([1, 3]);
      expect(
        await ids(
          notes
            .all()
            .filter({ data: { a: 1 } })
            .filter({ data: { b: 2 } }),
        ),
      ).toEqual([]);
    });
  },
  ['postgres'],
);
