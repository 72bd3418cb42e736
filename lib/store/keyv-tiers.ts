import { type CacheManager, isMemoryOf5, storesOf } from '../peers/cache-manager.js';
import { isKeyv5, isKeyv6, type Keyv5, type Keyv6, prefixed } from '../peers/keyv.js';
import { type IoRedisClient, isIoRedis } from './ioredis.client.js';
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

export function tiersOf(cache: CacheManager): Tier[] {
  return levelsIn(cache).map(tierOf);
}

/** Gives up clients that are not ready while their application closes: a graceful end would wait for commands nobody answers. */
export async function giveUpUnready(cache: CacheManager): Promise<void> {
  for (const store of levelsIn(cache)) {
    const inner = isKeyv5(store) ? store.store : store;
    if (!isKeyvRedis(inner) || !isNodeRedis(inner.client)) continue;
    if (inner.client.isOpen && inner.client.isReady === false) await inner.disconnect(true);
  }
}

const levelsIn = (cache: CacheManager): object[] =>
  storesOf(cache).flatMap((store) => (isTwoLevel(store) ? levelsOf(store) : [store]));

function tierOf(store: object): Tier {
  if (isKeyv5(store)) return beneath(store, tierOf(store.store));
  if (isKeyv6(store)) return beneath6(store);
  const name = nameOf(store);
  if (store instanceof Map) return { kind: 'memory', name, bounded: store.constructor !== Map };
  if (IN_PROCESS.has(name)) return { kind: 'memory', name, bounded: true };
  if (isMemoryOf5(store)) return { kind: 'memory', name: 'memoryStore', bounded: true };
  const client = clientOfIoRedisYet(store);
  if (client) return { kind: 'redis', name, connection: new IoRedisConnection(client), entryKey: (key) => key };
  if (isKeyvRedis(store) && isNodeRedis(store.client)) {
    const connection = new NodeRedisConnection(store.client, () => store.getClient());
    return { kind: 'redis', name, connection, entryKey: (key) => store.createKeyPrefix(key, store.namespace) };
  }
  return { kind: 'unknown', name };
}

/** Stores of cache-manager 5 are objects without a class. */
function nameOf({ constructor }: { constructor?: unknown }): string {
  return typeof constructor === 'function' && constructor !== Object ? constructor.name : 'a store without a name';
}

/** A Keyv prefixes keys before its store does. */
function beneath(keyv: Keyv5, tier: Tier): Tier {
  if (tier.kind !== 'redis') return tier;
  return { ...tier, entryKey: (key) => tier.entryKey(prefixed(keyv, key)) };
}

/** Its adapters spell keys in ways of their own, so what they lead to is of use only where no key is looked for by its name. */
function beneath6({ store: adapter }: Keyv6): Tier {
  // CacheModule does not know a Keyv of keyv 6 for one, and puts it into another.
  const inner = adapter.store ?? adapter;
  const tier = tierOf(inner);
  return tier.kind === 'memory' ? tier : { kind: 'unknown', name: tier.name };
}

/** `Cacheable` of the package of that name. */
interface TwoLevel {
  readonly primary: object;
  readonly secondary?: object;
}

const isTwoLevel = (store: object): store is TwoLevel => 'primary' in store && 'secondary' in store;

const levelsOf = ({ primary, secondary }: TwoLevel): object[] => (secondary ? [primary, secondary] : [primary]);

const isKeyvRedis = (store: object): store is KeyvRedisLike =>
  'client' in store && 'getClient' in store && 'createKeyPrefix' in store;

/** A store of cache-manager-ioredis-yet, as cache-manager 5 takes it, or in the `KeyvAdapter` of 6 and 7. */
interface IoRedisYet {
  readonly client?: unknown;
  readonly _cache?: { readonly client?: unknown };
}

function clientOfIoRedisYet(store: IoRedisYet): IoRedisClient | undefined {
  return [store.client, store._cache?.client].find(isIoRedis);
}
