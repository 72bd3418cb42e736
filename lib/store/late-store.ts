import {
  type Budget,
  CacheStore,
  type ClockQuery,
  type ClockWrite,
  type EntryInHand,
  type Work,
} from './cache-store.js';

/** A store that is asked for with every call: readers may begin before CACHE_MANAGER exists, and read without it until then. */
export class LateStore extends CacheStore {
  constructor(private readonly store: () => CacheStore) {
    super();
  }

  get name(): string {
    return this.store().name;
  }

  read(
    keys: readonly string[],
    queries: readonly ClockQuery[],
    budget?: Budget,
    known?: readonly (string | undefined)[],
  ) {
    return this.store().read(keys, queries, budget, known);
  }

  override vouchesFor(key: string, entry: EntryInHand) {
    return this.store().vouchesFor(key, entry);
  }

  touch(queries: readonly ClockQuery[], lifetimeMs: number) {
    return this.store().touch(queries, lifetimeMs);
  }

  put(key: string, entry: string, lifetimeMs: number) {
    return this.store().put(key, entry, lifetimeMs);
  }

  override replace(key: string, mark: string, entry: string) {
    return this.store().replace(key, mark, entry);
  }

  remove(keys: readonly string[]) {
    return this.store().remove(keys);
  }

  lease(work: readonly Work[], id: string, lifetimeMs: number, budget?: Budget) {
    return this.store().lease(work, id, lifetimeMs, budget);
  }

  endLease(work: readonly Work[], id: string, freeMs?: number) {
    return this.store().endLease(work, id, freeMs);
  }

  hold(clocks: readonly string[], id: string, deadlineMs: number, releasesKeys?: boolean) {
    return this.store().hold(clocks, id, deadlineMs, releasesKeys);
  }

  release(clocks: readonly string[], id: string) {
    return this.store().release(clocks, id);
  }

  advance(writes: readonly ClockWrite[], hold?: string) {
    return this.store().advance(writes, hold);
  }

  check() {
    return this.store().check();
  }
}
