import { type Cache, createCache } from 'cache-manager';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoreError } from '../../../lib/errors.js';
import { type ClockWrite, type EntryInHand, UNFILLED_MS } from '../../../lib/store/cache-store.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';
import { markOf } from '../../../lib/store/text-mark.js';

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
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before);
  });

  describe('vouches for an entry that its reader has', () => {
    const text = `["qs7","123456789012","detail"${'.'.repeat(100)}`;

    async function stored() {
      const cache = createCache();
      const store = new MemoryStore(cache, { budgetMs: 100, isAlone: true });
      const { epoch, clocks } = await store.touch([user, { clock: 'photo', rows: [] }], LONG);
      await store.put('key', text, LONG);
      const [users, photos] = clocks.map(({ now }) => now);
      const ofRow = { clock: 'user', rows: ['1'], asOf: users! };
      const ofTable = { clock: 'photo', asOf: photos! };
      const inHand = { mark: markOf(text), epoch, dependencies: [ofRow, ofTable] };
      const vouches = (change: Partial<EntryInHand> = {}) => store.vouchesFor('key', { ...inHand, ...change });
      return { cache, store, vouches, ofRow, ofTable };
    }

    it('while nothing was written, nor to other rows', async () => {
      const { store, vouches } = await stored();
      expect(vouches()).toBe(true);
      await store.advance([{ clock: 'user', rows: ['2'] }]);
      await store.advance([{ clock: 'user', rows: 'new' }]);
      await store.advance([{ clock: 'company', rows: 'unknown' }]);
      expect(vouches()).toBe(true);
    });

    it.each<ClockWrite>([
      { clock: 'user', rows: ['1'] },
      { clock: 'user', rows: 'unknown' },
      { clock: 'photo', rows: 'new' },
      { clock: 'photo', rows: ['7'] },
    ])('not after a write of $rows rows of $clock', async (write) => {
      const { store, vouches } = await stored();
      await store.advance([write]);
      expect(vouches()).toBe(false);
    });

    it('not where it is another one, of another epoch or under another key', async () => {
      const { store, vouches } = await stored();
      expect(vouches({ mark: markOf(text.replace('1', '2')) })).toBe(false);
      expect(vouches({ epoch: 'another' })).toBe(false);
      expect(store.vouchesFor('other', { mark: markOf(text), epoch: '', dependencies: [] })).toBe(false);
    });

    it('not where it is dated after what a clock shows', async () => {
      const { vouches, ofRow, ofTable } = await stored();
      expect(vouches({ dependencies: [{ ...ofRow, asOf: ofRow.asOf + 1 }] })).toBe(false);
      expect(vouches({ dependencies: [{ ...ofTable, asOf: ofTable.asOf + 1 }] })).toBe(false);
    });

    it('not where a clock is not known, nor a row of one that has moved', async () => {
      const { store, vouches, ofRow } = await stored();
      expect(vouches({ dependencies: [{ ...ofRow, clock: 'unknown' }] })).toBe(false);
      expect(vouches({ dependencies: [{ ...ofRow, rows: ['1', '9'] }] })).toBe(true);
      await store.advance([{ clock: 'user', rows: ['2'] }]);
      expect(vouches({ dependencies: [{ ...ofRow, rows: ['1', '9'] }] })).toBe(false);
    });

    it('while a hold is young, and not once it blocks or is past its deadline', async () => {
      const { store, vouches } = await stored();
      await store.hold(['user'], 'w', 1_000);
      expect(vouches()).toBe(true);
      vi.setSystemTime(Date.now() + 101);
      expect(vouches()).toBe(false);
      vi.setSystemTime(Date.now() + 1_000);
      expect(vouches()).toBe(false);
    });

    it('again once a hold is released', async () => {
      const { store, vouches } = await stored();
      await store.hold(['user'], 'w', 1_000);
      vi.setSystemTime(Date.now() + 101);
      await store.release(['user'], 'w');
      expect(vouches()).toBe(true);
    });

    it.each<[string, (parts: { cache: Cache; store: MemoryStore }) => unknown]>([
      ['is removed', ({ store }) => store.remove(['key'])],
      ['is replaced', ({ store }) => store.put('key', text.replace('1', '2'), LONG)],
      ['is deleted by the application', ({ cache }) => cache.del('key')],
      ['is deleted with others', ({ cache }) => cache.mdel(['other', 'key'])],
      ['is overwritten by the application', ({ cache }) => cache.set('key', 'theirs')],
      ['is overwritten with others', ({ cache }) => cache.mset([{ key: 'key', value: 'theirs' }])],
      ['is overwritten by an equal one of another life', ({ cache }) => cache.set('key', text, 1)],
      ['is cleared', ({ cache }) => cache.clear()],
      ['is past its life', () => vi.setSystemTime(Date.now() + LONG)],
      ['is of a store that was closed', ({ store }) => store.close()],
    ])('not once it %s', async (_, happens) => {
      const { cache, store, vouches } = await stored();
      await happens({ cache, store });
      expect(vouches()).toBe(false);
    });

    it('not where somebody else may reach what CACHE_MANAGER keeps', async () => {
      const store = new MemoryStore(createCache(), { budgetMs: 100 });
      const { epoch } = await store.touch([user], LONG);
      await store.put('key', text, LONG);
      expect(store.vouchesFor('key', { mark: markOf(text), epoch, dependencies: [] })).toBe(false);
    });

    it('not before CACHE_MANAGER has taken it, and not where that fails', async () => {
      const cache = createCache();
      const store = new MemoryStore(cache, { budgetMs: 100, isAlone: true });
      const { epoch } = await store.touch([user], LONG);
      const vouches = () => store.vouchesFor('key', { mark: markOf(text), epoch, dependencies: [] });
      vi.spyOn(cache, 'set').mockRejectedValueOnce(new Error('full'));
      await store.put('key', text, LONG).catch(() => undefined);
      expect(vouches()).toBe(false);
      const putting = store.put('key', text, LONG);
      expect(vouches()).toBe(false);
      await putting;
      expect(vouches()).toBe(true);
    });
  });
});
