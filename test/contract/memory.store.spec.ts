import { CacheModule, CACHE_MANAGER } from '@nestjs/cache-manager';
import { Test } from '@nestjs/testing';
import { type Cache, createCache } from 'cache-manager';
import Keyv from 'keyv';
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

function over(makeCache: () => Promise<Cache>): MakeStoreInCache {
  return async (budgetMs) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const cache = await makeCache();
    const { store } = selectStore({ cache, budgetMs });
    return {
      store,
      cache,
      elapse: async (ms) => void vi.setSystemTime(Date.now() + ms),
      close: async () => void vi.useRealTimers(),
    };
  };
}
