import { setTimeout as sleep } from 'node:timers/promises';
import { CacheModule, CACHE_MANAGER } from '@nestjs/cache-manager';
import { Test } from '@nestjs/testing';
import { type Cache, createCache } from 'cache-manager';
import { caching as caching5 } from 'cache-manager-5';
import Keyv from 'keyv';
import { Keyv as Keyv6 } from 'keyv-6';
import { vi } from 'vitest';
import { selectStore } from '../../lib/store/select-store.js';
import { storeContract, type MakeStoreInCache } from './cache-store.contract.js';

storeContract(
  'MemoryStore over createCache()',
  over(async () => createCache()),
);

storeContract(
  'MemoryStore over a CacheModule with a namespace',
  over(async () => {
    const stores = [new Keyv({ store: new Map(), namespace: 'app' })];
    const app = await Test.createTestingModule({ imports: [CacheModule.register({ stores, ttl: 5000 })] }).compile();
    return app.get<Cache>(CACHE_MANAGER);
  }),
);

storeContract(
  'MemoryStore over a Keyv of keyv 6',
  over(async () => createCache({ stores: [new Keyv6() as never] })),
);

storeContract('MemoryStore over the memory of cache-manager 5', over5());

function over(makeCache: () => Promise<Cache>): MakeStoreInCache {
  return async (budgetMs) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const cache = await makeCache();
    const { store } = selectStore({ cache, budgetMs });
    return {
      store,
      keepsJournal: true,
      cache,
      elapse: async (ms) => void vi.setSystemTime(Date.now() + ms),
      close: async () => void vi.useRealTimers(),
    };
  };
}

/** Its LRU cache goes by a clock that nobody can set. */
function over5(): MakeStoreInCache {
  return async (budgetMs) => {
    const cache = (await caching5('memory')) as unknown as Cache;
    const { store } = selectStore({ cache, budgetMs });
    return { store, keepsJournal: true, cache, elapse: (ms) => sleep(ms), close: async () => undefined };
  };
}
