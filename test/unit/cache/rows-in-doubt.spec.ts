import { expect, it, vi } from 'vitest';
import { ClockView } from '../../../lib/cache/clock-view.js';
import { Journals } from '../../../lib/cache/journals.js';
import { judge } from '../../../lib/cache/judgement.js';
import { changeText } from '../../../lib/journal/change.js';
import { footprintsText, type LoadedFootprint } from '../../../lib/journal/footprint.js';

const KEY = [['id', 'i']] as const;
const WRITTEN = 1_000;

/** Rows that were seen in another column than decides, and a write to each since. */
function manyInDoubt() {
  const journals = new Journals();
  const rows = Array.from({ length: WRITTEN }, (_, i) => String(i));
  const images = () => new Map(rows.map((row) => [row, { color: 'i:1' }] as const));
  const seen: LoadedFootprint = { key: KEY, rows, shown: [], filtering: ['color'], ordering: [], images };
  journals.rows.saw('epoch', { clock: 'card', asOf: 0 }, [seen], []);
  const changes = rows.map((row) =>
    changeText({
      action: 'update',
      at: 0,
      rows: [{ id: `i:${row}` }],
      assigned: ['stars'],
      values: { stars: 'i:3' },
    })!,
  );
  const queries = [{ clock: 'card', rows: [], since: 0 }];
  const state = { now: WRITTEN, unknown: 0, rows: [], held: false, hasHold: false, changes };
  const read = { epoch: 'epoch', clocks: [state] };
  journals.heard(queries, read);
  const filter = [
    'and',
    [
      ['in', 'board', ['i:2']],
      ['in', 'stars', ['i:3']],
    ],
  ] as const;
  const place = { key: KEY, rows: [], shown: [], filtering: ['board', 'stars'], ordering: [], filter };
  const dependencies = [{ clock: 'card', rows: undefined, asOf: 0, isJournaled: true }];
  const head = { epoch: 'epoch', dependencies, footprints: footprintsText([[place]]) };
  return { journals, head: head as never, view: new ClockView(queries, read, journals, journals.rows.moment) };
}

it('an entry of which more rows are in doubt than anybody looks at is judged no further', () => {
  const { journals, head, view } = manyInDoubt();
  const asked = vi.spyOn(journals.rows, 'of');
  expect(judge(head, view).isTrue).toBe(false);
  // Of each, all that was told since it was seen is gone through: a thousand times a thousand changes.
  expect(asked.mock.calls.length).toBeLessThan(WRITTEN / 2);
});
