import { Injectable } from '@nestjs/common';
import fc from 'fast-check';
import {
  And,
  Between,
  type DataSourceOptions,
  Equal,
  type FindOperator,
  ILike,
  In,
  IsNull,
  LessThan,
  Like,
  MoreThan,
  MoreThanOrEqual,
  Not,
  Or,
  Raw,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager, type QuerySet, type Where } from '../../../lib/index.js';
import { copyQuery } from '../../../lib/query/copy-query.js';
import { fillCatalog, ItemCacheManager, NAMES, NUMBERS } from '../../fixtures/catalog.js';
import { catalogEntities, Item, Money } from '../../fixtures/entities/catalog.entities.js';
import { Hall, hallEntities, Seat } from '../../fixtures/entities/halls.entities.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

type Operator = FindOperator<unknown>;

/** Operators over a few values, nested, with NULL among the operands. */
function operators(values: fc.Arbitrary<unknown>, texts: boolean): fc.Arbitrary<unknown> {
  const known = values.filter((value) => value !== null);
  const leaf: fc.Arbitrary<Operator> = fc.oneof(
    known.map((value) => Equal(value) as Operator),
    values.map((value) => Equal(value) as Operator),
    fc.array(values, { maxLength: 3 }).map((list) => In(list) as Operator),
    known.map((value) => Not(value) as Operator),
    known.map((value) => LessThan(value) as Operator),
    known.map((value) => MoreThanOrEqual(value) as Operator),
    fc.tuple(known, known).map(([a, b]) => Between(a, b) as Operator),
    fc.constant(0).map(() => IsNull() as Operator),
    ...(texts ? [known.map((text) => Like(text) as Operator), known.map((text) => ILike(text) as Operator)] : []),
  );
  const { any } = fc.letrec<{ any: Operator }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      tie('any').map((operator) => Not(operator) as Operator),
      fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((parts) => And(...parts) as Operator),
      fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((parts) => Or(...parts) as Operator),
    ),
  }));
  return fc.oneof(known, any);
}

const text = operators(fc.constantFrom(...NAMES), true);
const number = operators(fc.constantFrom(...NUMBERS), false);
const some = (shape: Record<string, fc.Arbitrary<unknown>>) => fc.record(shape, { requiredKeys: [] });
/** One or several alternatives, or none. */
const alternatives = (condition: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 4, arbitrary: condition }, { weight: 1, arbitrary: fc.array(condition, { maxLength: 2 }) });

const country = some({ code: text });
const maker = some({ name: text, country: alternatives(country) });
const foreignKey = fc
  .constantFrom(
    IsNull,
    () => Not(IsNull()),
    () => Equal(1),
    () => In([1, 2]),
  )
  .map((make) => make());
const money = fc.constantFrom(0, 1, 5).map((cents) => new Money(cents));
const condition = some({
  name: text,
  stock: number,
  size: some({ width: number, unit: text }),
  price: fc.oneof(money, money.map(Equal), money.map(Not), fc.array(money, { maxLength: 2 }).map(In)),
  maker: fc.oneof(alternatives(maker), foreignKey, fc.constant(true)),
  origin: country,
}) as fc.Arbitrary<Where<Item>>;
const where = alternatives(condition) as fc.Arbitrary<Where<Item>>;

const byId = (a: number, b: number) => a - b;

/** SQL of one's own, all of it under one name of a parameter. */
const raw = fc.constantFrom(...NUMBERS).map((least) => Raw((column) => `${column} > :least`, { least }) as Operator);
const labels = fc.oneof(
  alternatives(some({ text: fc.constantFrom('new', 'old', 'none'), id: fc.constantFrom(IsNull(), MoreThan(1)) })),
  fc.constantFrom(0, 1, 2).map((count) => MoreThan(count)),
);
/** What a refinement may say beyond what can be merged with others: of SQL, and of related rows. */
const anything = alternatives(
  some({ name: text, stock: fc.oneof(raw, number), size: some({ width: raw }), labels, maker: alternatives(maker) }),
) as fc.Arbitrary<Where<Item>>;

interface Step<T extends object> {
  readonly where: Where<T>;
  readonly isExcluded: boolean;
}

const steps = <T extends object>(of: fc.Arbitrary<Where<T>>): fc.Arbitrary<Step<T>[]> =>
  fc.array(fc.record({ where: of, isExcluded: fc.boolean() }), { minLength: 1, maxLength: 4 });

function refined<T extends object>(set: QuerySet<T>, all: readonly Step<T>[]): QuerySet<T> {
  return all.reduce((narrower, { where: asked, isExcluded }) => {
    return isExcluded ? narrower.exclude(asked) : narrower.filter(asked);
  }, set);
}

/** Each step found alone by TypeORM, in a copy since it writes into operators, and what is left of everything. */
async function remaining<T extends object>(
  everything: readonly string[],
  all: readonly Step<T>[],
  find: (where: Where<T>) => Promise<string[]>,
): Promise<string[]> {
  let left = [...everything];
  for (const { where: asked, isExcluded } of all) {
    const found = new Set(await find(copyQuery(asked)));
    left = left.filter((each) => found.has(each) !== isExcluded);
  }
  return left;
}

describeDatabases('The algebra of filters', (database) => {
  const runs = { numRuns: database.name === 'sqljs' ? 200 : 60 };

  async function setUp() {
    const options = {
      ...(await database.options()),
      entities: catalogEntities,
      synchronize: true,
    } as DataSourceOptions;
    const { get, dataSource } = await createTestApp({ database: options, managers: [ItemCacheManager] });
    const everything = (await fillCatalog(dataSource.manager)).map(({ id }) => id).sort(byId);
    const items = get(ItemCacheManager);
    const ids = async (set: QuerySet<Item>) => (await set).map(({ id }) => id).sort(byId);
    return { items, everything, ids, dataSource };
  }

  it('excludes exactly what it would filter, NULLs, nested relations and operators included', async () => {
    const { items, everything, ids } = await setUp();
    await fc.assert(
      fc.asyncProperty(where, async (asked) => {
        const kept = await ids(items.all().filter(asked));
        const left = await ids(items.all().exclude(asked));
        expect([...kept, ...left].sort(byId)).toEqual(everything);
      }),
      { ...runs, examples: [[{ name: Not(And(In<string>([]))) }]] },
    );
  });

  it('filters as TypeORM does', async () => {
    const { items, ids, dataSource } = await setUp();
    await fc.assert(
      fc.asyncProperty(where, async (asked) => {
        // TypeORM writes the transformed value into the operators it is given.
        const found = await dataSource.manager.find(Item, { where: copyQuery(asked) });
        expect(await ids(items.all().filter(asked))).toEqual(found.map(({ id }) => id).sort(byId));
      }),
      runs,
    );
  });

  it('combines filters on the same and on other fields by AND, in any order', async () => {
    const { items, ids } = await setUp();
    await fc.assert(
      fc.asyncProperty(where, where, async (a, b) => {
        const expected = await ids(items.all().filter(a)).then(async (found) => {
          const others = new Set(await ids(items.all().filter(b)));
          return found.filter((id) => others.has(id));
        });
        expect(await ids(items.all().filter(a).filter(b))).toEqual(expected);
        expect(await ids(items.all({ where: b }).filter(a))).toEqual(expected);
      }),
      runs,
    );
  });

  it('excludes from what was filtered', async () => {
    const { items, ids } = await setUp();
    await fc.assert(
      fc.asyncProperty(where, condition, async (a, b) => {
        const without = new Set(await ids(items.all().filter(b)));
        const expected = (await ids(items.all().filter(a))).filter((id) => !without.has(id));
        expect(await ids(items.all().filter(a).exclude(b))).toEqual(expected);
      }),
      runs,
    );
  });

  it('counts what it finds', async () => {
    const { items, ids } = await setUp();
    await fc.assert(
      fc.asyncProperty(where, fc.nat(45), fc.option(fc.nat(45)), async (asked, offset, limit) => {
        let set = items.all().filter(asked).orderBy({ id: 'ASC' }).offset(offset);
        if (limit !== null) set = set.limit(limit);
        const found = await ids(set.filter({}));
        expect(await set.filter({}).count()).toBe(found.length);
        expect(await set.filter({}).exists()).toBe(found.length > 0);
        expect((await set.filter({}).first())?.id ?? null).toBe(found[0] ?? null);
        expect((await set.filter({}).at(1))?.id ?? null).toBe(found[1] ?? null);
      }),
      runs,
    );
  });

  it('takes any row of filters and exclusions for what each of them says alone', async () => {
    const { items, everything, dataSource } = await setUp();
    const names = (found: readonly Item[]) => found.map(({ id }) => String(id));
    const find = async (asked: Where<Item>) => names(await dataSource.manager.find(Item, { where: asked }));
    await fc.assert(
      fc.asyncProperty(steps(anything), fc.nat(20), fc.nat(20), async (all, offset, limit) => {
        const expected = await remaining(everything.map(String), all, find);
        // Once awaited, one answers from what it has.
        const set = () => refined(items.all(), all).orderBy({ id: 'ASC' });
        expect(names(await set())).toEqual(expected);
        expect(names(await set().cache())).toEqual(expected);
        expect(names(await set().createQueryBuilder('other').getMany())).toEqual(expected);
        expect(await set().count()).toBe(expected.length);
        expect(await set().exists()).toBe(expected.length > 0);
        expect(names(await set().offset(offset).limit(limit))).toEqual(expected.slice(offset, offset + limit));
      }),
      { numRuns: 60 },
    );
  });
});

@Injectable()
class HallCacheManager extends BaseCacheManager<Hall> {
  model = Hall;
  prefetchRelatedObjects = ['seats'] as const;
}

@Injectable()
class SeatCacheManager extends BaseCacheManager<Seat> {
  model = Seat;
  relatedObjects = ['hall'] as const;
}

const width = operators(fc.constantFrom(...NUMBERS), false);
const color = operators(fc.constantFrom('red', 'blue', null), true);
const seat = some({ number: fc.constantFrom(1, 2), width: fc.oneof(width, raw), color });
const hall = some({ floor: fc.constantFrom(1, MoreThan(1)), name: text });
const halls = alternatives(some({ floor: fc.constantFrom(1, MoreThan(1)), name: text, seats: alternatives(seat) }));
const seats = alternatives(some({ number: fc.constantFrom(1, 2), color, hall: alternatives(hall) }));

describeDatabases('The algebra of filters where a key has several columns', (database: TestDatabase) => {
  async function setUp() {
    const options = { ...(await database.options()), entities: hallEntities, synchronize: true } as DataSourceOptions;
    const { get, dataSource } = await createTestApp({
      database: options,
      managers: [HallCacheManager, SeatCacheManager],
    });
    const { manager } = dataSource;
    const places = [1, 2].flatMap((house) => [1, 2, 3, 4].map((floor) => ({ house, floor })));
    const deletedAt = new Date();
    await manager.insert(
      Hall,
      places.map((place, i) => ({ ...place, name: NAMES[i % 5]!, deletedAt: i === 2 ? deletedAt : null })),
    );
    const filled = places
      .filter((_, i) => i !== 5)
      .flatMap((place) => [1, 2, 3].map((number) => ({ ...place, number })));
    await manager.insert(
      Seat,
      filled.map((each, i) => ({
        ...each,
        color: ['red', 'blue', null][(i >> 1) % 3]!,
        width: NUMBERS[i % 4]!,
        deletedAt: i % 5 === 3 ? deletedAt : null,
      })),
    );
    return { halls: get(HallCacheManager), seats: get(SeatCacheManager), manager };
  }

  const nameOf = (row: Hall | Seat) => [row.house, row.floor, 'number' in row ? row.number : ''].join();

  it('takes any row of filters and exclusions for what each of them says alone', async () => {
    const { manager, ...managers } = await setUp();
    async function check<T extends Hall | Seat>(
      Model: new () => T,
      managed: BaseCacheManager<T>,
      where: fc.Arbitrary<unknown>,
    ) {
      const find = async (asked: Where<T> | undefined) =>
        (await manager.find(Model, asked === undefined ? {} : { where: asked })).map(nameOf).sort();
      const everything = await find(undefined);
      await fc.assert(
        fc.asyncProperty(steps(where as fc.Arbitrary<Where<T>>), async (all) => {
          const expected = await remaining(everything, all, find);
          const set = () => refined(managed.all(), all);
          expect((await set()).map(nameOf).sort()).toEqual(expected);
          expect((await set().cache()).map(nameOf).sort()).toEqual(expected);
          expect(await set().count()).toBe(expected.length);
          expect(await set().exists()).toBe(expected.length > 0);
          expect(await set().limit(3)).toHaveLength(Math.min(expected.length, 3));
        }),
        { numRuns: 60 },
      );
    }
    await check(Hall, managers.halls, halls);
    await check(Seat, managers.seats, seats);
  });
});
