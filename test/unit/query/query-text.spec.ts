import fc from 'fast-check';
import {
  And,
  Any,
  ArrayContainedBy,
  ArrayContains,
  ArrayOverlap,
  Between,
  Equal,
  ILike,
  In,
  IsNull,
  JsonContains,
  LessThan,
  LessThanOrEqual,
  Like,
  MoreThan,
  MoreThanOrEqual,
  Not,
  Or,
  Raw,
} from 'typeorm';
import { describe, expect, it } from 'vitest';
import { parameterText, queryText } from '../../../lib/query/query-text.js';

class User {
  constructor(readonly id: number) {}
}

class Cents {
  readonly #cents: number;
  constructor(cents: number) {
    this.#cents = cents;
  }
  plus(other: number): Cents {
    return new Cents(this.#cents + other);
  }
}

class Money {
  readonly currency = 'EUR';
  readonly #amount: number;
  constructor(amount: number) {
    this.#amount = amount;
  }
  toString(): string {
    return String(this.#amount);
  }
}

const day = new Date('2024-02-29T12:00:00.000Z');

/** Each of these asks for something else. */
const queries: unknown[] = [
  1,
  '1',
  1n,
  0,
  -0,
  NaN,
  Infinity,
  null,
  undefined,
  'null',
  'undefined',
  true,
  'true',
  '',
  '1,2',
  [],
  {},
  [[]],
  [1, 2],
  [12],
  ['1', '2'],
  ['1,2'],
  ['a', 'b'],
  ['a","b'],
  { a: 1 },
  { b: 1 },
  { a: 1, b: 2 },
  { a: { b: 1 } },
  { 'a:b': 1 },
  { a: '1' },
  { a: undefined },
  { a: null },
  { a: [1] },
  [{ a: 1 }, { b: 2 }],
  day,
  day.getTime(),
  day.toISOString(),
  new Date(NaN),
  new Date(day.getTime() + 1),
  Buffer.from('1'),
  Buffer.from('2'),
  Buffer.from('1').toString('base64'),
  new User(1),
  { id: 1 },
  new Money(1),
  new Money(2),
  new URL('https://a.example'),
  new URL('https://b.example'),
  Equal(1),
  Equal('1'),
  Equal(day),
  Equal(Buffer.from('1')),
  Not(1),
  Not('1'),
  Not(Equal(2)),
  Not(In([1])),
  Not(Not(1)),
  Not(IsNull()),
  Not(Like('a')),
  Not(Raw('a')),
  IsNull(),
  In([1]),
  In(['1']),
  In([1, 2]),
  In([[1, 2]]),
  In([]),
  Any([1]),
  ArrayContains([1]),
  ArrayContainedBy([1]),
  ArrayOverlap([1]),
  JsonContains({ a: 1 }),
  JsonContains({ a: 2 }),
  Between(1, 2),
  Between(2, 1),
  Between('1', '2'),
  LessThan(1),
  LessThanOrEqual(1),
  MoreThan(1),
  MoreThanOrEqual(1),
  MoreThan(day),
  Like('a%'),
  Like('a_'),
  ILike('a%'),
  And(Equal(1), Equal(2)),
  And(Equal(2), Equal(1)),
  And(Equal(1)),
  Or(Equal(1), Equal(2)),
  Or(And(Equal(1), Equal(2)), Equal(3)),
  Or(Equal(1), And(Equal(2), Equal(3))),
  Raw('1'),
  Raw('2'),
  Raw((alias) => `${alias} = 1`),
  Raw((alias) => `${alias} = 2`),
  Raw((alias) => `${alias} = :a`, { a: 1 }),
  Raw((alias) => `${alias} = :a`, { a: 2 }),
  Raw((alias) => `${alias} = :a`, { a: '1' }),
  Raw((alias) => `${alias} = :b`, { b: 1 }),
  Raw((alias) => `${alias} IN (:...a)`, { a: [1, 2] }),
  { where: { a: 1 } },
  { order: { a: 1 } },
  { where: { user: { id: 1 } } },
  { where: { user: { id: In([1]) } } },
  { where: [{ user: { id: 1 } }] },
];

describe('queryText', () => {
  it('tells any two different queries apart', () => {
    const texts = new Map<string, unknown>();
    for (const query of queries) {
      const text = queryText(query);
      expect(texts.has(text), `${text} twice`).toBe(false);
      texts.set(text, query);
    }
  });

  it('depends neither on the order of properties nor on who made them', () => {
    const bare = Object.assign(Object.create(null) as object, { b: [2], a: 1 });
    expect(queryText(bare)).toBe(queryText({ a: 1, b: [2] }));
    expect(queryText({ a: In([1, day]) })).toBe(queryText({ a: In([1, new Date(day)]) }));
    expect(queryText(Raw((alias) => `${alias} = :a`, { a: 1 }))).toBe(queryText(Raw((a) => `${a} = :a`, { a: 1 })));
  });

  it('tells what a closure has written, not what its source says', () => {
    const below = (limit: number) => Raw((alias) => `${alias} < ${limit}`);
    expect(queryText(below(1))).not.toBe(queryText(below(2)));
    expect(queryText(below(1))).toBe(queryText(below(1)));
  });

  it('lets an object that shows nothing of itself equal only itself', () => {
    const one = new Cents(1);
    expect(queryText({ price: one })).toBe(queryText({ price: one }));
    expect(queryText({ price: one })).not.toBe(queryText({ price: new Cents(2) }));
    expect(queryText(new Map([[1, 2]]))).not.toBe(queryText(new Map([[1, 3]])));
  });

  it('asks an object for everything a driver may ask it for', () => {
    class Shy {
      readonly #value: string;
      constructor(
        value: string,
        private readonly tells: 'toJSON' | 'toString' | 'toPostgres' | 'toSqlString',
      ) {
        this.#value = value;
      }
      toJSON = () => this.#answer('toJSON');
      toPostgres = () => this.#answer('toPostgres');
      toSqlString = () => this.#answer('toSqlString');
      toString(): string {
        return this.#answer('toString');
      }
      #answer(asked: string): string {
        return asked === this.tells ? this.#value : '***';
      }
    }
    for (const tells of ['toJSON', 'toString', 'toPostgres', 'toSqlString'] as const) {
      const [one, same, other] = ['a', 'a', 'b'].map((value) => new Shy(value, tells));
      for (const text of [queryText, parameterText]) {
        expect(text(one)).toBe(text(same));
        expect(text(one)).not.toBe(text(other));
      }
    }
  });

  it('lets an object that fails to show itself equal only itself', () => {
    class Broken {
      toJSON(): never {
        throw new Error('broken');
      }
    }
    const one = new Broken();
    expect(queryText(one)).toBe(queryText(one));
    expect(queryText(one)).not.toBe(queryText(new Broken()));
  });

  it('keeps the order of properties in a parameter, which may become a text', () => {
    expect(parameterText({ a: 1, b: { c: 1, d: 2 } })).not.toBe(parameterText({ b: { c: 1, d: 2 }, a: 1 }));
    expect(parameterText({ b: { c: 1, d: 2 } })).not.toBe(parameterText({ b: { d: 2, c: 1 } }));
  });

  it('is injective on plain data', () => {
    const data = fc.jsonValue();
    fc.assert(
      fc.property(data, data, (a, b) => {
        expect(queryText(a) === queryText(b)).toBe(sorted(a) === sorted(b));
      }),
    );
  });
});

/** JSON with its properties in order, and with the -0 it forgets. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (Object.is(part, -0)) return ['-0'];
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return ['object', ...Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))];
  });
}
