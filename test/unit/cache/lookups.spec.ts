import { expect, it, vi } from 'vitest';
import { ClockView } from '../../../lib/cache/clock-view.js';
import type { Unseen } from '../../../lib/cache/judgement.js';
import { KnownRows } from '../../../lib/cache/known-rows.js';
import { Lookups } from '../../../lib/cache/lookups.js';
import type { LoadedFootprint } from '../../../lib/journal/footprint.js';

const KEY = [['id', 'i']] as const;
const PATIENCE = 40;

const view = new ClockView(
  [
    { clock: 'card', rows: [] },
    { clock: 'pin', rows: [] },
  ],
  {
    epoch: 'epoch',
    clocks: [5, 8].map((now) => ({ now, unknown: 0, rows: [], held: false })),
  },
);

type See = Parameters<Lookups['see']>[2];

const unseen = (clock: string, ...ids: number[]): Unseen => ({
  clock,
  key: KEY,
  rows: ids.map((id) => ({ id: `i:${id}` })),
});

const found = (...names: string[]): LoadedFootprint => ({
  key: KEY,
  rows: names,
  shown: [],
  filtering: ['board'],
  ordering: [],
  images: () => new Map(names.map((name) => [name, { board: 'i:2' }])),
});

const setUp = () => {
  const rows = new KnownRows();
  return { rows, lookups: new Lookups(rows, PATIENCE) };
};
const seen = (rows: KnownRows, clock: string, row: string) =>
  rows.of('epoch', clock, { key: KEY }, row, []).map(({ asOf, image }) => ({ asOf, image }));

it('rows of one table are looked at together, each once, as of what its clock showed', async () => {
  const { rows, lookups } = setUp();
  const see = vi.fn<See>(async ({ clock }) => (clock === 'card' ? found('1', '2') : found('1')));
  const asked = [unseen('card', 1, 2), unseen('pin', 1), unseen('card', 2)];
  expect(await lookups.see(asked, view, see)).toBe(true);
  expect(see.mock.calls.map(([table]) => table)).toEqual([unseen('card', 1, 2), unseen('pin', 1)]);
  expect(seen(rows, 'card', '2')).toEqual([{ asOf: 5, image: { board: 'i:2' } }]);
  expect(seen(rows, 'pin', '1')).toEqual([{ asOf: 8, image: { board: 'i:2' } }]);
});

it('whoever wants a row that somebody is looking at waits for that', async () => {
  const { lookups } = setUp();
  let look!: (seen: LoadedFootprint) => void;
  const see = vi.fn<See>(() => new Promise((resolve) => (look = resolve)));
  const both = [lookups.see([unseen('card', 1)], view, see), lookups.see([unseen('card', 1)], view, see)];
  await Promise.resolve();
  expect(see).toHaveBeenCalledTimes(1);
  look(found('1'));
  expect(await Promise.all(both)).toEqual([true, true]);
  // Another write may have come since.
  const third = lookups.see([unseen('card', 1)], view, see);
  expect(see).toHaveBeenCalledTimes(2);
  look(found('1'));
  expect(await third).toBe(true);
});

it('who has waited long enough goes on, and who fails has learnt nothing', async () => {
  const { rows, lookups } = setUp();
  expect(await lookups.see([unseen('card', 1)], view, () => new Promise(() => {}))).toBe(false);
  await lookups.see([unseen('card', 2)], view, () => Promise.reject(new Error('no connection')));
  await lookups.see([unseen('card', 3)], view, () => Promise.resolve(undefined));
  expect(['1', '2', '3'].flatMap((row) => seen(rows, 'card', row))).toEqual([]);
});

it('nobody waits for a look that has kept somebody waiting for too long, and after a while it is made again', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const { lookups } = setUp();
  const see = vi.fn<See>(() => new Promise(() => {}));
  const look = () => lookups.see([unseen('card', 1)], view, see);
  const first = look();
  vi.advanceTimersByTime(PATIENCE);
  expect(await look()).toBe(false);
  expect(see).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(5_000);
  see.mockResolvedValue(found('1'));
  expect(await look()).toBe(true);
  expect(see).toHaveBeenCalledTimes(2);
  expect(await first).toBe(false);
});

it('where more rows are in doubt than it is worth, none is looked at', async () => {
  const { lookups } = setUp();
  const see = vi.fn<See>(() => Promise.resolve(found()));
  const ids = Array.from({ length: 51 }, (_, i) => i);
  expect(await lookups.see([unseen('card', ...ids)], view, see)).toBe(false);
  expect(see).not.toHaveBeenCalled();
  expect(await lookups.see([unseen('card', ...ids.slice(1))], view, see)).toBe(true);
});
