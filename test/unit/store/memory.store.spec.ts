import { createCache } from 'cache-manager';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoreError } from '../../../lib/errors.js';
import { UNFILLED_MS } from '../../../lib/store/cache-store.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';

const LONG = 60_000;
const never = () => new Promise<never>(() => undefined);
/** In words that quote what it was given, and a code. */
const fails = (...given: unknown[]) =>
  Promise.reject(Object.assign(new RangeError(`no room for ${given.join()}`), { code: 'ENOSPC', given }));
const user = { clock: 'user', rows: ['1'] };

describe('MemoryStore', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
  afterEach(() => void vi.useRealTimers());

  it.each([
    { state: 'fails', method: fails, says: /RangeError ENOSPC at .*memory\.store\.spec/ },
    { state: 'never answers', method: never, says: /within 20 ms/ },
  ])('rejects within its budget when CACHE_MANAGER $state', async ({ method, says }) => {
    const store = new MemoryStore({ get: method, set: method, del: method }, { budgetMs: 20 });
    for (const call of [store.read(['a'], [user]), store.put('a', 'the payload', LONG), store.remove(['a'])]) {
      await expect(call).rejects.toThrow(says);
      await expect(call).rejects.toBeInstanceOf(StoreError);
      await expect(call.catch(inspect)).resolves.not.toContain('the payload');
    }
  });

  it('starts an epoch of its own, so that entries of an earlier process do not count', async () => {
    const cache = createCache();
    const [one, two] = [new MemoryStore(cache, { budgetMs: 100 }), new MemoryStore(cache, { budgetMs: 100 })];
    expect((await one.read([], [])).epoch).toBe((await one.touch([], LONG)).epoch);
    expect((await one.read([], [])).epoch).not.toBe((await two.read([], [])).epoch);
  });

  it('asks for clocks after the entries: an entry cannot change in between', async () => {
    const cache = createCache();
    const store = new MemoryStore(
      {
        ...cache,
        get: async (key) => {
          const value = await cache.get<never>(key);
          await store.advance([user]);
          return value;
        },
      },
      { budgetMs: 100 },
    );
    const before = await store.read([], [user]);
    const after = await store.read(['a'], [user]);
    expect(after.clocks[0]!.now).toBe(before.clocks[0]!.now + 1);
  });

  it('forgets row clocks beyond its bound, which makes those rows look newer', async () => {
    const store = new MemoryStore(createCache(), { budgetMs: 100, maxRows: 10 });
    const before = await store.touch([{ clock: 'user', rows: ['first'] }], LONG);
    await store.advance([{ clock: 'user', rows: [] }]);
    for (let i = 0; i < 50; i++) await store.touch([{ clock: 'user', rows: [`${i}`] }], LONG);
    const after = await store.read([], [{ clock: 'user', rows: ['first'] }]);
    expect(after.clocks[0]!.rows[0]).toBe(before.clocks[0]!.now + 1);
  });

  it('makes a clock above what it ever was though the time of day stands still or goes back', async () => {
    const store = new MemoryStore(createCache(), { budgetMs: 100 });
    const read = async () => (await store.touch([{ clock: 'user', rows: [] }], 10)).clocks[0]!.now;
    let highest = await read();
    for (let i = 0; i < 20_000; i++) await store.advance([{ clock: 'user', rows: [] }]);
    highest += 20_000;
    expect(await read()).toBe(highest);
    for (let i = 0; i < 3; i++) {
      vi.setSystemTime(Date.now() + 11);
      const version = await read();
      expect(version).toBeGreaterThan(highest);
      highest = version;
    }
    const other = async () => (await store.read([], [{ clock: 'other', rows: [] }])).clocks[0]!.now;
    vi.setSystemTime(Date.now() - LONG);
    expect(await other()).toBeGreaterThan(highest);
  });

  it('keeps what a reader made for a while only', async () => {
    const store = new MemoryStore(createCache(), { budgetMs: 100 });
    await store.touch([user], LONG);
    const read = async () => (await store.read([], [user, { clock: 'other', rows: ['2'] }])).clocks;
    const [first, other] = await read();
    await store.advance([
      { clock: 'user', rows: [] },
      { clock: 'other', rows: [] },
    ]);
    vi.setSystemTime(Date.now() + UNFILLED_MS - 1);
    expect(await read()).toEqual([
      { ...first!, now: first!.now + 1 },
      { ...other!, now: other!.now + 1 },
    ]);
    vi.setSystemTime(Date.now() + 1);
    const [second, another] = await read();
    expect(second!.now).toBe(first!.now + 1);
    expect(another!.unknown).toBeGreaterThan(other!.now + 1);
  });

  it('keeps no process alive', async () => {
    const before = process.getActiveResourcesInfo().length;
    const store = new MemoryStore(createCache(), { budgetMs: LONG });
    await store.read(['a'], [user]);
    await store.hold(['user'], 'w', LONG);
    expect(process.getActiveResourcesInfo()).toHaveLength(before);
  });
});
