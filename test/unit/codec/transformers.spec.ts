import { Column, Entity, ManyToOne, PrimaryColumn, type ValueTransformer } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { find, findAndReturn, storedIn } from '../../fixtures/codec/find.js';
import { Money, moneyTransformer } from '../../fixtures/codec/shop.entities.js';
import { expectSame } from '../../support/expect-same.js';

interface Holding {
  id: number;
  value: unknown;
}

/** An entity with one column, whose values the transformer makes of a text. */
function holderOf(transformer: ValueTransformer | ValueTransformer[]): new () => Holding {
  @Entity()
  class Holder {
    @PrimaryColumn()
    id: number;

    @Column({ type: 'varchar', transformer, nullable: true })
    value: unknown;
  }
  return Holder;
}

/** With a `to` that says nothing of the value. */
const reading = (from: (text: string) => unknown): ValueTransformer => ({ to: () => 'lost', from });

class Private {
  readonly #text: string;
  constructor(
    text: string,
    readonly length = text.length,
  ) {
    this.#text = text;
  }
  static of(one: unknown) {
    return (one as Private).#text;
  }
}

class Bare {}
const texts = new WeakMap<object, string>();
const symbol = Symbol('text');

function noted(one: object, text: string): object {
  texts.set(one, text);
  return one;
}

type Fields = Record<PropertyKey, unknown>;

describe('what a transformer made and nobody sees', () => {
  it.each<[string, (text: string) => unknown, (value: never) => unknown]>([
    ['in a private field', (text) => new Private(text), Private.of],
    ['in a WeakMap', (text) => noted(new Bare(), text), (value: object) => texts.get(value)],
    ['in a closure', (text) => ({ text: () => text }), (value: { text(): string }) => value.text()],
    ['in a function with properties', (text) => Object.assign(() => text, { text }), (value: () => string) => value()],
    [
      'in a hidden property',
      (text) => Object.defineProperty({}, 'text', { value: text }),
      (value: Fields) => value.text,
    ],
    ['behind a symbol', (text) => ({ [symbol]: text }), (value: Fields) => value[symbol]],
    [
      'behind a getter',
      (text) => ({
        get text() {
          return text;
        },
      }),
      (value: Fields) => value.text,
    ],
    ['in a Proxy', (text) => new Proxy({ length: 4 }, { get: () => text }), (value: Fields) => value.anything],
    [
      'in a Map',
      (text) => new Map([[text, new Private(text)]]),
      (value: Map<string, Private>) => Private.of(value.get('text')),
    ],
    ['in a URL', (text) => new URL(`http://${text}/path`), String],
    ['in a class of its own', (text) => new (class Local extends Private {})(text), Private.of],
    ['in an array', (text) => [new Private(text)], ([one]: Private[]) => Private.of(one)],
  ])('comes back: %s', async (_, from, reveal) => {
    const { found, returned } = await findAndReturn(holderOf(reading(from)), { value: 'text' });
    expect(reveal(returned.value as never)).toEqual(reveal(found.value as never));
    expect(reveal(returned.value as never)).toMatch(/text/);
    expect(Object.keys(returned)).toEqual(['id', 'value']);
  });

  it('comes back in a cycle', async () => {
    const from = (text: string) => {
      const cycle: Fields = { text };
      cycle.again = cycle;
      return cycle;
    };
    const { returned } = await findAndReturn(holderOf(reading(from)), { value: 'text' });
    const value = returned.value as Fields;
    expect(value.again).toBe(value);
    expect(value.text).toBe('text');
  });

  it('comes back as it is now, where it changes: the transformer is asked again', async () => {
    let count = 0;
    const { found, returned } = await findAndReturn(holderOf(reading(() => ({ count: count++ }))), { value: 'text' });
    expect((returned.value as Fields).count).toBeLessThan((found.value as Fields).count as number);
    expect((returned.value as Fields).count).toBeGreaterThan(0);
  });

  it('comes back through several transformers, and where only one way is of use', async () => {
    const outer = reading((text) => new Private(text));
    const inner = reading((text) => text.toUpperCase());
    const { returned } = await findAndReturn(holderOf([outer, inner]), { value: 'text' });
    expect(Private.of(returned.value)).toBe('TEXT');
    const lossy = { to: (money: Money) => money.cents, from: (cents: string) => new Money(Number(cents), 'EUR') };
    const money = await findAndReturn(holderOf(lossy), { value: '5' });
    expectSame(money.returned, money.found);
  });

  it('comes back of what the transformer was given, which it may change', async () => {
    @Entity()
    class Document {
      @PrimaryColumn()
      id: number;

      @Column({
        type: 'simple-json',
        transformer: { to: (value) => value as unknown, from: (list: unknown[]) => new Set((list.push('more'), list)) },
      })
      tags: Set<unknown>;
    }
    const { found, returned } = await findAndReturn(Document, { tags: '["one"]' });
    expect([...found.tags]).toEqual(['one', 'more']);
    expectSame(returned, found);
  });

  it('is asked of the transformer as itself', async () => {
    class Factory implements ValueTransformer {
      constructor(private readonly prefix: string) {}
      to() {
        return 'lost';
      }
      from(text: string) {
        return new Private(this.prefix + text);
      }
    }
    const { returned } = await findAndReturn(holderOf(new Factory('con')), { value: 'text' });
    expect(Private.of(returned.value)).toBe('context');
  });
});

const roles = {
  plain: { name: 'plain' },
  frozen: Object.freeze({ name: 'frozen' }),
  instance: new Money(1, 'EUR'),
  list: ['one'],
  symbol: Symbol('role'),
  registered: Symbol.for('role'),
  function: () => 'role',
  date: new Date(0),
  bytes: Buffer.from('bytes'),
};

describe('a constant that a transformer hands out', () => {
  it.each(Object.keys(roles) as (keyof typeof roles)[])('is the same one again: %s', async (code) => {
    const transformer = reading((text) => roles[text as typeof code]);
    const { found, returned } = await findAndReturn(holderOf(transformer), { value: code });
    expect(found.value).toBe(roles[code]);
    expect(returned.value).toBe(roles[code]);
  });

  it('is the same one again inside of what is not', async () => {
    const transformer = reading((text) => text.split(',').map((code) => roles[code as keyof typeof roles]));
    const { returned } = await findAndReturn(holderOf(transformer), { value: 'plain,list' });
    const value = returned.value as unknown[];
    expect(value[0]).toBe(roles.plain);
    expect(value[1]).toBe(roles.list);
  });

  it('is the same one again for null', async () => {
    const { returned } = await findAndReturn(holderOf(reading((text) => roles[(text ?? 'plain') as 'plain'])), {
      value: null,
    });
    expect(returned.value).toBe(roles.plain);
  });

  it('is held twice where it was held twice', async () => {
    const transformer = reading((text) => ((one) => ({ one, other: one }))({ text }));
    const { returned } = await findAndReturn(holderOf(transformer), { value: 'text' });
    const value = returned.value as Fields;
    expect(value.one).toBe(value.other);
  });
});

describe('what the database holds is what is written', () => {
  const hidden = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('hex');
  const decrypt = (text: string | null): unknown =>
    text === null ? null : JSON.parse(String(Buffer.from(text, 'hex')));

  it.each<[string, unknown]>([
    ['a text', 'secret'],
    ['a number', 987654],
    ['a boolean', true],
    ['an object', { card: 'secret', list: ['secret'] }],
    ['nothing', null],
  ])('where a transformer decrypts %s', async (_, value) => {
    const { found, returned, payload } = await findAndReturn(holderOf(reading(decrypt)), { value: hidden(value) });
    expectSame(found.value, value);
    expectSame(returned, found);
    expect(payload).toContain(hidden(value));
    expect(payload).not.toMatch(/secret|987654/);
  });

  it('in embedded objects, behind setters and in related rows, too', async () => {
    const transformer = reading(decrypt);
    class Card {
      @Column({ type: 'varchar', transformer })
      number: string;
    }
    @Entity()
    class Bank {
      @PrimaryColumn()
      id: number;

      @Column({ type: 'varchar', transformer })
      pin: string;
    }
    @Entity()
    class Customer {
      #name: string;

      @PrimaryColumn()
      id: number;

      @Column({ type: 'varchar', transformer })
      get name(): string {
        return this.#name;
      }

      set name(name: string) {
        this.#name = name;
      }

      @Column(() => Card)
      card: Card;

      @ManyToOne(() => Bank)
      bank: Bank;
    }
    const secret = hidden('secret');
    const dataSource = await storedIn(
      [Customer, Bank],
      [
        [Bank, { id: 1, pin: secret }],
        [Customer, { id: 1, name: secret, cardNumber: secret, bankId: 1 }],
      ],
    );
    const codec = entityCodec(dataSource.getMetadata(Customer));
    const payload = codec.encode(await find(dataSource, Customer, { relations: { bank: true } }));
    expect(payload).not.toContain('"secret"');
    const [customer] = codec.decode(payload) as Customer[];
    expect([customer!.name, customer!.card.number, customer!.bank.pin]).toEqual(['secret', 'secret', 'secret']);
    // A copy that takes its place among loaded entities is written in the same way.
    expect(codec.encode(codec.copy(payload))).toBe(payload);
  });
});

describe('values of one column', () => {
  it('come back together, whatever they are', async () => {
    const Holder = holderOf({ to: (value) => value as unknown, from: (text: string | null) => made(text) });
    const rows = ['1 EUR', null, 'plain', 'text', 'list', '2 USD'].map((value, id) => [Holder, { id, value }] as const);
    const dataSource = await storedIn([Holder], rows);
    const codec = entityCodec(dataSource.getMetadata(Holder));
    const found = await find(dataSource, Holder, { order: { id: 'ASC' } });
    const returned = codec.decode(codec.encode(found)) as Holding[];
    expectSame(returned, found);
    expect(returned[2]!.value).toBe(roles.plain);
    expect(returned[4]!.value).not.toBe(found[4]!.value);
  });
});

function made(text: string | null): unknown {
  if (text === 'plain') return roles.plain;
  if (text === 'list') return [text];
  return text?.includes(' ') ? moneyTransformer.from(text) : text;
}
