import { safeError } from '../events/safe-error.js';
import { type Budget, withinBudget } from './budget.js';
import {
  CacheStore,
  type ClockQuery,
  type ClocksRead,
  type ClockWrite,
  type EntriesRead,
  type Lease,
  type Work,
} from './cache-store.js';

/**
 * A store somebody else wrote, kept to the budget whatever it does: late answers and errors of any kind come out as `StoreError`s that
 * quote nothing.
 *
 * @internal
 */
export class TimedStore extends CacheStore {
  readonly name: string;
  override readonly reach: CacheStore['reach'];

  constructor(
    private readonly store: CacheStore,
    private readonly budgetMs: number,
  ) {
    super();
    this.name = store.name;
    this.reach = store.reach;
  }

  read(keys: readonly string[], queries: readonly ClockQuery[], budget?: Budget): Promise<EntriesRead> {
    // What it spends of its copy passes here as well.
    return this.#within('read', () => this.store.read(keys, queries, budget?.copy()), budget);
  }

  touch(queries: readonly ClockQuery[], lifetimeMs: number): Promise<ClocksRead> {
    return this.#within('touch', () => this.store.touch(queries, lifetimeMs));
  }

  put(key: string, entry: string, lifetimeMs: number): Promise<void> {
    return this.#within('store an entry', () => this.store.put(key, entry, lifetimeMs));
  }

  remove(keys: readonly string[]): Promise<void> {
    return this.#within('remove entries', () => this.store.remove(keys));
  }

  lease(work: readonly Work[], id: string, lifetimeMs: number, budget?: Budget): Promise<readonly Lease[]> {
    return this.#within('lease', () => this.store.lease(work, id, lifetimeMs, budget?.copy()), budget);
  }

  endLease(work: readonly Work[], id: string, freeMs?: number): Promise<void> {
    return this.#within('end a lease', () => this.store.endLease(work, id, freeMs));
  }

  hold(clocks: readonly string[], id: string, deadlineMs: number, releasesKeys?: boolean): Promise<void> {
    return this.#within('hold', () => this.store.hold(clocks, id, deadlineMs, releasesKeys), this.budgetMs / 2);
  }

  release(clocks: readonly string[], id: string): Promise<void> {
    return this.#within('release', () => this.store.release(clocks, id));
  }

  advance(writes: readonly ClockWrite[], hold?: string): Promise<void> {
    return this.#within('advance', () => this.store.advance(writes, hold));
  }

  override open(): Promise<void> {
    return this.#within('be opened', () => this.store.open());
  }

  /** That it fails must not keep an application from ending. */
  override async close(): Promise<void> {
    await this.#within('be closed', () => this.store.close()).catch(() => undefined);
  }

  /** Nor from starting. */
  check(): Promise<string | undefined> {
    return this.#within('be checked', () => this.store.check()).catch(({ message }: Error) => message);
  }

  #within<T>(what: string, work: () => Promise<T>, budget: number | Budget = this.budgetMs): Promise<T> {
    const safely = async () => {
      try {
        return await work();
      } catch (error) {
        throw safeError(error);
      }
    };
    // Nobody knows which of its errors means the store itself, and which only this question.
    return withinBudget(this.name, what, budget, safely, undefined, () => 'refused');
  }
}
