import { randomUUID } from 'node:crypto';
import { type CacheManager, onChanged } from '../peers/cache-manager.js';
import { type Budget, withinBudgetSafely } from './budget.js';
import {
  CacheStore,
  type EntriesRead,
  type EntryInHand,
  type ClockWrite,
  type ClockQuery,
  type ClocksRead,
  type Lease,
  type Work,
} from './cache-store.js';
import { ExpiringMap } from './expiring-map.js';
import { LocalClocks } from './local-clocks.js';
import { markOf } from './text-mark.js';

export interface MemoryStoreOptions {
  readonly budgetMs: number;
  /** Most clocks of rows kept; the oldest go first, and a row whose clock is gone is a miss once. */
  readonly maxRows?: number;
  /** Nothing but CACHE_MANAGER itself reaches what it keeps. Default: somebody else may. */
  readonly isAlone?: boolean;
}

/** Entries of which it is known that they are there; of any other one CACHE_MANAGER is asked. */
const MOST_THERE = 100_000;

/** Nobody has such an entry. */
const PROBE = 'qscache:probe';

/**
 * Entries in CACHE_MANAGER, clocks in this process: right as long as this process is the only one that writes.
 *
 * @internal
 */
export class MemoryStore extends CacheStore {
  readonly name = 'memory';
  override readonly reach = 'process';
  readonly #clocks: LocalClocks;
  /** Another process, or this one after a restart, knows nothing of these clocks: entries it left behind must not count. */
  readonly #epoch = randomUUID();
  /** Entries that CACHE_MANAGER has taken and nobody has told it to drop, by how they begin. */
  readonly #there = new ExpiringMap<string>(MOST_THERE);
  readonly #onTheirWay = new Map<string, { readonly entry: string; readonly until: number }>();
  #unfollow: (() => void) | undefined;

  constructor(
    private readonly cache: CacheManager,
    private readonly options: MemoryStoreOptions,
  ) {
    super();
    this.#clocks = new LocalClocks(options.budgetMs, options.maxRows ?? 100_000);
    if (options.isAlone) this.#unfollow = onChanged(cache, (key, value) => this.#changed(key, value));
  }

  override vouchesFor(key: string, { mark, epoch, dependencies }: EntryInHand): boolean {
    if (epoch !== this.#epoch || this.#there.get(key) !== mark) return false;
    for (const dependency of dependencies) if (!this.#clocks.isUnwritten(dependency)) return false;
    return true;
  }

  read(keys: readonly string[], queries: readonly ClockQuery[], budget?: Budget): Promise<EntriesRead> {
    const work = async () => {
      // Clocks are there in any case: whoever asks for them alone may want to know whether the rest is.
      if (!keys.length) await this.cache.get(PROBE);
      const values = await Promise.all(keys.map((key) => this.cache.get(key)));
      const clocks = queries.map((query) => this.#clocks.read(query));
      return {
        epoch: this.#epoch,
        clocks,
        entries: values.map((value) => (typeof value === 'string' ? value : undefined)),
      };
    };
    return this.#within('read', work, budget);
  }

  async touch(queries: readonly ClockQuery[], lifetimeMs: number): Promise<ClocksRead> {
    return { epoch: this.#epoch, clocks: queries.map((query) => this.#clocks.touch(query, lifetimeMs)) };
  }

  async put(key: string, entry: string, lifetimeMs: number): Promise<void> {
    const onItsWay = { entry, until: Date.now() + lifetimeMs };
    this.#onTheirWay.set(key, onItsWay);
    try {
      await this.#within('store an entry', () => this.cache.set(key, entry, Math.ceil(lifetimeMs)));
    } finally {
      if (this.#onTheirWay.get(key) === onItsWay) this.#onTheirWay.delete(key);
    }
  }

  // Nothing is replaced: CACHE_MANAGER cannot do that in one step, and there is no other process whose questions it would save.

  /** In the order in which CACHE_MANAGER has done it: what was dropped after it was put is not there. */
  #changed(key: string | undefined, value: unknown): void {
    if (key === undefined) return this.#there.clear();
    const ours = this.#onTheirWay.get(key);
    if (ours && ours.entry === value) this.#there.set(key, markOf(ours.entry), ours.until - Date.now());
    else this.#there.delete(key);
  }

  async remove(keys: readonly string[]): Promise<void> {
    await this.#within('remove entries', () => Promise.all(keys.map((key) => this.cache.del(key))));
  }

  /** Nobody else is there to ask. */
  async lease(work: readonly Work[]): Promise<readonly Lease[]> {
    return work.map(() => 'mine');
  }

  async endLease(): Promise<void> {}

  async hold(clocks: readonly string[], id: string, deadlineMs: number, releasesKeys?: boolean): Promise<void> {
    for (const clock of clocks) this.#clocks.hold(clock, id, deadlineMs, releasesKeys);
  }

  async release(clocks: readonly string[], id: string): Promise<void> {
    for (const clock of clocks) this.#clocks.release(clock, id);
  }

  async advance(writes: readonly ClockWrite[], hold?: string): Promise<void> {
    for (const write of writes) this.#clocks.advance(write, hold);
  }

  override async close(): Promise<void> {
    this.#unfollow?.();
    this.#unfollow = undefined;
    this.#there.clear();
  }

  async check(): Promise<undefined> {}

  #within<T>(what: string, work: () => Promise<T>, budget: number | Budget = this.options.budgetMs): Promise<T> {
    return withinBudgetSafely(this.name, what, budget, work);
  }
}
