import {
  CacheStore,
  type EntriesRead,
  type ClockWrite,
  type ClockQuery,
  type ClocksRead,
  type Lease,
  type Work,
} from '../../lib/store/cache-store.js';

/** Passes everything on to another store: what to change is for subclasses. */
export abstract class WrappedStore extends CacheStore {
  readonly name: string;

  constructor(protected readonly inner: CacheStore) {
    super();
    this.name = inner.name;
  }

  read(...asked: Parameters<CacheStore['read']>): Promise<EntriesRead> {
    return this.inner.read(...asked);
  }

  override vouchesFor(...asked: Parameters<CacheStore['vouchesFor']>): boolean {
    return this.inner.vouchesFor(...asked);
  }

  touch(queries: readonly ClockQuery[], lifetimeMs: number): Promise<ClocksRead> {
    return this.inner.touch(queries, lifetimeMs);
  }

  put(key: string, entry: string, lifetimeMs: number): Promise<void> {
    return this.inner.put(key, entry, lifetimeMs);
  }

  override replace(key: string, mark: string, entry: string): Promise<void> {
    return this.inner.replace(key, mark, entry);
  }

  remove(keys: readonly string[]): Promise<void> {
    return this.inner.remove(keys);
  }

  lease(...asked: Parameters<CacheStore['lease']>): Promise<readonly Lease[]> {
    return this.inner.lease(...asked);
  }

  endLease(work: readonly Work[], id: string, freeMs?: number): Promise<void> {
    return this.inner.endLease(work, id, freeMs);
  }

  hold(clocks: readonly string[], id: string, deadlineMs: number, releasesKeys?: boolean): Promise<void> {
    return this.inner.hold(clocks, id, deadlineMs, releasesKeys);
  }

  release(clocks: readonly string[], id: string): Promise<void> {
    return this.inner.release(clocks, id);
  }

  advance(writes: readonly ClockWrite[], hold?: string): Promise<void> {
    return this.inner.advance(writes, hold);
  }

  check(): Promise<string | undefined> {
    return this.inner.check();
  }
}
