import type { Cluster } from 'node:cluster';
import { type CacheManager, storesOf } from '../peers/cache-manager.js';
import { isKeyv6 } from '../peers/keyv.js';
import type { CacheStore } from './cache-store.js';
import { connectRedis, type RedisClient } from './connect-redis.js';
import { tiersOf, type Tier } from './keyv-tiers.js';
import { MemoryStore } from './memory.store.js';
import { RedisStore, type RedisTrackingOptions } from './redis.store.js';
import type { RedisConnection } from './redis-connection.js';
import { TimedStore } from './timed-store.js';
import { Tracking } from './tracking.js';

export interface StoreSelectionOptions {
  readonly cache: CacheManager;
  /** Used instead of whatever CACHE_MANAGER holds. */
  readonly redis?: RedisClient;
  /** Used instead of either. */
  readonly store?: CacheStore;
  readonly budgetMs: number;
  /** What is asked of a Redis that vouches for what was read lately. Default: nothing. */
  readonly tracking?: RedisTrackingOptions | undefined;
}

export interface StoreSelection {
  readonly store: CacheStore;
  /** How far a write is heard: by this process only, or by every process that shares the store. */
  readonly reach: 'process' | 'shared';
  /** For the boot log. */
  readonly warnings: readonly string[];
}

const WRAP_IS_BROKEN =
  'CACHE_MANAGER holds a Keyv of keyv 6, and cache-manager 6 and 7 are made for keyv 5: QsCache works on it, but wrap() of CACHE_MANAGER ' +
  'finds nothing and calls its function every time. Install keyv@5, or leave stores out of CacheModule.register().';

/** Decides, once at boot, where entries and clocks live. */
export function selectStore({ cache, redis, store: given, budgetMs, tracking }: StoreSelectionOptions): StoreSelection {
  if (given) {
    const warnings = given.reach === 'process' ? siblingWarnings(given.name) : tracking ? [untracked(given.name)] : [];
    return { store: new TimedStore(given, budgetMs), reach: given.reach, warnings };
  }
  if (redis) {
    const connection = connectRedis(redis);
    const store = new RedisStore(connection, { budgetMs, entryKey: (key) => key, tracking });
    return { store, reach: 'shared', warnings: trackingWarnings(connection, tracking) };
  }
  const tiers = tiersOf(cache);
  const found = tiers.find((tier) => tier.kind === 'redis');
  if (found) {
    const { connection, entryKey } = found;
    const store = new RedisStore(connection, { budgetMs, entryKey, tracking });
    const warnings = tiers.length > 1 ? [ignoredTiers(tiers, found)] : [];
    return { store, reach: 'shared', warnings: [...warnings, ...trackingWarnings(connection, tracking)] };
  }
  const warnings = [...memoryWarnings(tiers), ...(storesOf(cache).some(isKeyv6) ? [WRAP_IS_BROKEN] : [])];
  const isAlone = tiers.every(({ kind }) => kind === 'memory');
  return { store: new MemoryStore(cache, { budgetMs, isAlone }), reach: 'process', warnings };
}

function trackingWarnings(connection: RedisConnection, tracking: RedisTrackingOptions | undefined): string[] {
  return tracking && !Tracking.isPossible(connection) ? [untracked(`redis (${connection.name})`)] : [];
}

function untracked(store: string): string {
  return (
    `${store} is asked at every read, as without nearCache.tracking: that takes one Redis server which tells one connection more of what ` +
    'changes, and no Redis Cluster, Sentinel client of redis or store of your own. Leave tracking out, or give a client that ' +
    'leads to one server: new Redis(url) of ioredis (also to Sentinels), or createClient(...) of redis.'
  );
}

function ignoredTiers(tiers: readonly Tier[], used: Tier): string {
  const ignored = tiers.filter((tier) => tier !== used).map(({ name }) => name);
  return (
    `CACHE_MANAGER has ${tiers.length} stores; QsCache keeps entries in ${used.name} only and ignores ${ignored.join(', ')}, ` +
    'where a copy could outlive a write made by another process. Nothing to do, unless you counted on them for speed.'
  );
}

function memoryWarnings(tiers: readonly Tier[]): string[] {
  const warnings: string[] = [];
  const unknown = tiers.filter(({ kind }) => kind === 'unknown').map(({ name }) => name);
  if (unknown.length > 0) {
    warnings.push(
      `CACHE_MANAGER keeps values in ${unknown.join(', ')}, which is neither Redis nor known to be in this process: a write made by ` +
        'another process is not heard here, and its old rows may be served until they expire. Put Redis into CACHE_MANAGER ' +
        '(@keyv/redis or cache-manager-ioredis-yet), or give QsCacheModule.forRoot({ redis }).',
    );
  }
  if (unknown.length === 0) warnings.push(...siblingWarnings('CACHE_MANAGER'));
  if (tiers.some((tier) => tier.kind === 'memory' && !tier.bounded)) {
    warnings.push(
      'CACHE_MANAGER keeps values in a plain Map, which has no bound and keeps expired values until they are asked for: memory grows ' +
        'with every key. Give CacheModule a bounded store, e.g. stores: [new Keyv({ store: new CacheableMemory({ lruSize: 10_000 }) })].',
    );
  }
  return warnings;
}

function siblingWarnings(store: string): string[] {
  const sibling = siblingSign();
  if (!sibling) return [];
  return [
    `${store} keeps values in this process, but ${sibling}: each process would go on serving rows that another one has ` +
      'changed, until they expire. Put Redis into CACHE_MANAGER, or run one process.',
  ];
}

/** What says that this process has siblings with caches of their own. */
function siblingSign(): string | undefined {
  // Not imported: it brings child processes and sockets along, and only who keeps values in memory asks.
  const cluster = process.getBuiltinModule('node:cluster') as unknown as Cluster;
  if (cluster.isWorker) return 'this is a worker of node:cluster';
  if (process.env.pm_id !== undefined) return 'this process is run by PM2 (pm_id is set)';
  if (process.env.NODE_APP_INSTANCE !== undefined)
    return 'NODE_APP_INSTANCE is set, which numbers the instances of an application';
  return undefined;
}
