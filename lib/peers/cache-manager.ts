/** What is used of CACHE_MANAGER: cache-manager 5, 6 and 7 have it alike. Lifetimes are milliseconds. */
export interface CacheManager {
  get(key: string): Promise<unknown>;
  set(key: string, value: string, lifetimeMs: number): Promise<unknown>;
  del(key: string): Promise<unknown>;
}

/** cache-manager 6 and 7 have Keyvs in `stores`; 5 has its `store`, or several that its `multiCaching` tells nobody of. */
interface Versions {
  readonly stores?: unknown;
  readonly store?: unknown;
}

/** What CACHE_MANAGER keeps values in, as far as it tells; itself where it does not. */
export function storesOf(cache: CacheManager): readonly object[] {
  const { stores, store } = cache as Versions;
  if (Array.isArray(stores)) return stores as object[];
  return [isObject(store) ? store : cache];
}

/** Closes what CACHE_MANAGER has opened. cache-manager 5 has no word for that, and leaves its clients to whoever made them. */
export async function disconnectStores(cache: CacheManager): Promise<void> {
  const { disconnect } = cache as { disconnect?: unknown };
  if (typeof disconnect === 'function') await disconnect.call(cache);
}

/** Whether a store is the one in memory of cache-manager 5: an LRU cache of 500 entries, unless it was told another number. */
export function isMemoryOf5(store: object): boolean {
  return 'calculatedSize' in store && 'dump' in store && 'load' in store;
}

/** What an event of cache-manager 6 and 7 may be about. */
interface Told {
  readonly key?: unknown;
  readonly keys?: unknown;
  readonly list?: unknown;
  readonly value?: unknown;
}

/**
 * Tells of every value that is put into CACHE_MANAGER or taken out of it by its own methods, by whomever; without a key, of all of them.
 * The result ends that. `undefined`: it cannot tell, as cache-manager 5.
 */
export function onChanged(
  cache: CacheManager,
  changed: (key: string | undefined, value?: unknown) => void,
): (() => void) | undefined {
  const { on, off } = cache as Partial<Record<'on' | 'off', (event: string, listener: typeof heard) => unknown>>;
  if (typeof on !== 'function' || typeof off !== 'function') return undefined;
  const heard = (told: Told = {}): void => {
    const { key, keys, list, value } = told;
    if (typeof key === 'string') return changed(key, value);
    const several: unknown = keys ?? list;
    if (!Array.isArray(several)) return changed(undefined);
    for (const each of several as (string | Told | undefined)[]) {
      const name = typeof each === 'string' ? each : each?.key;
      changed(typeof name === 'string' ? name : undefined);
    }
  };
  for (const event of CHANGES) on.call(cache, event, heard);
  return () => {
    for (const event of CHANGES) off.call(cache, event, heard);
  };
}

const CHANGES = ['set', 'mset', 'del', 'mdel', 'clear', 'refresh'];

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
