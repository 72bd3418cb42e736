import { describe, expect, it } from 'vitest';
import type { Change, Image } from '../../../lib/journal/change.js';
import { heldByAll } from '../../../lib/journal/condition.js';
import { heldSince, type Recalled, recallOf } from '../../../lib/journal/recall.js';
import { ToldOfRows } from '../../../lib/journal/told-of-rows.js';

const KEY = [['id', 'i']] as const;
const common = { at: 1, assigned: [], values: {} };
const update = (rows: Change['rows'], assigned: string[], values: Image = {}): Change => ({
  ...common,
  action: 'update',
  rows,
  assigned,
  values,
});
const remove = (rows: Change['rows']): Change => ({ ...common, action: 'delete', rows });
const insert = (row: Image): Change => ({ ...common, action: 'insert', rows: [row] });
const seven = [{ id: 'i:7' }];
const SEEN = { shelf: 'i:1', score: 'i:2' };
const another = update([{ id: 'i:9' }], ['shelf']);

/** What was done to the seventh row. */
function done(told: readonly (readonly Change[] | undefined)[], asOf = 0) {
  const rows = new ToldOfRows(KEY);
  for (const [i, changes] of told.entries()) rows.add({ from: i, to: i + 1 }, changes);
  return rows.done('7', asOf, told.length);
}

const same = (now: Recalled['now']): Recalled => ({ now, before: now });

describe('What was seen of a row', () => {
  it.each<[string, Change, Recalled | undefined]>([
    ['stands after nothing of its own', another, same(SEEN)],
    [
      'may be another by now, once it was set to that',
      update(seven, ['shelf'], { shelf: 'i:5' }),
      same({ shelf: ['i:1', 'i:5'], score: 'i:2' }),
    ],
    [
      'may have been made by a write told later, and another before it',
      update(seven, ['shelf'], { shelf: 'i:1' }),
      { now: { shelf: ['i:1', 'i:1'], score: 'i:2' }, before: { score: 'i:2' } },
    ],
    [
      'may be the same in other words',
      update(seven, ['shelf'], { shelf: 'd:1' }),
      { now: { shelf: ['i:1', 'd:1'], score: 'i:2' }, before: { score: 'i:2' } },
    ],
    ['may be NULL by now', update(seven, ['shelf'], { shelf: null }), same({ shelf: ['i:1', null], score: 'i:2' })],
    ['is forgotten of a column that was assigned', update(seven, ['shelf']), same({ score: 'i:2' })],
    ['is forgotten of a column of any row', update(undefined, ['score']), same({ shelf: 'i:1' })],
    ['is forgotten of a column of a row that may be it', update([{ shelf: 'i:4' }], ['score']), same({ shelf: 'i:1' })],
    ['is forgotten of one among others', update([{ id: 'i:9' }, { id: 'i:7' }], ['score']), same({ shelf: 'i:1' })],
    ['is nothing of a row that is gone', remove(seven), undefined],
    ['is nothing where any row may be gone', remove(undefined), undefined],
    ['is nothing of a row that has another key', update(seven, ['id']), undefined],
    ['stands when others go', remove([{ id: 'i:9' }]), same(SEEN)],
    ['stands when another one comes', insert({ shelf: 'i:5' }), same(SEEN)],
    ['is nothing of a key that is given again', insert({ id: 'i:7' }), undefined],
    ['is nothing where any rows may have come', { ...insert({}), rows: undefined }, undefined],
  ])('%s', (_, change, held) => {
    const judged = update(seven, ['title']);
    expect(heldSince(SEEN, done([[another], [change, judged]]), judged)).toEqual(held);
    // The change that is judged counts as any other one does, but for the row's end: until then it was there.
    const isEnd = change.action === 'delete';
    expect(heldSince(SEEN, done([[another], [change]]), change)).toEqual(isEnd ? same(SEEN) : held);
  });

  it('is nothing after what nobody understands', () => {
    expect(heldSince(SEEN, done([undefined]), another)).toBeUndefined();
  });

  it('is forgotten after many values', () => {
    const moves = (count: number) =>
      Array.from({ length: count }, (_, i) => [update(seven, ['shelf'], { shelf: `i:${i + 10}` })]);
    expect(heldSince(SEEN, done(moves(8)), another)?.now['shelf']).toHaveLength(9);
    expect(heldSince(SEEN, done(moves(9)), another)).toEqual(same({ score: 'i:2' }));
    expect(heldSince(SEEN, done([...moves(9), ...moves(1)]), another)).toEqual(same({ score: 'i:2' }));
  });
});

it('what all rows that pass a filter hold is what it asks one value for', () => {
  expect(
    heldByAll([
      'and',
      [
        ['in', 'shelf', ['i:1']],
        ['in', 'rank', ['i:1', 'i:2']],
        ['null', 'deletedat'],
        ['not', ['in', 'score', ['i:3']]],
        ['or', [['in', 'score', ['i:4']]]],
        ['?'],
        ['>', 'score', 'i:5'],
        ['in', 'owner', [null]],
      ],
    ]),
  ).toEqual({ shelf: 'i:1', deletedat: null });
  expect(heldByAll(undefined)).toEqual({});
});

describe('What is known of a row for an entry', () => {
  const journal: Change[] = [
    update(seven, ['shelf'], { shelf: 'i:5' }),
    update(seven, ['score'], { score: 'i:9' }),
    update(seven, ['title']),
  ];
  const told = journal.map((each) => [each]);
  const doneSince = (asOf: number) => (asOf < 0 ? undefined : done(told, asOf));
  const recalled = (asOf: number, ...seen: Parameters<typeof recallOf>[0]) =>
    recallOf(seen, asOf, doneSince, journal[2]!);

  it('was seen before it was loaded, or after, and then not what it was set to since', () => {
    const image = { shelf: 'i:5', score: 'i:2' };
    expect(recalled(1, { asOf: 1, image })).toEqual({
      now: { shelf: 'i:5', score: ['i:2', 'i:9'] },
      before: { shelf: 'i:5', score: ['i:2', 'i:9'] },
    });
    // Which shelf it was on before it was put there nobody knows.
    expect(recalled(0, { asOf: 1, image })).toEqual({
      now: { shelf: 'i:5', score: ['i:2', 'i:9'] },
      before: { score: ['i:2', 'i:9'] },
    });
    expect(recalled(0, { asOf: 3, image: { score: 'i:9', title: 'd:x' } })).toEqual({
      now: { score: 'i:9', title: 'd:x' },
      before: {},
    });
  });

  it('is not what was seen of another row under its key, which came after it had gone', () => {
    const gone = remove(seven);
    const told = [[gone], [insert({ shelf: 'i:5' })]];
    const seen = (asOf: number) => ({ asOf, image: { shelf: 'i:5' } });
    const before = (asOf: number) => recallOf([seen(asOf)], 0, (from) => done(told, from), gone).before;
    expect(before(0)).toEqual({ shelf: 'i:5' });
    expect(before(2)).toEqual({});
  });

  it('is as little as is known of what was written meanwhile', () => {
    const seen = { asOf: 2, image: { shelf: 'i:5' } };
    expect(recalled(-1, seen)).toEqual({ now: { shelf: 'i:5' }, before: {} });
    expect(recalled(2, { ...seen, asOf: -1 })).toEqual({ now: {}, before: {} });
  });
});
