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

  /** What is written of the rows, changed: the first set, as `[layout, ...kinds, ...related]` and columns, and all of them. */
  const forge = (change: (payload: Json) => unknown): string => {
    const sets: Json = JSON.parse(codec.encode(rows));
    const [count, head, ...columns] = sets[0];
    const words = head.split(' ');
    const root = { count, words, columns, more: [] as unknown[] };
    const changed = change({ sets, root, words, columns });
    sets[0] = [root.count, root.words.join(' '), ...root.columns, ...root.more];
    return JSON.stringify(changed ?? sets);
  };

  const places = () => {
    const [, head] = JSON.parse(codec.encode(rows))[0] as [number, string];
    const [layout, ...words] = head.split(' ');
    expect(layout!.split(',')).toHaveLength(5);
    expect(words).toEqual(['plain', 'data', 'many', 'one', '1', '2']);
  };

  it.each<[string, (at: Json) => unknown]>([
    ['a head in an array', ({ root }) => void (root.words = { join: () => root.words })],
    ['two kinds in one', ({ words }) => void words.splice(1, 2, words.slice(1, 3).join())],
    ['a kind of Object.prototype', ({ words }) => void (words[1] = 'constructor')],
    ['a kind that there is not', ({ words }) => void (words[1] = 'x')],
    ['no kind', ({ words }) => void (words[1] = '')],
    ['rows where a column has none', ({ words }) => void (words[1] = 'many')],
    ['a transformer that there is not', ({ words }) => void (words[1] = 'transformed')],
    ['a unit of what is no date', ({ words }) => void (words[1] = 'plain+1')],
    ['a unit that there is not', ({ words }) => void (words[1] = 'date+7')],
    ['a unit of no number', ({ words }) => void (words[1] = 'date+')],
    ['dates later than no number', ({ words, columns }) => void ((words[1] = 'date+1000'), (columns[0] = ['0', 1, 2]))],
    ['dates later by no number', ({ words, columns }) => void ((words[1] = 'date+1000'), (columns[0] = [0, [1], 2]))],
    ['dates in no list', ({ words, columns }) => void ((words[1] = 'date+1000'), (columns[0] = { 0: 0, length: 3 }))],
    ['dates of a row more', ({ words, columns }) => void ((words[1] = 'date+1000'), (columns[0] = [0, 1, 2, 3]))],
    ['a related set before a kind', ({ words }) => void words.splice(1, 0, words.pop())],
    ['more rows than there are', ({ root }) => void (root.count = 1_000_000_000)],
    ['fewer rows than there are', ({ root }) => void (root.count = 1)],
    ['no rows', ({ root }) => void (root.count = 0)],
    ['half a row', ({ root }) => void (root.count = 1.5)],
    ['no number of rows', ({ root }) => void (root.count = { length: 1_000_000_000 })],
    [
      'no columns, and a billion rows',
      ({ root }) => void ((root.count = 1e9), (root.words = ['0:']), (root.columns = [])),
    ],
    ['no columns, and a row', ({ root }) => void ((root.count = 1), (root.words = ['0:']), (root.columns = []))],
    ['rows of a block that there is not', ({ sets }) => [[[0, 7], sets[0].slice(1)], ...sets.slice(1)]],
    ['a block that is no list', ({ sets }) => [[[0, 0], sets[0][1]], ...sets.slice(1)]],
    ['a second block', ({ root }) => void (root.more = [['0:0,', [3]]])],
    ['a column that is shorter', ({ columns }) => void columns[0].pop()],
    ['a column that is no list', ({ columns }) => void (columns[0] = { length: 2 })],
    ['a column too many', ({ columns, words }) => void (columns.push([1, 2]), words.splice(1, 0, 'plain'))],
    ['a column more than kinds', ({ columns }) => void columns.push([1, 2])],
    ['a column too few', ({ columns, words }) => void (columns.shift(), words.splice(1, 1))],
    ['a property twice', ({ words }) => void (words[0] = words[0].replace(':0,1,', ':0,0,'))],
    ['a property that there is not', ({ words }) => void (words[0] = words[0].replace(':0,1,', ':0,99,'))],
    ['a layout of code', ({ words }) => void (words[0] = '0:0,1,2,3);process.exit(1);(')],
    ['a row that there is not', ({ columns }) => void (columns.at(-1)[0] = 1e6)],
    ['a row of itself', ({ words }) => void words.splice(-2, 2, '0', '0')],
    ['a set that there is not', ({ words }) => void words.splice(-2, 2, '99', '99')],
    ['a set of a number too long', ({ words }) => void words.splice(-2, 2, '9'.repeat(400), '1')],
    ['no related sets', ({ words }) => void words.splice(-2)],
    ['bytes of a length', ({ columns }) => void (columns[1][1] = { $: ['buffer', { length: 3_000_000_000 }] })],
    ['numbers of lists', ({ columns }) => void (columns[1][1] = { $: ['number', [[[1]]]] })],
    ['numbers that JSON has', ({ columns }) => void (columns[1][1] = { $: ['number', '1'] })],
    ['more digits than a number has', ({ columns }) => void (columns[1][1] = { $: ['bigint', '1'.repeat(200_000)] })],
    ['a class that there is not', ({ words }) => void (words[0] = words[0].replace('0:', '1:'))],
    ['a class of no number', ({ words }) => void (words[0] = words[0].replace('0:', ':'))],
    ['no sets', () => []],
    ['a set of nothing', ({ sets }) => [[], ...sets.slice(1)]],
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
        if (isLast) return [1, '0:0, plain', 1];
        const head = `0:0,${numbersOf(kind)} plain ${kind} ${kind} ${number + 1} ${number + 1}`;
        return [1, head, 1, cell(fan), cell(fan)];
      });
      const text = JSON.stringify(sets);
      expect(() => codec.decode(text)).toThrow(CorruptPayloadError);
    }
  });

  /** The marks of the relations of this kind; both of them for the one that has two. */
  const numbersOf = (kind: string): string => {
    const [layout] = ((JSON.parse(codec.encode(rows)) as Json)[0][1] as string).split(' ');
    const [, , parts, owner] = layout!.slice(2, -1).split(',');
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
    const [[order, ...blocks]]: Json = JSON.parse(wide.encode(rowsOf(1_000)));
    const text = JSON.stringify([[[...order, 1_000], ...blocks, blocks[0]]]);
    expect(() => wide.decode(text)).toThrow(CorruptPayloadError);
  });

  it('may have rows without a column: they are counted where they stand', () => {
    const bare = [Object.assign(new Part(), { id: undefined }), part(1), Object.assign(new Part(), { id: undefined })];
    expectSame(codec.decode(codec.encode(bare)), bare);
    expectSame(codec.decode(codec.encode([bare[0]!])), [bare[0]]);
  });

  it('and the rows have the properties that these changes count on', places);
});
