import { ExpiringMap } from '../store/expiring-map.js';

/** Far above what a test reads. */
const MOST_ENTRIES = 100_000;

/** Where the store of a test keeps entries, in place of a CACHE_MANAGER. */
export class LocalCache {
  readonly #entries = new ExpiringMap<unknown>(MOST_ENTRIES);

  async get<T>(key: string): Promise<T | undefined> {
    return this.#entries.get(key) as T | undefined;
  }

  async set<T>(key: string, value: T, ttl = Infinity): Promise<T> {
    this.#entries.set(key, value, ttl);
    return value;
  }

  async del(key: string): Promise<boolean> {
    this.#entries.delete(key);
    return true;
  }
}
