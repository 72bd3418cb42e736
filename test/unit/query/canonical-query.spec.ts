import fc from 'fast-check';
import {
  And,
  Between,
  Column,
  DataSource,
  Entity,
  Equal,
  type FindManyOptions,
  ILike,
  In,
  IsNull,
  LessThan,
  Like,
  ManyToOne,
  MoreThan,
  Not,
  OneToMany,
  Or,
  PrimaryColumn,
  Raw,
  type Relation,
} from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refine } from '../../../lib/load/refine.js';
import { canonicalText } from '../../../lib/query/canonical-query.js';
import { copyQuery } from '../../../lib/query/copy-query.js';
import { Filter } from '../../../lib/query/filter.js';
import { isTypeOrm0 } from '../../support/typeorm.js';

@Entity()
class Author {
  @PrimaryColumn()
  id: number;

  @Column('varchar', { nullable: true })
  name: string | null;

  @OneToMany(() => Book, (book) => book.author)
  books: Relation<Book[]>;
}

class Shelf {
  @Column('int')
  row: number;
}

@Entity()
class Book {
  @PrimaryColumn()
  id: number;

  @Column('varchar', { nullable: true })
  title: string | null;

  @Column('varchar', { transformer: { to: (value: unknown) => JSON.stringify(value), from: JSON.parse } })
  tags: unknown;

  @Column('simple-json', { nullable: true })
  extra: unknown;

  @Column(() => Shelf)
  shelf: Shelf;

  @Column(() => Shelf)
  spare: Shelf;

  @ManyToOne(() => Author, (author) => author.books, { nullable: true })
  author: Relation<Author> | null;
}

interface Step {
  readonly where: object;
  readonly not?: boolean;
}

let dataSource: DataSource;

const text = (query: FindManyOptions<Book>) => canonicalText(dataSource.getMetadata(Book), query as never);
/** What filter() and exclude() make of these, the excluded ones marked. */
const chain = (steps: readonly Step[]) => {
  const metadata = dataSource.getMetadata(Book);
  const none = Filter.of(metadata);
  return steps.reduce((filter, { where, not }) => (not ? filter.andNot(where) : filter.and(where)), none).query;
};
const chainText = (...steps: readonly Step[]) => canonicalText(dataSource.getMetadata(Book), chain(steps));
const whereText = (where: unknown) => text({ where: where as never });

beforeAll(async () => {
  dataSource = await new DataSource({
    type: 'sqljs',
    entities: [Author, Book],
    synchronize: true,
    invalidWhereValuesBehavior: { undefined: 'ignore', null: 'sql-null' },
  }).initialize();
  await dataSource.manager.insert(Author, [
    { id: 0, name: 'a' },
    { id: 1, name: null },
  ]);
  await dataSource.manager.insert(
    Book,
    [0, 1, 2, 3, 4, 5].map((id) => ({
      id,
      title: [null, 'a', 'A', '1', 'b', ''][id]!,
      tags: id % 2,
      shelf: { row: id % 3 },
      spare: { row: 0 },
      author: id < 4 ? { id: id % 2 } : null,
    })),
  );
});

afterAll(() => dataSource.destroy());

/** Each of these asks for something else, or may in some database. */
const different: unknown[] = [
  {},
  { id: 1 },
  { id: '1' },
  { id: 1n },
  { id: 0 },
  { id: -0 },
  { id: true },
  { id: In([]) },
  { id: In([1, 2]) },
  { id: In([1, '1']) },
  { id: In(['1', '2']) },
  { id: In([[1, 2]]) },
  { id: In([null]) },
  { id: In([1, null]) },
  { id: [1, 2] },
  { id: Not(1) },
  { id: Not('1') },
  { id: Not(In([1, 2])) },
  { id: Not(In([])) },
  { id: And(MoreThan(1), LessThan(3)) },
  { id: Or(MoreThan(1), LessThan(3)) },
  { id: And(MoreThan(1), Or(LessThan(3), Equal(5))) },
  { id: Or(And(MoreThan(1), LessThan(3)), Equal(5)) },
  { id: Not(And(MoreThan(1), LessThan(3))) },
  { id: MoreThan(1) },
  { id: Between(1, 2) },
  { id: Between(2, 1) },
  { title: IsNull() },
  { title: Equal(null) },
  { title: Not(IsNull()) },
  { title: Not(null) },
  { title: Equal(undefined) },
  { title: 'null' },
  { title: 'a' },
  { title: 'A' },
  { title: 'a ' },
  { title: '' },
  { title: Like('a') },
  { title: ILike('a') },
  { title: new Date(0) },
  { title: new Date(0).toISOString() },
  { title: 0 },
  { title: Buffer.from('a') },
  { title: Raw('1') },
  { title: Raw('2') },
  { title: Raw((alias) => `${alias} = 1`) },
  { title: Raw((alias) => `${alias} = 2`) },
  { title: Raw((alias) => `${alias} = :v`, { v: 1 }) },
  { title: Raw((alias) => `${alias} = :v`, { v: 2 }) },
  { title: Raw((alias) => `${alias} = :v`, { v: 1 }), id: Raw((alias) => `${alias} = :v`, { v: 2 }) },
  { id: Raw((alias) => `${alias} = :v`, { v: 2 }), title: Raw((alias) => `${alias} = :v`, { v: 1 }) },
  { tags: 1 },
  { tags: { a: 1, b: 2 } },
  // Written to a text, the order of properties is one of its letters.
  { tags: { b: 2, a: 1 } },
  { extra: { a: 1, b: 2 } },
  { extra: { b: 2, a: 1 } },
  { shelf: { row: 1 } },
  { author: { id: 1 } },
  { author: { books: {} } },
  { author: { name: null } },
  { author: Equal(1) },
  { author: 1 },
  { author: true },
  { author: { books: { id: 1 } } },
  { author: { books: MoreThan(1) } },
  { author: { books: And(MoreThan(1)) } },
  [{ id: 1 }, { title: 'a' }],
  { id: 1, title: 'a' },
];

describe('canonicalText', () => {
  it('tells queries apart that may differ', () => {
    const seen = new Map<string, unknown>();
    for (const where of different) {
      const said = whereText(where);
      expect(seen.has(said), said).toBe(false);
      seen.set(said, where);
    }
    const queries: FindManyOptions<Book>[] = [
      {},
      { take: 0 },
      { take: 1 },
      { skip: 1 },
      { skip: 1, take: 1 },
      { order: { id: 'ASC' } },
      { order: { id: 'DESC' } },
      { order: { id: { direction: 'ASC', nulls: 'FIRST' } } },
      { order: { id: { direction: 'ASC', nulls: 'LAST' } } },
      { order: { id: 'ASC', title: 'ASC' } },
      { order: { title: 'ASC', id: 'ASC' } },
      { order: { author: { id: 'ASC' } } },
      { order: { author: {} } },
      { order: { shelf: { row: 'ASC' } } },
      { select: { id: true } },
      { select: { id: true, title: true } },
      { select: { author: { id: true } } },
    ];
    expect(new Set(queries.map(text)).size).toBe(queries.length);
  });

  it('has none for the query that asks for everything', () => {
    for (const where of [{}, [], [{}], { author: {} }, { title: undefined }, { shelf: {} }])
      expect(whereText(where)).toBe('');
    expect(text({ skip: 0, order: {} })).toBe('');
  });

  it('keeps apart what TypeORM refuses, and what it was told to ignore', async () => {
    const strict = await new DataSource({
      type: 'sqljs',
      entities: [Author, Book],
      invalidWhereValuesBehavior: { undefined: 'throw', null: 'throw' },
    }).initialize();
    try {
      const said = [{}, { title: undefined }, { title: null }, { title: IsNull() }].map((where) =>
        canonicalText(strict.getMetadata(Book), { where } as never),
      );
      expect(new Set(said).size).toBe(4);
    } finally {
      await strict.destroy();
    }
  });

  const value = fc.constantFrom<unknown>(0, 1, 2, 'a', 'A', '1', null);
  const one = value.chain((v) =>
    fc.constantFrom<unknown>(v ?? IsNull(), Equal(v), In([v]), Not(v), Not(Equal(v)), MoreThan(v), IsNull()),
  );
  const operator = fc.oneof(
    one,
    fc.array(value, { maxLength: 3 }).map((values) => In(values)),
    one.map((v) => Not(v)),
    one.map((v) => Not(Not(v))),
    fc
      .array(one, { minLength: 1, maxLength: 3 })
      .chain((parts) => fc.constantFrom(And, Or).map((make) => make(...parts.map((part) => Not(Not(part)))))),
  );
  const condition = fc.record(
    {
      id: operator,
      title: operator,
      tags: operator,
      shelf: fc.record({ row: operator }, { requiredKeys: [] }),
      author: fc.record({ id: operator, name: fc.oneof(operator, fc.constant(undefined)) }, { requiredKeys: [] }),
    },
    { requiredKeys: [] },
  );
  const where = fc.oneof(condition, fc.array(condition, { maxLength: 2 }));

  /** The same filter in another spelling, as the numbers say. */
  function respelled(filter: unknown, choose: () => number, isNested = false): unknown {
    if (Array.isArray(filter)) {
      const all = filter.map((each) => respelled(each, choose, true));
      return shuffled(choose() % 2 && all.length ? [...all, all[0]] : all, choose);
    }
    const entries = shuffled(Object.entries(filter as object), choose).map(([property, said]) => {
      const nested = property === 'shelf' || property === 'author';
      return [property, nested ? respelled(said, choose, true) : respelledOperator(said, choose)];
    });
    const same = Object.fromEntries(entries) as object;
    return !isNested && choose() % 3 === 0 ? [same] : same;
  }

  function respelledOperator(said: unknown, choose: () => number): unknown {
    if (typeof said === 'object' || said === undefined) return said;
    // TypeORM 0.3 hands the operators within And and Or to a column's transformer, as if they were values.
    const [and, or] = isTypeOrm0 ? [Equal(said), In([said])] : [And(Equal(said)), Or(In([said]))];
    return [said, Equal(said), In([said]), In([said, said]), and, or, Not(Not(said))][choose() % 7];
  }

  function shuffled<T>(list: readonly T[], choose: () => number): T[] {
    return list
      .map((each) => [choose(), each] as const)
      .sort(([a], [b]) => a - b)
      .map(([, each]) => each);
  }

  it('is one for every spelling of a filter', () => {
    fc.assert(
      fc.property(where, fc.infiniteStream(fc.nat(1_000)), (filter, numbers) => {
        const same = respelled(filter, () => numbers.next().value as number);
        expect(whereText(same)).toBe(whereText(filter));
      }),
      { numRuns: 500 },
    );
  });

  it('is shared only by queries for which the database has the same rows', async () => {
    const results = new Map<string, string>();
    const found = async (filter: unknown) => {
      const query = { where: filter as never, order: { id: 'ASC' } } as const;
      return dataSource.manager.find(Book, query).then(
        (books) => String(books.map(({ id }) => id)),
        () => 'refused',
      );
    };
    await fc.assert(
      fc.asyncProperty(where, async (filter) => {
        const said = whereText(filter);
        const rows = await found(filter);
        expect(results.get(said) ?? rows).toBe(rows);
        results.set(said, rows);
      }),
      { numRuns: 500 },
    );
  });

  const is = (where: object): Step => ({ where });
  const not = (where: object): Step => ({ where, not: true });
  const raw = (v: number) => ({ id: Raw((alias) => `${alias} > :v`, { v }) });
  const about = (name: string) => ({ author: { books: { title: name } } });

  it('is one for what is asked at once and one by one, in any order', () => {
    const same: Step[][][] = [
      [[is({ id: 1, title: 'a' })], [is({ id: 1 }), is({ title: 'a' })], [is({ title: 'a' }), is({ id: 1 }), is({})]],
      [[is({ id: And(MoreThan(1), LessThan(3)) })], [is({ id: LessThan(3) }), is({ id: MoreThan(1) })]],
      [
        [is({ shelf: { row: And(MoreThan(1), Not(3)) } })],
        [is({ shelf: { row: Not(3) } }), is({ shelf: { row: MoreThan(1) } })],
      ],
      [
        [is([{ id: 1 }, { id: 2 }]), is({ title: 'a' })],
        [is({ title: 'a' }), is([{ id: 2 }, { id: Equal(1) }])],
      ],
      [
        [is(raw(1)), is(raw(2))],
        [is(raw(2)), is(raw(1)), is(raw(2))],
      ],
      [
        [not({ id: 1 }), not(about('a'))],
        [not(about('a')), not([{ id: Equal(1) }]), not({ id: 1 })],
      ],
      [
        [is({ id: 1 }), not({ title: 'a', id: 2 })],
        [not({ id: In([2]), title: 'a' }), is({ id: 1 })],
      ],
      [[not({})], [not([])], [not({ author: {} }), not([{}])]],
    ];
    for (const [first, ...others] of same)
      for (const other of others) expect(chainText(...other)).toBe(chainText(...first!));
  });

  it('tells refinements apart', () => {
    const all: Step[][] = [
      [],
      [not({})],
      [is({ id: 1 })],
      [not({ id: 1 })],
      [not({ id: 1 }), not({ title: 'a' })],
      [not({ id: 1, title: 'a' })],
      [not([{ id: 1 }, { title: 'a' }])],
      [is({ id: 1 }), not({ title: 'a' })],
      [is({ title: 'a' }), not({ id: 1 })],
      [is(raw(1))],
      [is(raw(1)), is(raw(2))],
      [is(raw(1)), not(raw(2))],
      [is({ ...raw(1), title: Raw((alias) => `${alias} = :v`, { v: 2 }) })],
      [is(about('a'))],
      [not(about('a'))],
      // What is joined by the query itself may show itself: which of two filters that is counts.
      [is(about('a')), is(about('b'))],
      [is(about('b')), is(about('a'))],
      [is(about('a')), not(about('b'))],
      [is({ id: 1 }), is([about('a'), about('b')])],
      [is({ id: 1 }), not([about('a'), about('b')])],
      [is({ id: 1 }), not(about('a')), not(about('b'))],
      [not({ author: Equal(1) })],
      [not({ author: { id: 1 } })],
      [not({ author: { books: MoreThan(1) } })],
      [not([{ author: { books: MoreThan(1) } }, { id: 1 }])],
      [not({ author: { books: MoreThan(1) } }), not({ id: 1 })],
      [is({ shelf: new Shelf() })],
      [is({ spare: new Shelf() })],
    ];
    const texts = all.map((steps) => chainText(...steps));
    expect(texts.filter((said, i) => texts.indexOf(said) !== i)).toEqual([]);
  });

  it('is shared only by refinements for which the database has the same rows', async () => {
    const step = fc.record({
      where: fc.oneof(
        where,
        fc.constantFrom<object>(raw(1), raw(2), about('a'), about('b'), { author: { books: MoreThan(1) } }),
      ) as fc.Arbitrary<object>,
      not: fc.boolean(),
    });
    const results = new Map<string, string>();
    const metadata = dataSource.getMetadata(Book);
    const found = async ({ refinements = [], ...query }: ReturnType<typeof chain>) => {
      try {
        const builder = dataSource.createQueryBuilder<object>(Book, 'Book').setFindOptions(copyQuery(query));
        refine(builder, metadata, refinements);
        return String((await (builder.orderBy('Book.id').getMany() as Promise<Book[]>)).map(({ id }) => id));
      } catch {
        return 'refused';
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 3 }), async (steps) => {
        const said = chainText(...steps);
        const rows = await found(chain(steps));
        expect([said, results.get(said) ?? rows]).toEqual([said, rows]);
        results.set(said, rows);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses what is nested too deeply to be spelled', () => {
    for (const join of [And, Or]) {
      let deep = MoreThan(0);
      for (let i = 0; i < 200; i++) deep = join(LessThan(i), deep);
      expect(whereText({ id: deep })).toContain('199');
      for (let i = 0; i < 2_000; i++) deep = join(deep, LessThan(i));
      expect(() => whereText({ id: deep })).toThrow(expect.objectContaining({ code: 'QSCACHE_QUERY_TOO_DEEP' }));
    }
  });
});
