import { Column, Entity, PrimaryGeneratedColumn, type ValueTransformer } from 'typeorm';
import type { SetMaker } from '../entity-set.js';
import { entityClass, property } from './decorate.js';

/** A value object that its fields describe in full. */
class Money {
  constructor(
    readonly cents: number,
    readonly currency: string,
  ) {}

  get euros(): number {
    return this.cents / 100;
  }
}

/** One whose state is private, and shows in its text. */
class Temperature {
  #kelvin: number;

  constructor(kelvin: number) {
    this.#kelvin = kelvin;
  }

  get celsius(): number {
    return this.#kelvin - 273;
  }

  toString(): string {
    return String(this.#kelvin);
  }
}

class Loud {
  constructor(readonly text: string) {}
}

class Tags extends Array<string> {}

class Level {
  static readonly low = new Level('low');
  static readonly high = new Level('high');

  private constructor(readonly name: string) {}

  static of(name: string): Level {
    return name === 'low' ? Level.low : Level.high;
  }
}

const none = Object.freeze({ kind: 'none' });

const nullable = (to: (value: never) => unknown, from: (form: never) => unknown): ValueTransformer => ({
  to: (value: unknown) => (value === null || value === undefined ? value : to(value as never)),
  from: (form: unknown) => (form === null || form === undefined ? form : from(form as never)),
});

const money = nullable(
  (value: Money) => `${value.cents} ${value.currency}`,
  (text: string) => new Money(Number(text.split(' ')[0]), text.split(' ')[1]!),
);

/** A kind of transformer, two values of it, and why their rows may not be cached. */
const transformers: Record<string, readonly [ValueTransformer | ValueTransformer[], ...values: unknown[]]> = {
  'value objects': [money, new Money(1999, 'EUR'), new Money(-1, '')],
  'lists of value objects': [
    nullable(
      (list: Money[]) => list.map(({ cents, currency }) => `${cents} ${currency}`).join(','),
      (text: string) => (text ? text.split(',').map((one) => money.from(one) as Money) : []),
    ),
    [new Money(1, 'EUR'), new Money(2, 'USD')],
    [],
  ],
  'value objects with private state': [
    nullable(
      (value: Temperature) => String(value),
      (text: string) => new Temperature(Number(text)),
    ),
    new Temperature(300),
    new Temperature(0),
  ],
  bigint: [nullable(String, BigInt), 2n ** 80n, 0n],
  Set: [
    nullable(
      (value: Set<string>) => [...value].join(','),
      (text: string) => new Set(text.split(',')),
    ),
    new Set(['a', 'b']),
    new Set(['']),
  ],
  Map: [
    nullable(
      (value: Map<string, number>) => JSON.stringify([...value]),
      (text: string) => new Map(JSON.parse(text) as [string, number][]),
    ),
    new Map([['a', 1]]),
    new Map(),
  ],
  Date: [
    nullable(
      (value: Date) => value.toISOString(),
      (text: string) => new Date(text),
    ),
    new Date(0),
    new Date('2024-02-29T12:34:56.789Z'),
  ],
  URL: [nullable(String, (text: string) => new URL(text)), new URL('https://example.org/a?b=c#d'), new URL('data:,')],
  RegExp: [
    nullable(
      (value: RegExp) => `${value.flags}/${value.source}`,
      (text: string) => new RegExp(text.slice(text.indexOf('/') + 1), text.slice(0, text.indexOf('/'))),
    ),
    /a+b/gi,
    /^$/u,
  ],
  Buffer: [
    nullable(
      (value: Buffer) => value.toString('hex'),
      (text: string) => Buffer.from(text, 'hex'),
    ),
    Buffer.from([0, 255]),
    Buffer.alloc(0),
  ],
  'subclasses of Array': [
    nullable(
      (value: Tags) => value.join(','),
      (text: string) => Tags.from(text.split(',')) as Tags,
    ),
    Tags.of('a', 'b') as Tags,
    Tags.of('') as Tags,
  ],
  'constants of a class': [
    nullable(
      ({ name }: Level) => name,
      (text: string) => Level.of(text),
    ),
    Level.low,
    Level.high,
  ],
  'value objects made of nulls': [
    {
      to: (value: unknown) => (value instanceof Money ? value.cents || null : value),
      from: (cents: unknown) => new Money(Number(cents ?? 0), 'EUR'),
    },
    new Money(0, 'EUR'),
    new Money(5, 'EUR'),
  ],
  'one frozen constant': [
    { to: (value: unknown) => (value === none ? null : value), from: (form: unknown) => form ?? none },
    none,
    'some',
  ],
  'nulls made of texts': [
    { to: (value: unknown) => value ?? 'nothing', from: (form: unknown) => (form === 'nothing' ? null : form) },
    null,
    'some',
  ],
  'undefined made of nulls': [
    { to: (value: unknown) => value ?? null, from: (form: unknown) => form ?? undefined },
    null,
    'some',
  ],
  'objects without a prototype': [
    nullable(
      (value: object) => JSON.stringify(value),
      (text: string) => Object.assign(Object.create(null) as object, JSON.parse(text)) as unknown,
    ),
    { a: 1 },
    {},
  ],
  'objects that share a part': [
    nullable(
      (value: object) => JSON.stringify(value),
      (text: string) => {
        const part = JSON.parse(text) as object;
        return { first: part, second: part };
      },
    ),
    { a: 1 },
    {},
  ],
  'one that loses something': [
    nullable(
      ({ text }: Loud) => text,
      (text: string) => new Loud(`${text}!`),
    ),
    new Loud('abc'),
    new Loud(''),
  ],
  'several in a row': [
    [
      money,
      nullable(
        (text: string) => `<${text}>`,
        (text: string) => text.slice(1, -1),
      ),
    ],
    new Money(5, 'EUR'),
    new Money(0, 'x'),
  ],
};

const listed = nullable(
  (value: { items: Money[] }) => value.items.map(({ cents }) => ({ cents })),
  (rows: { cents: number }[]) => ({ items: rows.map(({ cents }) => new Money(cents, 'EUR')) }),
);

@Entity()
class Basket {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @Column({ type: 'simple-json', nullable: true, transformer: listed })
  contents: { items: Money[] } | null;

  @Column({ type: 'simple-array', nullable: true })
  words: string[] | null;
}

export const transformerSets: SetMaker[] = [
  () => ({
    name: 'transformers on json',
    entities: [Basket],
    fill: (manager) =>
      manager.insert(Basket, [
        { name: 'full', contents: { items: [new Money(1, 'EUR'), new Money(2, 'EUR')] }, words: ['a', 'b'] },
        { name: 'empty', contents: { items: [] }, words: [] },
        { name: 'null', contents: null, words: null },
      ]),
    managers: [{ model: Basket, details: 3 }],
  }),
  ...Object.entries(transformers).map(([kind, [transformer, ...values]]): SetMaker => () => {
    const target = entityClass('Transformed');
    property(target, 'id', PrimaryGeneratedColumn());
    property(target, 'name', Column({ type: 'varchar', length: 40 }));
    property(target, 'value', Column({ type: 'varchar', length: 200, nullable: true, transformer }));
    return {
      name: `transformers, ${kind}`,
      entities: [target],
      managers: [{ model: target, details: 4 }],
      fill: (manager) =>
        manager.insert(
          target,
          [...values, values[0], null].map((value, i) => ({ name: `row ${i}`, value })),
        ),
    };
  }),
];
