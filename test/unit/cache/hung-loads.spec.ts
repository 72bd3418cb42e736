import { createCache } from 'cache-manager';
import { expect, it } from 'vitest';
import { Limit } from '../../../lib/cache/limit.js';
import { ReadThrough } from '../../../lib/cache/read-through.js';
import type { Loaded, Loads, ReadRequest } from '../../../lib/cache/read-request.js';
import { noSeal } from '../../../lib/cache/seal.js';
import { CacheEvents } from '../../../lib/events/cache-events.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';

const OVERDUE = 40;

const request: ReadRequest<number> = {
  key: 'key',
  kind: 'detail',
  fingerprint: 'query',
  rows: [{ clock: 'rows', rows: ['1'] }],
  lifetimeMs: 60_000,
  decode: Number,
};

const batch = (...requests: ReadRequest<number>[]) => ({ clocks: ['rows'], requests });

function setUp() {
  const store = new MemoryStore(createCache(), { budgetMs: 1_000 });
  return new ReadThrough(store, new CacheEvents(), 1_000, noSeal, OVERDUE);
}

const loaded = (value: number): Loaded<number>[] => [
  { own: value, payload: String(value), dependencies: request.rows },
];

/** The first load is never answered, as over a connection that has been forgotten on the way. */
function hangingFirst(limit?: Limit): { loads: Loads<number>; count: () => number } {
  let count = 0;
  const load = () => (++count === 1 ? new Promise<never>(() => undefined) : Promise.resolve(loaded(count)));
  return { loads: { load, ...(limit && { limit }) }, count: () => count };
}

it('a load that is never answered keeps nobody but its own reader', async () => {
  const readThrough = setUp();
  const { loads, count } = hangingFirst();
  const read = () => readThrough.readMany(batch(request), loads);
  void read();
  const joined = Promise.all([read(), read()]);
  expect(await joined).toEqual([[2], [2]]);
  expect(await read()).toEqual([2]);
  expect(count()).toBe(2);
});

it('nor does it keep its place among the loads', async () => {
  const readThrough = setUp();
  const { loads } = hangingFirst(new Limit(1));
  void readThrough.readMany(batch(request), loads);
  const other = { ...request, key: 'other' };
  expect(await readThrough.readMany(batch(other), loads)).toEqual([2]);
});

it('a load that is only slow answers those who wait, and one more is all it costs', async () => {
  const readThrough = setUp();
  let count = 0;
  const slow = async () => {
    count++;
    await new Promise((resolve) => setTimeout(resolve, 1.5 * OVERDUE));
    return loaded(7);
  };
  const values = await Promise.all(
    Array.from({ length: 100 }, () => readThrough.readMany(batch(request), { load: slow })),
  );
  expect(new Set(values.flat())).toEqual(new Set([7]));
  expect(count).toBe(2);
  await readThrough.settled();
  expect(count).toBe(2);
});

it('what becomes of a dead load says nothing to those who have loaded again', async () => {
  const readThrough = setUp();
  let count = 0;
  const load = async () => {
    const isFirst = ++count === 1;
    await new Promise((resolve) => setTimeout(resolve, (isFirst ? 2 : 3) * OVERDUE));
    if (isFirst) throw new Error('reset');
    return loaded(count);
  };
  const first = readThrough.readMany(batch(request), { load });
  const joined = readThrough.readMany(batch(request), { load });
  await expect(first).rejects.toThrow('reset');
  expect(await joined).toEqual([2]);
});

it('another pool is another limit, and nobody waits there for what waits in one that has ended', async () => {
  const readThrough = setUp();
  const never: Loads<number> = { load: () => new Promise<never>(() => undefined), limit: new Limit(1) };
  void readThrough.readMany(batch(request), never);
  const loads = { load: async () => loaded(1), limit: new Limit(1) };
  expect(await readThrough.readMany(batch(request), loads)).toEqual([1]);
});

it('what its own payload does not bring back is answered as it was loaded', async () => {
  const readThrough = setUp();
  const broken = {
    ...request,
    decode: () => {
      throw new Error('broken');
    },
  };
  const read = () => readThrough.readMany(batch(broken), { load: async () => loaded(1) });
  expect(await Promise.all([read(), read()])).toEqual([[1], [1]]);
});

it('more rows than a call takes arguments are asked for and stored all the same', async () => {
  const readThrough = setUp();
  const requests = Array.from({ length: 130_000 }, (_, i) => ({ ...request, key: `key ${i}` }));
  const load = async (missing: readonly unknown[]) => missing.flatMap(() => loaded(1));
  expect(await readThrough.readMany({ clocks: ['rows'], requests }, { load })).toHaveLength(130_000);
  await readThrough.settled();
});
