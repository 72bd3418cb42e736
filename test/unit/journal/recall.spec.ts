import { describe, expect, it } from 'vitest';
import type { Change, Image } from '../../../lib/journal/change.js';
import { heldByAll } from '../../../lib/journal/condition.js';
import { leftOf } from '../../../lib/journal/recall.js';

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

describe('What was seen of a row', () => {
  it.each<[string, Change, Image | undefined]>([
    ['stands after nothing of its own', another, SEEN],
    ['is forgotten of a column that was assigned', update(seven, ['shelf'], { shelf: 'i:1' }), { score: 'i:2' }],
    ['is forgotten of a column of any row', update(undefined, ['score']), { shelf: 'i:1' }],
    ['is forgotten of a column of a row that may be it', update([{ shelf: 'i:4' }], ['score']), { shelf: 'i:1' }],
    ['is forgotten of one among others', update([{ id: 'i:9' }, { id: 'i:7' }], ['score']), { shelf: 'i:1' }],
    ['is nothing of a row that is gone', remove(seven), undefined],
    ['is nothing where any row may be gone', remove(undefined), undefined],
    ['is nothing of a row that has another key', update(seven, ['id']), undefined],
    ['stands when others go', remove([{ id: 'i:9' }]), SEEN],
    ['stands when another one comes', insert({ shelf: 'i:5' }), SEEN],
  ])('%s', (_, change, left) => {
    const judged = update(seven, ['title']);
    expect(leftOf(SEEN, '7', KEY, [[another], [change, judged]], judged)).toEqual(left);
  });

  it('is nothing after what nobody understands', () => {
    expect(leftOf(SEEN, '7', KEY, [undefined], another)).toBeUndefined();
  });

  it.each<[string, Change, Image]>([
    [
      'what it has assigned, as who looked may have seen it',
      update(seven, ['shelf'], { shelf: 'i:1' }),
      { score: 'i:2' },
    ],
    ['what it has assigned nobody knows what', update(seven, ['shelf']), { score: 'i:2' }],
    ['what may be the same in other words', update(seven, ['shelf'], { shelf: 'd:1' }), { score: 'i:2' }],
    ['nothing of what it has made something else', update(seven, ['shelf'], { shelf: 'i:3' }), SEEN],
    ['nothing of what it has made NULL', update(seven, ['shelf'], { shelf: null }), SEEN],
    ['nothing by taking the row', remove(seven), SEEN],
  ])('lacks, for the change that is judged, %s', (_, judged, left) => {
    expect(leftOf(SEEN, '7', KEY, [[judged], [another]], judged)).toEqual(left);
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
