import { expect, it, vi } from 'vitest';
import { ClockView } from '../../../lib/cache/clock-view.js';
import { Journals } from '../../../lib/cache/journals.js';
import { judge } from '../../../lib/cache/judgement.js';
import { changeText, type Image } from '../../../lib/journal/change.js';
import { footprintsText, type LoadedFootprint } from '../../../lib/journal/footprint.js';

const KEY = [['id', 'i']] as const;
const WRITTEN = 1_000;

/** Rows that were seen, in another column than decides by default, and a write to each since. */
function manyInDoubt({ writes = WRITTEN, atOnce = 1, seen: held = { color: 'i:1' } as Image } = {}) {
  const journals = new Journals();
  const rows = Array.from({ length: writes * atOnce }, (_, i) => String(i));
  const images = () => new Map(rows.map((row) => [row, held] as const));
  const seen: LoadedFootprint = { key: KEY, rows, shown: [], filtering: Object.keys(held), ordering: [], images };
  journals.rows.saw('epoch', { clock: 'card', asOf: 0 }, [seen], []);
  const changes = Array.from({ length: writes }, (_, i) =>
    changeText({
      action: 'update',
      at: 0,
      rows: rows.slice(i * atOnce, (i + 1) * atOnce).map((row) => ({ id: `i:${row}` })),
      assigned: ['stars'],
      values: { stars: 'i:3' },
    })!,
  );
  const queries = [{ clock: 'card', rows: [], since: 0 }];
  const state = { now: writes, unknown: 0, rows: [], held: false, hasHold: false, changes };
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
  expect(asked.mock.calls.length).toBeLessThan(WRITTEN / 2);
});

it('nor is one of which many rows are asked about, although few writes have named them', () => {
  const few = { writes: 200, seen: { board: 'i:9' } };
  const [one, many] = [manyInDoubt(few), manyInDoubt({ ...few, atOnce: 20 })];
  expect(judge(one.head, one.view).isTrue).toBe(true);
  const asked = vi.spyOn(many.journals.rows, 'of');
  expect(judge(many.head, many.view).isTrue).toBe(false);
  expect(asked.mock.calls.length).toBeLessThan(1_100);
});
