import { Column, Entity, JoinTable, ManyToMany, ManyToOne, PrimaryColumn } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { entityCodec, type EntityCodec } from '../../../lib/codec/entity-codec.js';
import { CorruptPayloadError } from '../../../lib/codec/payload-errors.js';
import { dataSourceOf } from '../../fixtures/codec/metadata.js';
import { expectSame } from '../../support/expect-same.js';

@Entity()
class Part {
  @PrimaryColumn()
  id: number;

  @Column('simple-json')
  data: unknown;

  @ManyToMany(() => Part)
  @JoinTable()
  parts?: Part[];

  @ManyToOne(() => Part)
  owner?: Part | null;
}

type Json = any;

const part = (id: number, more: object = {}): Part => Object.assign(new Part(), { id, data: [`of ${id}`], ...more });

describe('a payload that nobody of ours wrote', () => {
  let codec: EntityCodec;
  const rows = [
    part(1, { parts: [part(3), part(4)], owner: part(9) }),
    part(2, { parts: [part(3)], owner: null, data: { at: new Date(0), bytes: Buffer.from('a') } }),
  ];

  beforeAll(async () => {
    codec = entityCodec((await dataSourceOf([Part])).getMetadata(Part));
  });

  /** What is written of the rows, changed. */
  const forge = (change: (payload: Json) => unknown): string => {
    const sets: Json = JSON.parse(codec.encode(rows));
    const root = sets[0][1][0];
    return JSON.stringify(change({ sets, root, kinds: root[1], columns: root[2] }) ?? sets);
  };

  const places = () => {
    const [layout] = JSON.parse(codec.encode(rows))[0][1][0] as [string];
    expect(layout.split(',')).toHaveLength(5);
  };

  it.each<[string, (at: Json) => unknown]>([
    ['kinds in arrays', ({ kinds }) => void (kinds[0] = [kinds[0]])],
    ['two kinds in one', ({ kinds }) => void kinds.splice(0, 2, kinds.slice(0, 2).join())],
    ['a kind of Object.prototype', ({ kinds }) => void (kinds[0] = 'constructor')],
    ['a kind that there is not', ({ kinds }) => void (kinds[0] = 'x')],
    ['rows where a column has none', ({ kinds }) => void (kinds[0] = 'many')],
    ['a transformer that there is not', ({ kinds }) => void (kinds[0] = 'transformed')],
    ['more rows than there are', ({ sets }) => void (sets[0][0] = 1_000_000_000)],
    ['fewer rows than there are', ({ sets }) => void (sets[0][0] = 1)],
    ['no rows', ({ sets }) => void (sets[0][0] = 0)],
    ['half a row', ({ sets }) => void (sets[0][0] = 1.5)],
    ['no number of rows', ({ sets }) => void (sets[0][0] = { length: 1_000_000_000 })],
    [
      'no columns, and a billion rows',
      ({ sets, root }) => void ((sets[0][0] = 1e9), root.splice(0, 4, '0:', [], [], [])),
    ],
    ['rows of a block that there is not', ({ sets }) => void (sets[0][0] = [0, 7])],
    ['a column that is shorter', ({ columns }) => void columns[0].pop()],
    ['a column that is no list', ({ columns }) => void (columns[0] = { length: 2 })],
    ['a column too many', ({ columns, kinds }) => void (columns.push([1, 2]), kinds.push('plain'))],
    ['a column too few', ({ columns, kinds }) => void (columns.shift(), kinds.shift())],
    ['a property twice', ({ root }) => void (root[0] = root[0].replace(':0,1,', ':0,0,'))],
    ['a property that there is not', ({ root }) => void (root[0] = root[0].replace(':0,1,', ':0,99,'))],
    ['a layout of code', ({ root }) => void (root[0] = '0:0,1,2,3);process.exit(1);(')],
    ['a row that there is not', ({ columns }) => void (columns.at(-1)[0] = 1e6)],
    ['a row of itself', ({ root }) => void (root[3] = root[3].map(() => 0))],
    ['a set that there is not', ({ root }) => void (root[3] = root[3].map(() => 99))],
    ['no related sets', ({ root }) => void (root[3] = [])],
    ['bytes of a length', ({ columns }) => void (columns[1][1] = { $: ['buffer', { length: 3_000_000_000 }] })],
    ['numbers of lists', ({ columns }) => void (columns[1][1] = { $: ['number', [[[1]]]] })],
    ['numbers that JSON has', ({ columns }) => void (columns[1][1] = { $: ['number', '1'] })],
    ['more digits than a number has', ({ columns }) => void (columns[1][1] = { $: ['bigint', '1'.repeat(200_000)] })],
    ['a class that there is not', ({ root }) => void (root[0] = root[0].replace('0:', '1:'))],
    ['a class of no number', ({ root }) => void (root[0] = root[0].replace('0:', ':'))],
    ['no sets', () => []],
    ['no list', ({ sets }) => ({ 0: sets[0], length: 1 })],
  ])('is corrupt, and harms no other: %s', (_, change) => {
    const text = forge(change);
    for (let i = 0; i < 2; i++) expect(() => codec.decode(text)).toThrow(CorruptPayloadError);
    expectSame(codec.decode(codec.encode(rows)), rows);
  });

  it.each([
    ['many of many', 'many', (fan: number) => Array.from({ length: fan }, () => 0)],
    ['one of two columns, again and again', 'one', () => 0],
  ])('cannot become more than it is: %s', (_, kind, cell) => {
    for (const fan of [40, 100]) {
      const depth = 40;
      const sets = Array.from({ length: depth }, (__, number) => {
        const isLast = number === depth - 1;
        // Both relations of the entity lead to the next set.
        const block = isLast
          ? ['0:0,', ['plain'], [[1]], []]
          : [
              `0:0,${numbersOf(kind)}`,
              ['plain', kind, kind],
              [[1], [cell(fan)], [cell(fan)]],
              [number + 1, number + 1],
            ];
        return [1, [block]];
      });
      const text = JSON.stringify(sets);
      expect(() => codec.decode(text)).toThrow(CorruptPayloadError);
    }
  });

  /** The marks of the relations of this kind; both of them for the one that has two. */
  const numbersOf = (kind: string): string => {
    const layout = (JSON.parse(codec.encode(rows)) as Json)[0][1][0][0] as string;
    const [, , parts, owner] = layout.slice(2, -1).split(',');
    return kind === 'many' ? `${parts},${owner},` : `${owner},${parts},`;
  };

  it('says how often a row may be repeated to the writer, too: what would be more is written in full', () => {
    const roles = Array.from({ length: 30 }, (_, id) =>
      part(100 + id, { parts: Array.from({ length: 30 }, (__, n) => part(1_000 + n)) }),
    );
    const users = Array.from({ length: 150 }, (_, id) => part(id, { parts: roles }));
    const few = users.slice(0, 10);
    const [short, long] = [codec.encode(few), codec.encode(users)];
    // 9,000 entities of 70 rows, 135,000 of as many.
    expect(short.length).toBeLessThan(10_000);
    expect(long.length).toBeGreaterThan(1_500_000);
    expectSame(codec.decode(short), few);
    expectSame(codec.decode(long), users);
  });

  it('has no more layouts of rows than take a moment to compile', async () => {
    class Wide {}
    const names = Array.from({ length: 11 }, (_, i) => `c${i}`);
    for (const name of ['id', ...names])
      Column('int', { nullable: true, primary: name === 'id' })(Wide.prototype, name);
    Entity()(Wide);
    const wide = entityCodec((await dataSourceOf([Wide])).getMetadata(Wide));
    const odd = (id: number): object =>
      names.reduce((row, name, i) => ((id >> i) & 1 ? { ...row, [name]: undefined } : row), { id } as object);
    const rowsOf = (count: number) => Array.from({ length: count }, (_, id) => Object.assign(new Wide(), odd(id)));
    expectSame(wide.decode(wide.encode(rowsOf(1_000))), rowsOf(1_000));
    expect(() => wide.encode(rowsOf(1_001))).toThrow('rows of too many different properties');
    const [[order, blocks]]: Json = JSON.parse(wide.encode(rowsOf(1_000)));
    const text = JSON.stringify([
      [
        [...order, 1_000],
        [...blocks, blocks[0]],
      ],
    ]);
    expect(() => wide.decode(text)).toThrow(CorruptPayloadError);
  });

  it('may have rows without a column: they are counted where they stand', () => {
    const bare = [Object.assign(new Part(), { id: undefined }), part(1), Object.assign(new Part(), { id: undefined })];
    expectSame(codec.decode(codec.encode(bare)), bare);
    expectSame(codec.decode(codec.encode([bare[0]!])), [bare[0]]);
  });

  it('and the rows have the properties that these changes count on', places);
});
