import fc from 'fast-check';
import { Column, Entity, ManyToOne, OneToMany, PrimaryColumn, type EntityMetadata, type ObjectLiteral } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { UnsupportedValueError } from '../../../lib/errors.js';
import { dataSourceOf, metadataOf } from '../../fixtures/codec/metadata.js';
import { Money, moneyTransformer } from '../../fixtures/codec/shop.entities.js';
import { expectSame } from '../../support/expect-same.js';

@Entity()
class Parent {
  @PrimaryColumn()
  id: number;

  @Column('simple-json')
  data: unknown;

  @OneToMany(() => Box, (box) => box.parent)
  boxes: Box[];
}

@Entity()
class Box {
  @PrimaryColumn()
  id: number;

  @Column('simple-json')
  data: unknown;

  @Column('simple-json')
  more: unknown;

  @Column({ type: 'varchar', transformer: moneyTransformer })
  price: unknown;

  @ManyToOne(() => Parent)
  parent: Parent | null;
}

/** As a loaded row has it: the constructor's fields, then what was read. */
const make = <T extends ObjectLiteral>(type: new () => T, fields: object): T => Object.assign(new type(), fields);
const box = (fields: object) => make(Box, fields);

describe('EntityCodec', () => {
  let metadata: EntityMetadata;
  let parentMetadata: EntityMetadata;

  beforeAll(async () => {
    const dataSource = await dataSourceOf([Box, Parent]);
    metadata = dataSource.getMetadata(Box);
    parentMetadata = dataSource.getMetadata(Parent);
  });

  const encode = (entities: ObjectLiteral[]) => entityCodec(metadata).encode(entities);
  const expectRoundTrip = (entities: ObjectLiteral[]) =>
    expectSame(entityCodec(metadata).decode(encode(entities)), entities);

  it('is one per entity', () => {
    expect(entityCodec(metadata)).toBe(entityCodec(metadata));
  });

  it('brings back related rows that only look alike', () => {
    const values = [
      'a',
      'ab',
      'b',
      '',
      1,
      '1',
      11,
      '1,',
      '1"a',
      'd1,',
      true,
      'true',
      null,
      new Date(1),
      [1],
      '[1]',
      '{}',
    ];
    const boxes = values.flatMap((data) => values.map((more) => box({ id: 1, data, more })));
    const parent = make(Parent, { id: 1, data: null, boxes });
    expectSame(entityCodec(parentMetadata).decode(entityCodec(parentMetadata).encode([parent])), [parent]);
  });

  it('brings back lists of anything', () => {
    const value = fc.oneof(
      fc.constantFrom(
        null,
        undefined,
        -0,
        NaN,
        new Date(0),
        new Date(NaN),
        1n,
        Buffer.from('b'),
        [],
        {},
        [new Date(1)],
        '__proto__',
      ),
      fc.jsonValue(),
      fc.string({ unit: 'binary' }),
    );
    const fields = fc.record({ id: fc.integer(), data: value, more: value }, { requiredKeys: [] });
    const parent = fc.option(fields.map((some) => make(Parent, { id: some.id, data: some.data })));
    const row = fc.tuple(fields, parent).map(([some, of]) => box({ ...some, parent: of }));
    fc.assert(fc.property(fc.array(row, { maxLength: 8 }), expectRoundTrip), { numRuns: 1000 });
  });

  it('tells absent, undefined and null apart, in one list', () => {
    const bare = (fields: object) => Object.assign(Object.create(Box.prototype) as Box, fields);
    const rows = [
      bare({ id: 1 }),
      bare({ id: 2, data: undefined }),
      bare({ id: 3, data: null }),
      bare({ data: 1, id: 4 }),
    ];
    return metadataOf(Box, [Box, Parent], { entitySkipConstructor: true }).then((skipping) => {
      const codec = entityCodec(skipping);
      expectSame(codec.decode(codec.encode(rows)), rows);
    });
  });

  it('copies the data of a related row for every parent that has it', () => {
    const parent = () => make(Parent, { id: 1, data: { list: [1], at: new Date(0) } });
    const codec = entityCodec(metadata);
    const [first, second] = codec.decode(codec.encode([box({ parent: parent() }), box({ parent: parent() })])) as Box[];
    expectSame(second, first);
    expect(second!.parent).not.toBe(first!.parent);
    expect(second!.parent!.data).not.toBe(first!.parent!.data);
  });

  it('copies pure JSON of a related row, too', () => {
    const parent = () => make(Parent, { id: 1, data: { list: [1] } });
    const codec = entityCodec(metadata);
    const [first, second] = codec.decode(codec.encode([box({ parent: parent() }), box({ parent: parent() })])) as Box[];
    expect(second!.parent!.data).not.toBe(first!.parent!.data);
  });

  it('writes a related row once, however many parents it has', () => {
    const parent = () => make(Parent, { id: 1, data: 'only once' });
    const payload = encode(Array.from({ length: 10 }, (_, id) => box({ id, parent: parent() })));
    expect(payload.split('only once')).toHaveLength(2);
  });

  it('keeps related rows apart that have one key and different content', () => {
    const parent = (data: unknown) => make(Parent, { id: 1, data });
    expectRoundTrip([
      box({ parent: parent(1) }),
      box({ parent: parent('1') }),
      box({ parent: parent(null) }),
      box({ parent: null }),
    ]);
  });

  it('brings back ids in place of relations', () => {
    expectRoundTrip([box({ parent: 1 }), box({ parent: null }), box({ parent: { id: 1 } })]);
    const codec = entityCodec(parentMetadata);
    const parents = [
      make(Parent, { boxes: [] }),
      make(Parent, { boxes: [1, 2] }),
      make(Parent, { boxes: [{ id: 1 }] }),
    ];
    expectSame(codec.decode(codec.encode(parents)), parents);
  });

  it.each<[string, () => object, string]>([
    ['a function', () => ({ data: () => 1 }), 'Box.data holds a function'],
    ['a class instance', () => ({ data: new Money(1, 'EUR') }), 'Box.data holds an instance of Money'],
    [
      'what a transformer made of nobody knows what',
      () => ({ price: new Money(1, 'EUR') }),
      'Box.price holds an instance of Money',
    ],
    ['a property that is not mapped', () => ({ boxCount: 3 }), 'Box.boxCount holds a value without being a column'],
    ['an entity of another class', () => ({ parent: box({}) }), 'Box.parent holds an instance of Box'],
    [
      'a related row with such a value',
      () => ({ parent: make(Parent, { data: new Map() }) }),
      'Parent.data holds an instance of Map',
    ],
  ])('refuses %s, by name', (_, fields, message) => {
    expect(() => encode([box({ id: 1 }), box(fields())])).toThrow(UnsupportedValueError);
    expect(() => encode([box({ id: 1 }), box(fields())])).toThrow(message);
  });

  it('refuses entities where others have ids', () => {
    const codec = entityCodec(metadata);
    expect(() => codec.encode([box({ parent: 1 }), box({ parent: make(Parent, { id: 1 }) })])).toThrow('ids in others');
    const parents = [make(Parent, { boxes: [box({})] }), make(Parent, { boxes: [1] })];
    expect(() => entityCodec(parentMetadata).encode(parents)).toThrow('ids in others');
  });

  it('refuses an entity of a class it does not know', () => {
    class Special extends Box {}
    expect(() => encode([new Special()])).toThrow('Box holds an instance of Special');
  });

  it('refuses a cycle instead of following it', () => {
    const parent = make(Parent, { id: 1 });
    parent.boxes = Array.from({ length: 10 }, (_, id) => box({ id, parent }));
    expect(() => encode([box({ parent })])).toThrow('Parent holds an entity that leads back to itself');
  });

  it('refuses what is too deep to be written', () => {
    let deep: unknown = [];
    for (let i = 0; i < 50_000; i++) deep = [deep];
    expect(() => encode([box({ data: deep })])).toThrow(UnsupportedValueError);
  });
});
