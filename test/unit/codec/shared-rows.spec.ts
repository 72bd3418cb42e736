import { instanceToPlain } from 'class-transformer';
import { Column, Entity, JoinTable, ManyToMany, ManyToOne, PrimaryColumn, type DataSource } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { UnsupportedValueError } from '../../../lib/errors.js';
import { find, storedIn } from '../../fixtures/codec/find.js';
import { Money, moneyTransformer } from '../../fixtures/codec/shop.entities.js';

const defaults = { theme: 'dark' };

class Size {
  @Column({ nullable: true, type: 'int' })
  width: number | null;

  @Column({ nullable: true, type: 'varchar', transformer: moneyTransformer })
  price: Money | null;
}

@Entity()
class Owner {
  @PrimaryColumn()
  id: number;

  @Column('simple-json', { nullable: true })
  data: { list: unknown[] } | null;
}

@Entity()
class Thing {
  /** Not a column: the constructor makes it, the same one for all. */
  readonly settings = defaults;

  @PrimaryColumn()
  id: number;

  @Column('simple-json')
  data: { list: { a: number }[] };

  @Column('datetime')
  at: Date;

  @Column('blob')
  bytes: Buffer;

  @Column(() => Size)
  size: Size;

  @ManyToOne(() => Owner)
  owner: Owner | null;

  @ManyToMany(() => Owner)
  @JoinTable()
  parts: Owner[];

  @ManyToOne(() => Owner)
  lazy: Promise<Owner | null>;

  get area() {
    return this.size.width! * 2;
  }

  rename() {
    this.id = 0;
  }
}

@Entity()
class Hiding {
  #name = '';

  @PrimaryColumn()
  id: number;

  @Column('varchar')
  get name() {
    return this.#name;
  }

  set name(name: string) {
    this.#name = name;
  }
}

describe('shared instances', () => {
  let dataSource: DataSource;

  beforeAll(async () => {
    const row = {
      at: '2024-01-01 00:00:00.000',
      data: '{"list":[{"a":1}]}',
      bytes: Buffer.from('abc'),
      sizeWidth: 3,
      sizePrice: '5 EUR',
      ownerId: 1,
      lazyId: 1,
    };
    dataSource = await storedIn(
      [Owner, Thing, Hiding],
      [
        [Owner, { id: 1, data: '{"list":[]}' }],
        [Thing, { id: 1, ...row }],
        [Thing, { id: 2, ...row }],
        [Hiding, { id: 1, name: 'x' }],
      ],
    );
    await dataSource.query('INSERT INTO "thing_parts_owner" VALUES (1, 1)');
  });

  const read = async (relations: object = { owner: true, parts: true }) => {
    const codec = entityCodec(dataSource.getMetadata(Thing));
    const reading = codec.reading(codec.encode(await find(dataSource, Thing, { relations, order: { id: 'ASC' } })));
    return { reading, things: reading.shared() as readonly [Thing, Thing] };
  };

  it('are the same objects every time, and related rows that are equal one', async () => {
    const { reading, things } = await read();
    expect(reading.shared()).toBe(things);
    expect(things[0].owner).toBe(things[1].owner);
    expect(things[0].parts[0]).not.toBe(reading.entities()[0]!['parts'][0]);
  });

  it('look like copies', async () => {
    const { reading, things } = await read();
    const copies = reading.entities() as Thing[];
    expect(things).toEqual(copies);
    expect(things.map((each) => Object.getPrototypeOf(each))).toEqual([Thing.prototype, Thing.prototype]);
    expect(things.map(Object.keys)).toEqual(copies.map(Object.keys));
    expect(JSON.stringify(things)).toBe(JSON.stringify(copies));
    expect(instanceToPlain(things)).toEqual(instanceToPlain(copies));
    expect(things[0].area).toBe(6);
    expect(things[0].at).toBeInstanceOf(Date);
    expect(things[0].at.constructor).toBe(Date);
    expect(things[0].at.toISOString()).toBe(copies[0]!.at.toISOString());
    expect(structuredClone(things[0].data)).toEqual(copies[0]!.data);
  });

  it.each<[string, (thing: Thing, things: Thing[]) => unknown]>([
    ['the list', (_, things) => things.push(new Thing())],
    ['a property', (thing) => (thing.id = 0)],
    ['a new property', (thing) => Object.assign(thing, { more: 1 })],
    ['a method', (thing) => thing.rename()],
    ['an embedded object', (thing) => (thing.size.width = 0)],
    ['JSON', (thing) => (thing.data.list[0]!.a = 2)],
    ['a list in JSON', (thing) => thing.data.list.push({ a: 2 })],
    ['a related row', (thing) => (thing.owner!.id = 0)],
    ['what a related row has', (thing) => thing.owner!.data!.list.push(1)],
    ['a list of related rows', (thing) => thing.parts.pop()],
    ['the time of a Date', (thing) => thing.at.setTime(0)],
    ['the day of a Date', (thing) => thing.at.setUTCDate(2)],
    ['a property of a Date', (thing) => Object.assign(thing.at, { more: 1 })],
    ['bytes as a whole', (thing) => (thing.bytes = Buffer.alloc(1))],
    ['a value of a transformer', (thing) => (thing.size.price = null)],
    ['a lazy relation', (thing) => (thing.lazy = Promise.resolve(null))],
  ])('throw when something is written to them: %s', async (_, write) => {
    const { reading, things } = await read();
    const before = JSON.stringify(things);
    expect(() => write(things[0], things as never)).toThrow(TypeError);
    expect(JSON.stringify(things)).toBe(before);
    expect(JSON.stringify(reading.entities())).toBe(before);
  });

  it('give everybody bytes, and objects that a transformer or a constructor made, of their own', async () => {
    const [thing] = (await read()).things;
    thing.bytes.fill(0);
    expect(Buffer.from(thing.bytes).toString()).toBe('abc');
    Object.assign(thing.size.price!, { cents: 0 });
    expect(thing.size.price).toEqual(new Money(5, 'EUR'));
    // The application's own stays as it is.
    expect(Object.isFrozen(thing.settings)).toBe(false);
    expect(Object.isFrozen(defaults)).toBe(false);
  });

  it('give what a lazy relation has, or loads', async () => {
    const [unloaded] = (await read({})).things;
    expect(await unloaded.lazy).toMatchObject({ id: 1 });
    const [loaded] = (await read({ lazy: true })).things;
    expect(Object.isFrozen(await loaded.lazy)).toBe(true);
    expect(await loaded.lazy).toBe(await loaded.lazy);
  });

  it('are refused to a class with setters: what they hide cannot be frozen', async () => {
    const codec = entityCodec(dataSource.getMetadata(Hiding));
    const reading = codec.reading(codec.encode(await find(dataSource, Hiding)));
    for (let i = 0; i < 2; i++) {
      expect(() => reading.shared()).toThrow(UnsupportedValueError);
      expect(() => reading.shared()).toThrow('Hiding.name has a setter');
    }
    expect(reading.entities()).toMatchObject([{ name: 'x' }]);
  });
});
