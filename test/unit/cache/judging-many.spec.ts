import { expect, it } from 'vitest';
import { ClockView } from '../../../lib/cache/clock-view.js';
import { Journals } from '../../../lib/cache/journals.js';
import { judge } from '../../../lib/cache/judgement.js';
import { type Change, changeText, type Image } from '../../../lib/journal/change.js';
import { type Footprint, footprintsText } from '../../../lib/journal/footprint.js';
import { mayAffect } from '../../../lib/journal/judge.js';

const KEY = [['id', 'i']] as const;

/** The best card of the first shelf. */
const PLACE: Footprint = {
  key: KEY,
  rows: ['1'],
  shown: ['id', 'shelf', 'score'],
  filtering: ['shelf'],
  ordering: ['score'],
  filter: ['in', 'shelf', ['i:1']],
  held: { shelf: ['i:1'], score: ['i:5'] },
  window: { hasOffset: false, isFull: true, bounds: [['score', 'DESC', 'i:5']] },
};

const scored = (id: number, i: number): Change => ({
  action: 'update',
  at: 0,
  rows: [{ id: `i:${id}` }],
  assigned: ['score'],
  values: { score: `i:${i}` },
});
const ofAnotherShelf = (i: number): Change => ({ ...scored(0, i), rows: [{ shelf: 'i:9' }] });
const gone = (id: number): Change => ({ action: 'delete', at: 0, rows: [{ id: `i:${id}` }], assigned: [], values: {} });

/** As of when row by row is seen that it is on another shelf. */
type SeenAt = (i: number) => number;

/** How often somebody looks at a change, while an entry is judged by all of these, and found true. */
function looks(changes: readonly Change[], seenAt: SeenAt, place: Footprint): number {
  const journals = new Journals();
  const queries = [{ clock: 'card', rows: [], since: 0 }];
  const state = { unknown: 0, rows: [], held: false, hasHold: false };
  const now = changes.length;
  const read = { epoch: 'epoch', clocks: [{ ...state, now, changes: changes.map((each) => changeText(each)!) }] };
  const shelved = { key: KEY, shown: [], filtering: ['shelf'], ordering: ['score'] };
  const image: Image = { shelf: 'i:2' };
  for (let i = 0; i < now; i++) {
    const row = String(100 + i);
    const footprint = { ...shelved, rows: [row], images: () => new Map([[row, image]]) };
    journals.rows.saw('epoch', { clock: 'card', asOf: seenAt(i) }, [footprint], []);
  }
  journals.heard(queries, read);
  let count = 0;
  for (const change of journals.told('epoch', 'card', 0, now)!.flatMap((told) => told!)) {
    for (const [name, value] of Object.entries(change)) {
      const get = () => {
        count++;
        return value as unknown;
      };
      Object.defineProperty(change, name, { get });
    }
  }
  const dependencies = [{ clock: 'card', asOf: 0, isJournaled: true }];
  const head = { epoch: 'epoch', dependencies, footprints: footprintsText([[place]]) };
  const view = new ClockView(queries, read, journals, journals.rows.moment);
  expect(judge(head as never, view).isTrue).toBe(true);
  return count;
}

const atFirst: SeenAt = () => 0;
const second: Footprint = { ...PLACE, window: { ...PLACE.window!, hasOffset: true } };

it.each<[string, (i: number) => Change, SeenAt?, Footprint?]>([
  ['each to another row', (i) => scored(100 + i, i)],
  ['all to one row', (i) => scored(100, i)],
  ['each to a row that was seen at another moment', (i) => scored(100 + i, i), (i) => i],
  ['every other one to rows that nobody has named', (i) => (i % 2 ? ofAnotherShelf(i) : scored(100 + i, i))],
  ['such ones, and rows seen at other moments', (i) => (i % 2 ? ofAnotherShelf(i) : scored(100 + i, i)), (i) => i],
  ['each the end of a row', (i) => gone(100 + i), atFirst, second],
])('twice as many writes are judged in twice the time: %s', (_, change, seenAt = atFirst, place = PLACE) => {
  const of = (count: number) =>
    looks(
      Array.from({ length: count }, (_unused, i) => change(i)),
      seenAt,
      place,
    );
  const once = of(120);
  expect(once).toBeGreaterThan(120);
  // By going through all of them for each it is four times as much.
  expect(of(240) / once).toBeLessThan(2.1);
});

it.each<[string, Change, Footprint['filter']]>([
  ['what comes', { ...scored(9, 1), action: 'insert' }, ['in', 'id', Array.from({ length: 500 }, (_, i) => `i:${i}`)]],
  ['what is written', scored(9_999, 1), undefined],
])('the rows of a long list are gone through once, for whatever is compared with them: %s', (_, change, filter) => {
  let count = 0;
  const rows = new Proxy(
    Array.from({ length: 500 }, (_unused, i) => String(i)),
    { get: (...asked) => (count++, Reflect.get(...asked) as unknown) },
  );
  const footprint: Footprint = { ...PLACE, rows, filter };
  for (let i = 0; i < 20; i++) mayAffect(change, footprint);
  expect(count).toBeGreaterThan(500);
  expect(count).toBeLessThan(2_000);
});
