import type { Cache } from 'cache-manager';
import { isIoRedis } from './ioredis.client.js';
import { IoRedisConnection } from './ioredis.connection.js';
import { isNodeRedis } from './node-redis.client.js';
import { NodeRedisConnection } from './node-redis.connection.js';
import type { RedisConnection } from './redis-connection.js';

/** One store of CACHE_MANAGER: where its values are, as far as its adapter can be recognised. */
export type Tier =
  | {
      readonly kind: 'redis';
      readonly name: string;
      readonly connection: RedisConnection;
      readonly entryKey: (key: string) => string;
    }
  | { readonly kind: 'memory'; readonly name: string; readonly bounded: boolean }
  | { readonly kind: 'unknown'; readonly name: string };

interface KeyvLike {
  readonly store: object;
  readonly namespace?: string;
  readonly useKeyPrefix?: boolean;
}

/** `KeyvAdapter` of cache-manager around a store of cache-manager-ioredis-yet. */
interface AdapterOfIoRedisYet {
  readonly _cache: { readonly client: object };
}

/** `KeyvRedis` of @keyv/redis. */
interface KeyvRedisLike {
  readonly client: object;
  readonly namespace?: string;
  getClient(): Promise<unknown>;
  disconnect(force?: boolean): Promise<void>;
  createKeyPrefix(key: string, namespace?: string): string;
}

/** In-process stores that are no Map, by the names of their classes: nothing else tells them from a client of some server. */
const IN_PROCESS = new Set([
  'CacheableMemory',
  'KeyvCacheableMemory',
  'LRUCache',
  'LRU',
  'KeyvLru',
  'KeyvLruManagedTtl',
]);

export function tiersOf(cache: Pick<Cache, 'stores'>): Tier[] {
  return storesOf(cache).map(tierOf);
}

/** Gives up clients that are not ready while their application closes: a graceful end would wait for commands nobody answers. */
export async function giveUpUnready({ stores = [] }: Partial<Pick<Cache, 'stores'>>): Promise<void> {
  for (const store of storesOf({ stores })) {
    const inner = isKeyv(store) ? store.store : store;
    if (!isKeyvRedis(inner) || !isNodeRedis(inner.client)) continue;
    if (inner.client.isOpen && inner.client.isReady === false) await inner.disconnect(true);
  }
}

const storesOf = (cache: Pick<Cache, 'stores'>): object[] =>
  cache.stores.flatMap((store: object) => (isTwoLevel(store) ? levelsOf(store) : [store]));

function tierOf(store: object): Tier {
  if (isKeyv(store)) return beneath(store, tierOf(store.store));
  const name = store.constructor.name;
  if (store instanceof Map) return { kind: 'memory', name, bounded: store.constructor !== Map };
  if (IN_PROCESS.has(name)) return { kind: 'memory', name, bounded: true };
  if (isAdapterOfIoRedisYet(store)) {
    const client = store._cache.client;
    if (isIoRedis(client))
      return { kind: 'redis', name, connection: new IoRedisConnection(client), entryKey: (key) => key };
  }
  if (isKeyvRedis(store) && isNodeRedis(store.client)) {
    const connection = new NodeRedisConnection(store.client, () => store.getClient());
    return { kind: 'redis', name, connection, entryKey: (key) => store.createKeyPrefix(key, store.namespace) };
  }
  return { kind: 'unknown', name };
}

/** A Keyv prefixes keys before its store does. */
function beneath(keyv: KeyvLike, tier: Tier): Tier {
  if (tier.kind !== 'redis') return tier;
  return { ...tier, entryKey: (key) => tier.entryKey(prefixed(keyv, key)) };
}

/** As `_getKeyPrefix` of keyv 5, which leaves a key alone that already has the prefix. */
function prefixed({ namespace, useKeyPrefix }: KeyvLike, key: string): string {
  if (!namespace || useKeyPrefix === false || key.startsWith(`${namespace}:`)) return key;
  return `${namespace}:${key}`;
}

/** `Cacheable` of the package of that name. */
interface TwoLevel {
  readonly primary: object;
  readonly secondary?: object;
}

const isTwoLevel = (store: object): store is TwoLevel => 'primary' in store && 'secondary' in store;

const levelsOf = ({ primary, secondary }: TwoLevel): object[] => (secondary ? [primary, secondary] : [primary]);

const isKeyv = (store: object): store is KeyvLike => 'opts' in store && 'hooks' in store && 'stats' in store;

const isKeyvRedis = (store: object): store is KeyvRedisLike =>
  'client' in store && 'getClient' in store && 'createKeyPrefix' in store;

const isAdapterOfIoRedisYet = (store: object): store is AdapterOfIoRedisYet =>
  '_cache' in store && typeof store._cache === 'object' && store._cache !== null && 'client' in store._cache;
