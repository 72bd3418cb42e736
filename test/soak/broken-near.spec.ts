import { createCache } from 'cache-manager';
import { describe, expect, it } from 'vitest';
import { NearCache } from '../../lib/cache/near-cache.js';
import type { ReadRequest } from '../../lib/cache/read-request.js';
import { ReadThrough } from '../../lib/cache/read-through.js';
import { noSeal } from '../../lib/cache/seal.js';
import { CacheEvents } from '../../lib/index.js';
import type { CacheStore } from '../../lib/store/cache-store.js';
import { MemoryStore } from '../../lib/store/memory.store.js';
import { Unasked } from './broken-near.js';
import { Random } from './random.js';
import { budgetMs } from './settings.js';
import { SlowStore } from './slow-store.js';
import type { WrappedStore } from './wrapped-store.js';

const request: ReadRequest<string> = {
  key: 'article_1',
  kind: 'detail',
  fingerprint: 'query',
  rows: [{ clock: 'article', rows: ['1'] }],
  lifetimeMs: 60_000,
  decode: (payload) => payload,
  keeping: {
    read: (payload) => ({ bytes: 0, payload }),
    make: (reading) => (reading as unknown as { payload: string }).payload,
  },
};

/** What is shown of a row that was read twice, and then written. */
async function shownAfterAWrite(wrap: (store: CacheStore) => WrappedStore): Promise<string> {
  let database = 'old';
  const store = wrap(new MemoryStore(createCache(), { budgetMs }));
  const readThrough = new ReadThrough(store, new CacheEvents(), budgetMs, noSeal, undefined, new NearCache(1e6));
  const read = async () => {
    const load = async () => [{ own: database, payload: database, dependencies: request.rows }];
    const [shown] = await readThrough.readMany({ clocks: ['article'], requests: [request] }, { load });
    await readThrough.settled();
    return shown!;
  };
  await read();
  await read();
  database = 'new';
  await store.advance([{ clock: 'article', rows: ['1'] }]);
  return read();
}

describe('A process that shows what it has in hand', () => {
  it('without asking the clocks shows what is no more', async () => {
    expect(await shownAfterAWrite((store) => new Unasked(store))).toBe('old');
  });

  it('shows what was written, where nothing is broken', async () => {
    expect(await shownAfterAWrite((store) => new SlowStore(store, new Random(1), false))).toBe('new');
  });
});

describe('A slow store', () => {
  it('tells of entries that its process has in hand', async () => {
    const told: number[] = [];
    const inner = new MemoryStore(createCache(), { budgetMs });
    const store = new SlowStore(inner, new Random(1), false, (entries) => void told.push(entries));
    await inner.put('a', 'text', 60_000);
    for (const known of [undefined, [undefined, 'text'], ['text', 'text'], ['another', undefined]]) {
      await store.read(['a', 'b'], [], undefined, known);
    }
    expect(told).toEqual([0, 0, 1, 0]);
  });
});
