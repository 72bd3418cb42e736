import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import KeyvRedis, { createKeyv } from '@keyv/redis';
import { type Cache, createCache, KeyvAdapter } from 'cache-manager';
import { createCache as createCache5 } from 'cache-manager-5';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Cluster, Redis } from 'ioredis';
import Keyv from 'keyv';
import type { CacheStore } from '../../lib/store/cache-store.js';
import { selectStore } from '../../lib/store/select-store.js';
import type { MakeStoreInCache } from './cache-store.contract.js';

/** A CACHE_MANAGER on Redis, as users make it. */
export interface RedisCache {
  readonly cache: Cache;
  /** The name redis-cli knows a cache key by. */
  physicalKey(key: string): string;
  close(): Promise<unknown>;
}

export type MakeRedisCache = (namespace: string) => Promise<RedisCache>;

/** Names of its own for every store: others use the same server. */
export const uniqueNamespace = (): string => `qstest-${randomUUID()}:`;

export function viaIoRedis(connect: () => Redis | Cluster): MakeRedisCache {
  return async (namespace) => {
    const client = connect();
    client.on('error', () => undefined);
    const adapter = new KeyvAdapter(redisInsStore(client as Redis) as never);
    const cache = createCache({ stores: [new Keyv({ store: adapter, namespace, useKeyPrefix: true })] });
    const prefix = client.options.keyPrefix ?? '';
    return { cache, physicalKey: (key) => `${prefix}${namespace}:${key}`, close: async () => client.disconnect() };
  };
}

/** As cache-manager 5 takes it. */
export function viaCacheManager5(url: string): MakeRedisCache {
  return async (keyPrefix) => {
    const client = new Redis(url, { keyPrefix });
    client.on('error', () => undefined);
    const cache = createCache5(redisInsStore(client, { isCacheable: () => true }) as never) as unknown as Cache;
    return { cache, physicalKey: (key) => keyPrefix + key, close: async () => client.disconnect() };
  };
}

export function viaCreateKeyv(options: Parameters<typeof createKeyv>[0]): MakeRedisCache {
  return async (namespace) => {
    const cache = createCache({ stores: [createKeyv(options, { namespace })] });
    return { cache, physicalKey: (key) => `${namespace}::${key}`, close: () => cache.disconnect() };
  };
}

export function viaKeyvRedis(options: ConstructorParameters<typeof KeyvRedis>[0]): MakeRedisCache {
  return async (namespace) => {
    const cache = createCache({ stores: [new Keyv(new KeyvRedis(options), { namespace })] });
    return { cache, physicalKey: (key) => `${namespace}::${namespace}:${key}`, close: () => cache.disconnect() };
  };
}

/** @param isTracked whether the server tells it of changes */
export function redisStore(makeCache: MakeRedisCache, isTracked = false): MakeStoreInCache {
  return async (budgetMs) => {
    const namespace = uniqueNamespace();
    const { cache, close } = await makeCache(namespace);
    const tracking = isTracked ? { keys: '', failed: () => undefined } : undefined;
    const { store, reach } = selectStore({ cache, budgetMs, tracking });
    if (reach !== 'shared') throw new Error(`The Redis inside CACHE_MANAGER was not found: ${store.name}`);
    await store.open();
    // As another process of the same application has it.
    const other = selectStore({ cache, budgetMs }).store;
    await other.open();
    if (isTracked) await told(store, namespace);
    return {
      store: withTablesOf(namespace, store),
      other: withTablesOf(namespace, other),
      keepsJournal: true,
      cache,
      elapse: (ms) => wait(ms),
      close: async () => {
        await store.close();
        await other.close();
        await close();
      },
    };
  };
}

/** When it hears of changes. */
async function told(store: CacheStore, namespace: string): Promise<void> {
  const queries = [{ clock: `${namespace}told`, rows: [] }];
  for (let i = 0; i < 500 && !(await store.read([], queries)).standing; i++) await wait(10);
}

/** Clocks are shared by all who use a server, which is the point of them, but not of a test. */
export function withTablesOf(namespace: string, store: CacheStore): CacheStore {
  const named = (clock: string) => namespace + clock;
  const own = <T extends { readonly clock: string }>(about: readonly T[]) =>
    about.map((each) => ({ ...each, clock: named(each.clock) }));
  const methods: Partial<CacheStore> = {
    read: (keys, queries, ...rest) => store.read(keys, own(queries), ...rest),
    touch: (queries, lifetimeMs) => store.touch(own(queries), lifetimeMs),
    hold: (clocks, ...rest) => store.hold(clocks.map(named), ...rest),
    release: (clocks, id) => store.release(clocks.map(named), id),
    advance: (writes, hold) => store.advance(own(writes), hold),
  };
  return new Proxy(store, {
    get: (target, name: keyof CacheStore) => {
      const method: unknown = methods[name] ?? target[name];
      return typeof method === 'function' ? method.bind(target) : method;
    },
  });
}
