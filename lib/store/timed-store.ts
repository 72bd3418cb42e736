import { StoreError } from '../errors.js';
import { type Budget, withinBudgetSafely } from './budget.js';
import {
  CacheStore,
  type ClockQuery,
  type ClocksRead,
  type ClockState,
  type ClockWrite,
  type EntriesRead,
  type EntryInHand,
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

  read(
    keys: readonly string[],
    queries: readonly ClockQuery[],
    budget?: Budget,
    known?: readonly (string | undefined)[],
  ): Promise<EntriesRead> {
    // What it spends of its copy passes here as well.
    const work = async () => {
      const answer = await this.store.read(keys, queries, budget?.copy(), known);
      return this.#whole(answer, ({ clocks, entries }) => areOf(clocks, queries) && entries.length === keys.length);
    };
    return this.#within('read', work, budget);
  }

  override vouchesFor(key: string, entry: EntryInHand): boolean {
    try {
      return this.store.vouchesFor(key, entry) === true;
    } catch {
      return false;
    }
  }

  touch(queries: readonly ClockQuery[], lifetimeMs: number): Promise<ClocksRead> {
    return this.#within('touch', async () => {
      const answer = await this.store.touch(queries, lifetimeMs);
      return this.#whole(answer, ({ clocks }) => areOf(clocks, queries));
    });
  }

  put(key: string, entry: string, lifetimeMs: number): Promise<void> {
    return this.#within('store an entry', () => this.store.put(key, entry, lifetimeMs));
  }

  override replace(key: string, mark: string, entry: string): Promise<void> {
    return this.#within('replace an entry', () => this.store.replace(key, mark, entry));
  }

  remove(keys: readonly string[]): Promise<void> {
    return this.#within('remove entries', () => this.store.remove(keys));
  }

  lease(work: readonly Work[], id: string, lifetimeMs: number, budget?: Budget): Promise<readonly Lease[]> {
    const ask = async () => {
      const leases = await this.store.lease(work, id, lifetimeMs, budget?.copy());
      return this.#whole(leases, ({ length }) => length === work.length);
    };
    return this.#within('lease', ask, budget);
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
    return this.#within('open', () => this.store.open());
  }

  /** That it fails must not keep an application from ending. */
  override async close(): Promise<void> {
    await this.#within('close', () => this.store.close()).catch(() => undefined);
  }

  /** Nor from starting. */
  check(): Promise<string | undefined> {
    return this.#within('say what it lacks', async () => {
      const problem: unknown = await this.store.check();
      return typeof problem === 'string' ? problem : undefined;
    }).catch(({ message }: Error) => message);
  }

  /** What is built on an answer of another shape would fail the request. */
  #whole<T>(answer: T, isWhole: (answer: T) => boolean): T {
    try {
      if (isWhole(answer)) return answer;
    } catch {
      // It is not even an object.
    }
    throw new StoreError(
      `${this.name} answered something else than it was asked. Until it does, reads go to the database. Prove it with cacheStoreContract of nestjs-qscache/testing.`,
      'refused',
    );
  }

  #within<T>(what: string, work: () => Promise<T>, budget: number | Budget = this.budgetMs): Promise<T> {
    return withinBudgetSafely(this.name, what, budget, work);
  }
}

function areOf(clocks: ClocksRead['clocks'], queries: readonly ClockQuery[]): boolean {
  return clocks.length === queries.length && queries.every((query, i) => isOf(clocks[i]!, query));
}

function isOf({ now, rows, changes }: ClockState, { rows: asked, since }: ClockQuery): boolean {
  return rows.length === asked.length && (changes === undefined || areSince(changes, since, now));
}

/** One for each advance: what tells of fewer would hide a write. */
function areSince(changes: unknown, since: number | undefined, now: number): boolean {
  if (since === undefined || !Array.isArray(changes) || changes.length !== now - since) return false;
  return changes.every((change) => typeof change === 'string');
}
