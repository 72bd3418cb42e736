import { expect, it } from 'vitest';
import { ClockView } from '../../../lib/cache/clock-view.js';
import { KnownRows } from '../../../lib/cache/known-rows.js';
import { Lookups } from '../../../lib/cache/lookups.js';

const PATIENCE = 40;

const unseen = [{ clock: 'card', key: [['id', 'i']] as const, rows: [{ id: 'i:5' }] }];

it('a look that is never answered keeps nobody who comes when it is overdue', async () => {
  const lookups = new Lookups(new KnownRows(), PATIENCE);
  const state = { now: 1, unknown: 0, rows: [], held: false, hasHold: false };
  const view = new ClockView([{ clock: 'card', rows: [] }], { epoch: 'epoch', clocks: [state] });
  let looks = 0;
  const see = () => (++looks === 1 ? new Promise<never>(() => undefined) : Promise.resolve(undefined));
  expect(await lookups.see(unseen, view, see)).toBe(false);
  expect(await lookups.see(unseen, view, see)).toBe(true);
  expect(looks).toBe(2);
});
