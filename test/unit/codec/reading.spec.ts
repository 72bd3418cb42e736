import { Column, Entity, JoinTable, ManyToMany, ManyToOne, PrimaryColumn } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { type EntityCodec, entityCodec } from '../../../lib/codec/entity-codec.js';
import { CorruptPayloadError } from '../../../lib/codec/payload-errors.js';
import { find, storedIn } from '../../fixtures/codec/find.js';
import { dataSourceOf } from '../../fixtures/codec/metadata.js';
import { expectSame } from '../../support/expect-same.js';

class Size {
  @Column({ nullable: true, type: 'int' })
  width: number | null;
}

@Entity()
class Thing {
  @PrimaryColumn()
  id: number;

  @Column('simple-json', { nullable: true })
  data?: unknown;

  @Column('datetime', { nullable: true })
  at?: Date | null;

  @Column('blob', { nullable: true })
  bytes?: Buffer | null;

  @Column(() => Size)
  size: Size;

  @ManyToOne(() => Thing)
  owner?: Thing | null;

  @ManyToMany(() => Thing)
  @JoinTable()
  parts?: Thing[];
}

const limit = { most: Infinity };

@Entity()
class Guarded {
  @PrimaryColumn()
  id: number;

  @Column({ type: 'int', transformer: { to: Number, from: (value: number) => checked(value) } })
  value: number;
}

function checked(value: number): number {
  if (value > limit.most) throw new Error(`more than ${limit.most}`);
  return value;
}

const thing = (id: number, more: object = {}): Thing =>
  Object.assign(new Thing(), {
    id,
    data: { list: [{ id }] },
    at: new Date(id),
    bytes: Buffer.from([id]),
    size: Object.assign(new Size(), { width: id }),
    ...more,
  });

/** Every object there is in a value. */
function objectsIn(value: unknown, found = new Set<object>()): Set<object> {
  if (Object(value) !== value || found.has(value as object)) return found;
  found.add(value as object);
  for (const inner of Object.values(value as object)) objectsIn(inner, found);
  return found;
}

describe('a reading', () => {
  let codec: EntityCodec;
  const shared = thing(9);
  const things = [
    thing(1, { owner: shared, parts: [shared, thing(3)] }),
    thing(2, { owner: shared, parts: [], data: [new Date(1), Buffer.from('b')] }),
    thing(4, { owner: null, data: { $: 1 }, at: null }),
  ];

  beforeAll(async () => {
    codec = entityCodec((await dataSourceOf([Thing])).getMetadata(Thing));
  });

  it('makes what decode makes, at every call', () => {
    const payload = codec.encode(things);
    const reading = codec.reading(payload);
    for (let i = 0; i < 3; i++) expectSame(reading.entities(), codec.decode(payload));
    expectSame(codec.reading(codec.encode([])).entities(), []);
  });

  it('makes nothing twice that is the same object', () => {
    const reading = codec.reading(codec.encode(things));
    const [one, other] = [objectsIn(reading.entities()), objectsIn(reading.entities())];
    expect(one.size).toBe(other.size);
    expect([...one].filter((object) => other.has(object))).toEqual([]);
    // A related row is an instance of its own wherever it is, as TypeORM has it.
    const [first, second] = reading.entities() as Thing[];
    expect(first!.owner).not.toBe(second!.owner);
    expect(first!.owner!.data).not.toBe(second!.owner!.data);
  });

  it('is what it was, whatever was done to what it made', () => {
    const reading = codec.reading(codec.encode(things));
    const [first, second] = reading.entities() as [Thing, Thing];
    (first.data as { list: unknown[] }).list.push(1);
    first.at!.setTime(0);
    first.bytes!.fill(0);
    first.size.width = 0;
    first.parts!.length = 0;
    first.owner!.id = 0;
    (second.data as [Date])[0].setTime(5);
    expectSame(reading.entities(), things);
  });

  it('is refused like a payload that decode refuses', () => {
    const payload = codec.encode(things);
    for (const text of ['', '[]', payload.slice(1), payload.replace('"0:', '"7:')]) {
      expect(() => codec.reading(text)).toThrow(CorruptPayloadError);
    }
  });

  it('says that it is corrupt where making an entity fails', async () => {
    const dataSource = await storedIn([Guarded], [[Guarded, { id: 1, value: 2 }]]);
    const guarded = entityCodec(dataSource.getMetadata(Guarded));
    const reading = guarded.reading(guarded.encode(await find(dataSource, Guarded)));
    limit.most = 1;
    expect(() => reading.entities()).toThrow(CorruptPayloadError);
    expect(() => reading.shared()).toThrow(CorruptPayloadError);
    limit.most = Infinity;
    expect(reading.entities()).toMatchObject([{ value: 2 }]);
    expect(reading.shared()).toMatchObject([{ value: 2 }]);
  });

  it('says how many bytes it keeps', () => {
    const bytesOf = (entities: Thing[]) => codec.reading(codec.encode(entities)).bytes;
    const text = (character: string) => [thing(1, { data: character.repeat(100_000) })];
    expect(bytesOf(text('a'))).toBeGreaterThan(100_000);
    expect(bytesOf(text('a'))).toBeLessThan(102_000);
    // The engine keeps these in one byte, and of all others each in two.
    expect(bytesOf(text('é'))).toBe(bytesOf(text('a')));
    expect(bytesOf(text('€')) - bytesOf(text('a'))).toBe(100_000);
    expect(bytesOf(Array.from({ length: 1000 }, (_, id) => thing(id)))).toBeGreaterThan(100 * bytesOf([thing(1)]));
    const reading = codec.reading(codec.encode(things));
    const before = reading.bytes;
    reading.shared();
    expect(reading.bytes).toBeGreaterThan(before);
  });
});
