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
  MoreThanOrEqual,
  Not,
  Or,
} from 'typeorm';
import { expect, it } from 'vitest';
import type { QuerySet, Where } from '../../../lib/index.js';
import { copyQuery } from '../../../lib/query/copy-query.js';
import { fillCatalog, ItemCacheManager, NAMES, NUMBERS } from '../../fixtures/catalog.js';
import { catalogEntities, Item, Money } from '../../fixtures/entities/catalog.entities.js';
import { describeDatabases } from '../../support/databases.js';
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
});
