import {
  And,
  type DataSourceOptions,
  EntityPropertyNotFoundError,
  type FindOperator,
  LessThan,
  MoreThan,
  Not,
  Or,
} from 'typeorm';
import { describe, expect, it } from 'vitest';
import { InvalidIdentifierError, InvalidQueryError } from '../../../lib/index.js';
import { ExampleCacheManager, PlainExampleCacheManager } from '../../fixtures/managers.js';
import { sqljs } from '../../fixtures/sqljs.js';
import { exampleApp } from '../../support/example-app.js';

async function setUp() {
  const app = await exampleApp(sqljs);
  return { ...app, examples: app.get(PlainExampleCacheManager), related: app.get(ExampleCacheManager) };
}

const titles = (found: readonly { title: string }[]) => found.map(({ title }) => title).sort();

/** As a request's body has it: `__proto__` is a property of the object's own. */
const json = (text: string) => JSON.parse(text) as never;

async function errorOf(use: () => unknown): Promise<Error> {
  try {
    await use();
  } catch (error) {
    return error as Error;
  }
  throw new Error(`${String(use)} did not fail`);
}

describe('A filter that names __proto__', () => {
  it.each([
    '{"__proto__":{"id":1}}',
    '{"id":2,"__proto__":{"id":1}}',
    '[{"__proto__":{"id":1}}]',
    '[{"id":9},{"__proto__":{"id":1}}]',
    '{"user":{"__proto__":{"id":1}}}',
    '{"users":{"__proto__":{"id":1}}}',
    '{"__proto__":null}',
    '{"__proto__":{}}',
    '{"constructor":{"id":1}}',
    '{"toString":1}',
    '{"hasOwnProperty":{"id":1}}',
    '{"prototype":[]}',
  ])('is refused as by find, and answers no other caller: %s', async (text) => {
    const { dataSource, examples, settled } = await setUp();
    const find = await errorOf(() => dataSource.getRepository(examples.model).find({ where: json(text) }));
    expect(find).toBeInstanceOf(EntityPropertyNotFoundError);
    const uses = [
      () => examples.all({ where: json(text) }),
      () => examples.all({ suffix: 'x', where: json(text) }),
      () => examples.all().filter(json(text)),
      () => examples.all().filter({ title: 'one' }).filter(json(text)),
      () => examples.all().filter(json(text)).filter({ title: 'one' }),
      () => examples.all().filter(json(text)).cache(),
      () => examples.all().filter(json(text)).count(),
      () => examples.all().filter(json(text)).exists(),
      () => examples.get('x', { where: json(text), raiseException: false }),
    ];
    for (let again = 0; again < 2; again++) {
      // What somebody else has cached meanwhile, under the same names.
      expect(await examples.all({ suffix: 'x' })).toHaveLength(3);
      expect(await examples.all({ where: {} })).toHaveLength(3);
      expect((await examples.get('x', { where: { id: 2 } })).id).toBe(2);
      await settled();
      for (const use of uses) expect(await errorOf(use)).toBeInstanceOf(EntityPropertyNotFoundError);
    }
    const excluded = await errorOf(() => examples.all().exclude(json(text)));
    expect([EntityPropertyNotFoundError, InvalidQueryError]).toContain(excluded.constructor);
  });

  it.each(['{"__proto__":"ASC"}', '{"__proto__":{"id":"DESC"}}', '{"user":{"__proto__":{"id":"DESC"}}}'])(
    'is refused as an order as well: %s',
    async (text) => {
      const { examples } = await setUp();
      expect(await errorOf(() => examples.all().orderBy(json(text)))).toBeInstanceOf(EntityPropertyNotFoundError);
      expect(await errorOf(() => examples.all().orderBy(json(text)).cache())).toBeInstanceOf(
        EntityPropertyNotFoundError,
      );
    },
  );

  it.each(['{"__proto__":true}', '{"__proto__":{"id":true}}', '{"user":{"__proto__":true}}', '{"users":{"x":true}}'])(
    'is refused as a selection as well: %s',
    async (text) => {
      const { related } = await setUp();
      expect(await errorOf(() => related.all().select(json(text)))).toBeInstanceOf(EntityPropertyNotFoundError);
      expect(await errorOf(() => related.all().select(json(text)).cache())).toBeInstanceOf(EntityPropertyNotFoundError);
    },
  );

  it.each(['{"__proto__":{"id":1}}', '{"constructor":{"id":1}}', '[{"id":1}]', '{"id":{"__proto__":1}}'])(
    'is no identifier: %s',
    async (text) => {
      const { examples, dataSource } = await setUp();
      const through = examples.using(dataSource.manager);
      for (const manager of [examples, through]) {
        const found = await Promise.allSettled([
          manager.get(json(text), { raiseException: false }),
          manager.getMany([json(text)]),
        ]);
        for (const each of found) {
          if (each.status === 'fulfilled') expect([null, []]).toContainEqual(each.value);
        }
      }
    },
  );
});

describe('A filter that TypeORM reads otherwise than it looks', () => {
  it('is one of a property that there is not, though its value would be ignored', async () => {
    const invalidWhereValuesBehavior = { undefined: 'ignore', null: 'ignore' } as const;
    const { get } = await exampleApp(sqljs, { database: { invalidWhereValuesBehavior } as DataSourceOptions });
    const examples = get(PlainExampleCacheManager);
    await examples.all();
    for (const where of [
      json('{"nothing":null}'),
      json('{"__proto__":null}'),
      json('{"user":{"nothing":null,"id":1}}'),
    ]) {
      expect(await errorOf(() => examples.all({ where }))).toBeInstanceOf(EntityPropertyNotFoundError);
      expect(await errorOf(() => examples.all().filter(where))).toBeInstanceOf(EntityPropertyNotFoundError);
    }
    expect(titles(await examples.all({ where: json('{"title":null,"id":1}') }))).toEqual(['one']);
  });

  it('is alternatives inside of alternatives', async () => {
    const { dataSource, examples } = await setUp();
    const repository = dataSource.getRepository(examples.model);
    for (const text of [
      '[[{"title":"one"}],[[{"title":"two"}]]]',
      '[[],{"id":1}]',
      '{"user":[[{"username":"bob"}]]}',
    ]) {
      const expected = titles(await repository.find({ where: json(text) }));
      expect(titles(await examples.all({ where: json(text) }))).toEqual(expected);
      expect(titles(await examples.all().filter(json(text)))).toEqual(expected);
      expect(titles(await examples.all().filter(json(text)).filter(json(text)))).toEqual(expected);
    }
  });
});

describe('What is no query at all', () => {
  const nothings = [null, 'x', '', 5, 0, true, false];

  it.each(nothings)('is an error that helps, never everything: %o', async (value) => {
    const { examples, statements } = await setUp();
    const any = value as never;
    await statements.expect(0, async () => {
      for (const use of [
        () => examples.all(any),
        () => examples.all({ where: any }),
        () => examples.all().filter(any),
        () => examples.all().exclude(any),
        () => examples.all().orderBy(any),
        () => examples.all().select(any),
        () => examples.get(1, any),
        () => examples.get('x', { where: any }),
        () => examples.getMany(any),
      ]) {
        const error = await errorOf(use);
        expect(error, String(use)).toBeInstanceOf(InvalidQueryError);
        expect(error.message, String(use)).toMatch(/ (Give|Pass) an? (object|array)/);
      }
    });
  });

  it.each<[string, RegExp]>([
    ['filter', /so all rows would match\..*{ title: \.\.\. }/],
    ['orderBy', /so the rows would come in any order\..*{ title: 'ASC' }/],
    ['select', /so all of them would be loaded\..*{ title: true }/],
  ])('is told what would come of it, and what to write: %s', async (method, message) => {
    const { examples } = await setUp();
    const set = examples.all() as unknown as Record<string, (given: string) => unknown>;
    expect((await errorOf(() => set[method]!('id'))).message).toMatch(message);
  });

  it.each(['5', null, {}, [1], true])('counts no rows: %o', async (value) => {
    const { examples } = await setUp();
    for (const use of [() => examples.all().limit(value as never), () => examples.all().offset(value as never)]) {
      expect(await errorOf(use)).toMatchObject({ name: 'InvalidQueryError', code: 'QSCACHE_ROW_COUNT' });
    }
  });

  it('is one class, identifiers included, that an application can answer with 400', async () => {
    const { examples } = await setUp();
    expect(await errorOf(() => examples.get(null as never))).toBeInstanceOf(InvalidIdentifierError);
    expect(await errorOf(() => examples.get(null as never))).toBeInstanceOf(InvalidQueryError);
    expect(await errorOf(() => examples.getMany('abc' as never))).toBeInstanceOf(InvalidIdentifierError);
  });
});

describe('An option of a call that there is not', () => {
  it.each<[string, string, RegExp]>([
    ['all', 'isActive', /There are: suffix, where, cache\. .* goes into where/],
    ['all', 'constructor', /There are: suffix, where, cache\./],
    ['all', 'sufix', /Did you mean suffix\?/],
    ['all', 'Cache', /Did you mean cache\?/],
    ['all', 'filter', /as where, or .*all\(\)\.filter\(/],
    ['all', 'relations', /relatedObjects and prefetchRelatedObjects/],
    ['all', 'order', /all\(\)\.orderBy\(/],
    ['all', 'order_by', /all\(\)\.orderBy\(/],
    ['all', 'take', /all\(\)\.limit\(/],
    ['all', 'skip', /all\(\)\.offset\(/],
    ['all', 'select', /all\(\)\.select\(/],
    ['all', 'withDeleted', /all\(\)\.withDeleted\(\)/],
    ['all', 'ttl', /listTimeout and detailTimeout/],
    ['all', 'raiseException', /an option of get\(\)/],
    ['get', 'raise_exception', /Did you mean raiseException\?/],
    ['get', 'raiseExeption', /Did you mean raiseException\?/],
    ['get', 'Cache', /Did you mean cache\?/],
    ['get', 'relations', /relatedObjects and prefetchRelatedObjects/],
    ['get', 'suffix', /an option of all\(\)/],
    ['get', 'title', /There are: where, raiseException, cache\./],
  ])('is an error that names it and the one that was meant: %s, %s', async (method, option, hint) => {
    const { examples, dataSource, statements } = await setUp();
    await statements.expect(0, async () => {
      for (const manager of [examples, examples.using(dataSource.manager)]) {
        for (const value of [{ id: 1 }, false, undefined]) {
          const options = { cache: true, [option]: value } as never;
          const error = await errorOf(() => (method === 'all' ? manager.all(options) : manager.get(1, options)));
          expect(error).toMatchObject({ name: 'InvalidQueryError', code: 'QSCACHE_OPTIONS' });
          expect(error.message).toContain(`${method}() has no option "${option}", so nothing would come of it.`);
          expect(error.message).toMatch(hint);
        }
      }
    });
  });
});

describe('What is very deep', () => {
  const nest = (make: (inner: unknown) => unknown, innermost: unknown, depth = 10_000) => {
    let inner = innermost;
    for (let i = 0; i < depth; i++) inner = make(inner);
    return inner as never;
  };

  it.each<[string, () => unknown]>([
    ['arrays', () => nest((inner) => [inner], { id: 1 })],
    ['objects', () => nest((inner) => ({ user: { examples: inner } }), { id: 1 })],
    ['a value', () => ({ title: nest((inner) => [inner], 1) })],
    ['__proto__', () => nest((inner) => Object.fromEntries([['__proto__', inner]]), 1)],
    ['And', () => ({ id: nest((inner) => And(inner as FindOperator<number>, MoreThan(0)), MoreThan(0), 2_000) })],
    ['Or', () => ({ id: nest((inner) => Or(LessThan(0), inner as FindOperator<number>), MoreThan(0), 2_000) })],
    ['Not', () => ({ id: nest((inner) => Not(inner), 1, 2_000) })],
  ])('is refused: %s', async (_, make) => {
    const { examples } = await setUp();
    for (const use of [
      () => examples.all({ where: make() as never }),
      () => examples.all().filter(make() as never),
      () =>
        examples
          .all()
          .filter(make() as never)
          .cache(),
      () => examples.all().exclude(make() as never),
      () => examples.all().orderBy(make() as never),
      () => examples.all().select(make() as never),
      () => examples.get('x', { where: make() as never }),
    ]) {
      expect(await errorOf(use), String(use)).toMatchObject({ code: 'QSCACHE_QUERY_TOO_DEEP' });
    }
    for (const use of [
      () => examples.get(make() as never),
      () => examples.get({ id: make() as never }),
      () => examples.getMany([{ id: make() as never }]),
      () => examples.getDetailCacheKey({ id: make() as never }),
      () => examples.clearCacheDetail({ id: make() as never }),
    ]) {
      expect(await errorOf(use), String(use)).toBeInstanceOf(InvalidQueryError);
    }
  });

  it('is not a graph that an identifier happens to hold', async () => {
    const { examples, statements, settled } = await setUp();
    const user: Record<string, unknown> = { name: 'ann' };
    const graph = { id: 1, user };
    user.examples = [graph];
    expect((await examples.get(graph)).title).toBe('one');
    await settled();
    expect((await statements.expect(0, () => examples.get(1))).title).toBe('one');
  });
});

describe('Many refinements', () => {
  it('are merged one by one, and make no set deeper', async () => {
    const { examples } = await setUp();
    let set = examples.all();
    // As many as nothing can take that does again for each what was done for all before, or goes one level deeper.
    const count = 50_000;
    for (let i = 0; i < count; i++) set = set.filter({ id: MoreThan(-i) }).orderBy({ title: i % 2 ? 'ASC' : 'DESC' });
    for (let i = 0; i < count; i++) set = set.exclude({ title: `no ${i}` });
    const sql = set.createQueryBuilder().getQuery();
    expect(sql.match(/ AND /g)?.length).toBe(2 * count - 1);

    let few = examples.all();
    for (let i = 0; i < 100; i++)
      few = few
        .filter({ id: MoreThan(-i) })
        .exclude({ id: 2 })
        .orderBy({ id: 'DESC' });
    expect((await few).map(({ id }) => id)).toEqual([3, 1]);
    expect((await few.cache()).map(({ id }) => id)).toEqual([3, 1]);
    expect(titles(await few.filter({ title: 'one' }))).toEqual(['one']);
  });

  it('share nothing with their authors: neither is changed by the other', async () => {
    const { examples } = await setUp();
    const where = { title: 'one', user: { username: 'ann' } };
    const set = examples.all().filter(where);
    const narrower = set.filter({ id: 2 });
    where.title = 'two';
    where.user.username = 'bob';
    expect(titles(await set)).toEqual(['one']);
    expect(titles(await narrower)).toEqual([]);
    const order = { id: 'DESC' as 'ASC' | 'DESC' };
    const ordered = examples.all().orderBy(order);
    order.id = 'ASC';
    expect((await ordered).map(({ id }) => id)).toEqual([3, 2, 1]);
  });
});
