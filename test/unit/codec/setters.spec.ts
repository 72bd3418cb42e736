import {
  ChildEntity,
  Column,
  Entity,
  ManyToOne,
  PrimaryColumn,
  RelationId,
  TableInheritance,
  type ObjectLiteral,
} from 'typeorm';
import { describe, expect, it } from 'vitest';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { UnsupportedValueError } from '../../../lib/errors.js';
import { find, findAndReturn, storedIn } from '../../fixtures/codec/find.js';
import { expectSame } from '../../support/expect-same.js';

type Revealing = ObjectLiteral & { reveal(): unknown };

@Entity()
class Masked {
  #secret: string | undefined;

  @PrimaryColumn()
  id: number;

  @Column('varchar')
  get secret() {
    return '***';
  }

  set secret(value: string) {
    this.#secret = value;
  }

  reveal() {
    return this.#secret;
  }
}

@Entity()
class LowerCased {
  #name = '';

  @PrimaryColumn()
  id: number;

  @Column('varchar')
  get name() {
    return this.#name.toLowerCase().trim();
  }

  set name(value: string) {
    this.#name = value;
  }

  reveal() {
    return this.#name;
  }
}

@Entity()
class Rounded {
  #price = 0;

  @PrimaryColumn()
  id: number;

  @Column('float')
  get price() {
    return Math.round(this.#price);
  }

  set price(value: number) {
    this.#price = value;
  }

  reveal() {
    return this.#price;
  }
}

@Entity()
class Hashed {
  #hash: string | undefined;

  @PrimaryColumn()
  id: number;

  @Column('varchar')
  set password(value: string) {
    this.#hash = `hash of ${value}`;
  }

  reveal() {
    return this.#hash;
  }
}

@Entity()
class Counted {
  readonly #taken: unknown[] = [];

  @PrimaryColumn()
  id: number;

  @Column('varchar')
  get name() {
    return this.#taken.at(-1);
  }

  set name(value: unknown) {
    this.#taken.push(value);
  }

  reveal() {
    return this.#taken;
  }
}

const outside = new WeakMap<object, string>();

@Entity()
class Outside {
  @PrimaryColumn()
  id: number;

  @Column('varchar')
  get name() {
    return 'hidden';
  }

  set name(value: string) {
    outside.set(this, value);
  }

  reveal() {
    return outside.get(this);
  }
}

const hidden = Symbol('hidden');

@Entity()
class Symbolic {
  declare [hidden]: string;

  @PrimaryColumn()
  id: number;

  @Column('varchar')
  get name() {
    return this[hidden].slice(0, 1);
  }

  set name(value: string) {
    this[hidden] = value;
  }

  reveal() {
    return this[hidden];
  }
}

@Entity()
class Unlisted {
  @PrimaryColumn()
  id: number;

  @Column('varchar')
  get name() {
    return '***';
  }

  set name(value: string) {
    Object.defineProperty(this, '_name', { value });
  }

  reveal() {
    return (this as unknown as { _name: string })._name;
  }
}

class Secret {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  get text() {
    return this.#text;
  }
}

@Entity()
class Transformed {
  #secret: Secret | undefined;

  @PrimaryColumn()
  id: number;

  @Column({ type: 'varchar', transformer: { to: () => 'lost', from: (text: string) => new Secret(text) } })
  get secret() {
    return undefined;
  }

  set secret(value: Secret | undefined) {
    this.#secret = value;
  }

  reveal() {
    return this.#secret?.text;
  }
}

@Entity()
class Changing {
  #tags: unknown[] = [];

  @PrimaryColumn()
  id: number;

  @Column('simple-json')
  get tags() {
    return this.#tags;
  }

  set tags(value: unknown[]) {
    value.push('more');
    this.#tags = value;
  }

  reveal() {
    return this.#tags;
  }
}

@Entity()
class Overruled {
  @PrimaryColumn()
  id: number;

  @Column('varchar')
  get first() {
    return 'first';
  }

  set first(value: string) {
    this.second = `${value} from first`;
  }

  @Column('varchar')
  second: string;

  reveal() {
    return this.second;
  }
}

class Inner {
  #code: string | undefined;

  @Column('varchar')
  get code() {
    return this.#code?.slice(0, 1);
  }

  set code(value: string | undefined) {
    this.#code = value;
  }

  all() {
    return this.#code;
  }
}

@Entity()
class Embedding {
  @PrimaryColumn()
  id: number;

  @Column(() => Inner)
  inner: Inner;

  reveal() {
    return this.inner.all();
  }
}

@Entity()
class Inheriting extends Masked {
  @Column('varchar')
  name: string;
}

@Entity()
@TableInheritance({ column: { name: 'kind', type: 'varchar' } })
class Person {
  @PrimaryColumn()
  id: number;

  @Column('varchar')
  name: string;

  @Column('varchar')
  get code() {
    return '***';
  }

  set code(value: string) {
    outside.set(this, value);
  }
}

@ChildEntity('agent')
class Agent extends Person {
  #alias = '';

  @Column('varchar', { nullable: true })
  set alias(value: string) {
    this.#alias = value;
  }

  reveal() {
    return [outside.get(this), this.#alias];
  }
}

describe('what a setter keeps out of sight', () => {
  it.each<[string, new () => Revealing, object, unknown]>([
    ['behind a getter that masks', Masked, { secret: 'open sesame' }, 'open sesame'],
    ['behind a getter that lower-cases and trims', LowerCased, { name: ' Ann ' }, ' Ann '],
    ['behind a getter that rounds', Rounded, { price: 1.49 }, 1.49],
    ['behind no getter', Hashed, { password: 'x' }, 'hash of x'],
    ['by counting', Counted, { name: 'Ann' }, ['Ann']],
    ['in a WeakMap', Outside, { name: 'Ann' }, 'Ann'],
    ['behind a symbol', Symbolic, { name: 'Ann' }, 'Ann'],
    ['in a property that is not listed', Unlisted, { name: 'Ann' }, 'Ann'],
    ['of what a transformer made', Transformed, { secret: 'abc' }, 'abc'],
    ['by changing what it is given', Changing, { tags: '["one"]' }, ['one', 'more']],
    ['in a column that is set later', Overruled, { first: 'a', second: 'b' }, 'b'],
    ['in an embedded object', Embedding, { innerCode: 'abc' }, 'abc'],
    ['in a class it inherits from', Inheriting, { secret: 'abc', name: 'Ann' }, 'abc'],
  ])('comes back: %s', async (_, target, row, kept) => {
    for (const entitySkipConstructor of [false, true]) {
      // Without the constructor there is no private field to set.
      if (entitySkipConstructor && ![Outside, Symbolic, Unlisted, Overruled].some((plain) => plain === target))
        continue;
      const { found, returned } = await findAndReturn(target, row, { entitySkipConstructor });
      expect(found.reveal()).toEqual(kept);
      expect(returned.reveal()).toEqual(kept);
      expectSame(returned, found);
    }
  });

  it('comes back of each class that shares a table', async () => {
    const dataSource = await storedIn(
      [Person, Agent],
      [
        [Person, { id: 1, kind: 'Person', name: 'Ann', code: 'a' }],
        [Agent, { id: 2, kind: 'agent', name: 'Bob', code: 'b', alias: 'c' }],
      ],
    );
    const codec = entityCodec(dataSource.getMetadata(Person));
    const found = await find(dataSource, Person, { order: { id: 'ASC' } });
    const returned = codec.decode(codec.encode(found)) as [Person, Agent];
    expectSame(returned, found);
    expect(outside.get(returned[0])).toBe('a');
    expect(returned[1].reveal()).toEqual(['b', 'c']);
  });

  it('is left alone where its column was not selected', async () => {
    const dataSource = await storedIn([Counted], [[Counted, { id: 1, name: 'Ann' }]]);
    const codec = entityCodec(dataSource.getMetadata(Counted));
    const [counted] = codec.decode(
      codec.encode(await find(dataSource, Counted, { select: { id: true } })),
    ) as Counted[];
    expect(counted!.reveal()).toEqual([]);
  });
});

@Entity()
class Appending {
  @PrimaryColumn()
  id: number;

  @Column('simple-json')
  list: unknown[];

  @Column('varchar')
  get name() {
    return '';
  }

  set name(value: string) {
    this.list.push(value);
  }
}

let salt = 0;

@Entity()
class Salted {
  declare salted: string;

  @PrimaryColumn()
  id: number;

  @Column('varchar')
  get name() {
    return '';
  }

  set name(value: string) {
    this.salted = `${value}${salt++}`;
  }
}

@Entity()
class Child {
  #parent: Masked | null = null;

  @PrimaryColumn()
  id: number;

  @Column('varchar')
  name: string;

  @ManyToOne(() => Masked)
  get parent() {
    return this.#parent && null;
  }

  set parent(value: Masked | null) {
    this.#parent = value;
  }
}

describe('what a setter does', () => {
  it.each<[string, new () => ObjectLiteral, object, string]>([
    ['to another column', Appending, { list: '[]', name: 'Ann' }, 'Appending.list'],
    ['differently every time', Salted, { name: 'Ann' }, 'Salted.salted'],
  ])('is refused when it is done %s', async (_, target, row, name) => {
    await expect(findAndReturn(target, row)).rejects.toThrow(UnsupportedValueError);
    await expect(findAndReturn(target, row)).rejects.toThrow(`${name} holds`);
  });

  it('is refused for a relation, and costs nothing where it is not loaded', async () => {
    const dataSource = await storedIn([Child, Masked], [[Masked, { id: 1, secret: 'x' }]]);
    await dataSource.query(`INSERT INTO child (id, name, "parentId") VALUES (1, 'Ann', 1)`);
    const codec = entityCodec(dataSource.getMetadata(Child));
    expectSame(codec.decode(codec.encode(await find(dataSource, Child))), await dataSource.getRepository(Child).find());
    const related = await find(dataSource, Child, { relations: { parent: true } });
    expect(() => codec.encode(related)).toThrow('Child.parent holds');
  });

  it('is refused for the ids of a relation', async () => {
    @Entity()
    class Numbered extends Masked {
      #parentId = 0;

      @ManyToOne(() => Masked)
      parent: Masked | null;

      @RelationId((numbered: Numbered) => numbered.parent)
      get parentId() {
        return this.#parentId && 0;
      }

      set parentId(value: number) {
        this.#parentId = value;
      }
    }
    const dataSource = await storedIn([Numbered, Masked], [[Masked, { id: 1, secret: 'x' }]]);
    await dataSource.query(`INSERT INTO numbered (id, secret, "parentId") VALUES (1, 'x', 1)`);
    const found = await find(dataSource, Numbered);
    expect(() => entityCodec(dataSource.getMetadata(Numbered)).encode(found)).toThrow('Numbered.parentId holds');
  });

  it('is refused for an embedded object, and what was set in it', async () => {
    @Entity()
    class Wrapping {
      #inner: Inner | undefined;

      @PrimaryColumn()
      id: number;

      @Column(() => Inner)
      get inner() {
        return this.#inner && new Inner();
      }

      set inner(value: Inner | undefined) {
        this.#inner = value;
      }
    }
    const dataSource = await storedIn([Wrapping], [[Wrapping, { id: 1, innerCode: 'x' }]]);
    const codec = entityCodec(dataSource.getMetadata(Wrapping));
    const [all] = [await find(dataSource, Wrapping)];
    expect(() => codec.encode(all)).toThrow('Wrapping.inner holds');
    expect(codec.decode(codec.encode(await find(dataSource, Wrapping, { select: { id: true } })))).toHaveLength(1);
  });

  it('is refused where nobody saw it', async () => {
    const dataSource = await storedIn([LowerCased], []);
    const codec = entityCodec(dataSource.getMetadata(LowerCased));
    expect(() => codec.encode([Object.assign(new LowerCased(), { id: 1, name: 'ann' })])).toThrow('LowerCased.name');
  });
});
