import { Column, Entity, PrimaryColumn, type ObjectLiteral } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { find, findAndReturn, storedIn } from '../../fixtures/codec/find.js';
import { expectSame } from '../../support/expect-same.js';

const mark = Symbol('mark');
const notes = new WeakMap<object, string>();

abstract class Named {
  @PrimaryColumn()
  id: number;

  @Column('varchar')
  name: string;
}

@Entity()
class Marked extends Named {
  readonly [mark] = 'constructed';
}

@Entity()
class Unlisted extends Named {
  constructor() {
    super();
    Object.defineProperty(this, 'name', { writable: true, configurable: true, enumerable: false });
    Object.defineProperty(this, 'cache', { value: new Map() });
  }
}

@Entity()
class Noted extends Named {
  readonly #note = 'private';
  constructor() {
    super();
    notes.set(this, 'noted');
  }
  reveal() {
    return [this.#note, notes.get(this)];
  }
}

@Entity()
class Sealed extends Named {
  constructor() {
    super();
    Object.seal(this);
  }
}

class Part {
  readonly [mark] = 'part';

  @Column('varchar')
  code: string;

  constructor() {
    Object.defineProperty(this, 'unlisted', { value: 1 });
  }
}

@Entity()
class Whole extends Named {
  @Column(() => Part)
  part: Part;
}

@Entity()
class Redeclaring {
  declare _name: string;

  @PrimaryColumn()
  id: number;

  @Column('varchar')
  get name() {
    return this._name;
  }

  set name(value: string) {
    this._name = value;
  }

  @Column('int')
  age: number;
}

@Entity()
class Shadowing extends Redeclaring {
  constructor() {
    super();
    Object.defineProperty(this, 'name', { value: undefined, writable: true, enumerable: true, configurable: true });
  }
}

/** As compiled without `useDefineForClassFields`: only what is assigned is there. */
@Entity()
class Assigned {
  declare extra: object;

  @PrimaryColumn()
  declare id: number;

  @Column('varchar')
  declare name: string;

  @Column(() => Part)
  declare part: Part;

  constructor() {
    this.name = 'nobody';
    this.extra = { made: true };
  }
}

describe('properties that a constructor makes', () => {
  it.each<[string, new () => ObjectLiteral, object]>([
    ['behind a symbol', Marked, { name: 'Ann' }],
    ['unlisted, a column among them', Unlisted, { name: 'Ann' }],
    ['out of sight', Noted, { name: 'Ann' }],
    ['once and for all', Sealed, { name: 'Ann' }],
    ['in an embedded object', Whole, { name: 'Ann', partCode: 'x' }],
    ['among those it does not', Assigned, { name: 'Ann', partCode: 'x' }],
    ['in place of an accessor', Shadowing, { name: 'Ann', age: 1 }],
  ])('come back: %s', async (_, target, row) => {
    const { found, returned } = await findAndReturn(target, row);
    expectSame(returned, found);
    expect(Object.isSealed(returned)).toBe(Object.isSealed(found));
    expect((returned as Partial<Noted>).reveal?.()).toEqual((found as Partial<Noted>).reveal?.());
  });

  it.each<[string, new () => ObjectLiteral, object]>([
    ['an embedded object', Whole, { name: 'Ann', partCode: 'x' }],
    ['fields that are only declared', Assigned, { name: 'Ann', partCode: 'x' }],
    ['what its setter adds', Redeclaring, { name: 'Ann', age: 1 }],
  ])('are in their order without a constructor: %s', async (_, target, row) => {
    const { found, returned } = await findAndReturn(target, row, { entitySkipConstructor: true });
    expectSame(returned, found);
  });
});

describe('an entity', () => {
  const loaded = async (target: new () => Named) => {
    const dataSource = await storedIn([target], [[target, { id: 1, name: 'Ann' }]]);
    const [entity] = await find(dataSource, target);
    return { codec: entityCodec(dataSource.getMetadata(target)), entity: entity! };
  };

  it.each<[string, (entity: Named) => void, string]>([
    ['a property behind a symbol', (entity) => Object.assign(entity, { [mark]: 1 }), 'Plain.Symbol(mark)'],
    ['a property that is not listed', (entity) => Object.defineProperty(entity, 'more', { value: 1 }), 'Plain.more'],
    [
      'a property that no column has, even without a value',
      (entity) => Object.assign(entity, { more: undefined }),
      'Plain.more',
    ],
  ])('is refused with %s', async (_, change, name) => {
    @Entity()
    class Plain extends Named {}
    const { codec, entity } = await loaded(Plain);
    change(entity);
    expect(() => codec.encode([entity])).toThrow(`${name} holds`);
  });

  it('is refused as a Proxy', async () => {
    @Entity()
    class Observed extends Named {
      constructor() {
        super();
        return new Proxy(this, { get: (target, key) => (key === 'name' ? '***' : Reflect.get(target, key)) });
      }
    }
    const { codec, entity } = await loaded(Observed);
    expect(() => codec.encode([entity])).toThrow('Observed holds a Proxy');
  });

  it.each([true, false])('is refused with a column whose accessor is its own (alone: %s)', async (isAlone) => {
    @Entity()
    class Closed extends Named {
      constructor() {
        super();
        let hidden = '';
        Object.defineProperty(this, 'name', {
          get: () => hidden.slice(0, 1),
          set: (value: string) => {
            hidden = value;
          },
          enumerable: true,
        });
      }
    }
    if (!isAlone) {
      Object.defineProperty(Closed.prototype, 'other', { set: () => {}, configurable: true });
      Column({ type: 'varchar', nullable: true })(Closed.prototype, 'other');
    }
    const { codec, entity } = await loaded(Closed);
    expect(() => codec.encode([entity])).toThrow('Closed.name holds');
  });
});
