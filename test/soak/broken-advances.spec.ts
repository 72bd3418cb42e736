import type { ClockWrite } from '../../lib/store/cache-store.js';
import { createCache } from 'cache-manager';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../../lib/store/memory.store.js';
import { Deaf, Hasty, NamespacedClocks, NoRetry, Queued } from './broken-advances.js';
import { budgetMs } from './settings.js';
import { WrappedStore } from './wrapped-store.js';

/** A healthy store, but for how long its conversations take. */
class Slow extends WrappedStore {
  readonly waiting: (() => void)[] = [];

  override async advance(...[writes, hold]: Parameters<WrappedStore['advance']>): Promise<void> {
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    await super.advance(writes, hold);
  }
}

const write: ClockWrite[] = [{ clock: 'article', rows: 'unknown' }];

describe('A broken advance', () => {
  let store: MemoryStore;
  const clock = async () => (await store.read([], [{ clock: 'article', rows: [] }])).clocks[0]!.now;

  beforeEach(async () => {
    store = new MemoryStore(createCache(), { budgetMs });
    await clock();
  });

  it('of a deaf application advances nothing', async () => {
    const before = await clock();
    await new Deaf(store).advance();
    expect(await clock()).toBe(before);
  });

  it('of namespaced clocks advances only what its own readers see', async () => {
    const own = new NamespacedClocks(store);
    const ownClock = async () => (await own.read([], [{ clock: 'article', rows: [] }])).clocks[0]!.now;
    const [before, ownBefore] = [await clock(), await ownClock()];
    await own.advance(write);
    expect(await clock()).toBe(before);
    expect(await ownClock()).toBeGreaterThan(ownBefore);
  });

  it('of a hasty one is acknowledged before it is heard', async () => {
    const slow = new Slow(store);
    const before = await clock();
    await new Hasty(slow).advance(write);
    expect(await clock()).toBe(before);
  });

  it('without retries is given up, and stays so when it is tried again', async () => {
    const slow = new Slow(store);
    const once = new NoRetry(slow);
    await expect(once.advance(write, '1')).rejects.toThrow('Given up');
    await expect(once.advance(write, '1')).rejects.toThrow('Given up');
    expect(slow.waiting).toHaveLength(1);
  });

  it('behind a burst of reads is acknowledged after the budget, heard or not', async () => {
    const queued = new Queued(store);
    const before = await clock();
    const burst = Promise.all(Array.from({ length: 5000 }, () => queued.read(['key'], [])));
    await queued.advance(write);
    expect(await clock()).toBe(before);
    await burst;
  });
});
