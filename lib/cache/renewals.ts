import type { CacheEvents } from '../events/cache-events.js';
import { tellFailed } from '../events/tell-failed.js';
import { Budget, type CacheStore } from '../store/cache-store.js';
import type { AsOf } from './as-of.js';
import type { Loaded, Loads, ReadRequest } from './read-request.js';
import type { SingleFlight } from './single-flight.js';

/**
 * Loads behind the back of readers who were shown entries past their timeout: one at a time of each key, however many read it and
 * whatever is written to other rows meanwhile; together what was read together. One that takes too long is in nobody's way.
 */
export class Renewals {
  readonly #underWay = new Map<string, Promise<void>>();
  #isClosed = false;

  constructor(
    private readonly flights: SingleFlight,
    private readonly store: CacheStore,
    private readonly events: CacheEvents,
    private readonly budgetMs: number,
    private readonly overdueMs: number,
  ) {}

  /**
   * Never rejects, and nobody waits for it: a failure is an event, and the entries stay; what has nothing to take its place is removed.
   *
   * @param asOf of their loads
   */
  begin<T>(
    expired: readonly ReadRequest<T>[],
    { load, limit }: Loads<T>,
    asOf: (requests: readonly ReadRequest<T>[]) => Promise<AsOf>,
  ): void {
    const requests = expired.filter((request) => !this.#underWay.has(nameOf(request)));
    if (this.#isClosed || !requests.length) return;
    const outdated = new Set<string>();
    const noting: Loads<T>['load'] = async (missing) => {
      const loaded = await load(missing);
      missing.forEach(({ key }, i) => replacesNothing(loaded[i]!) && outdated.add(key));
      return loaded;
    };
    // Nested or not, their reader has gone on: it waits for its place as all loads do.
    const loads: Loads<T> = limit ? { load: noting, limit } : { load: noting };
    const renew = async () => this.flights.renew(requests, loads, await asOf(requests), new Budget(this.budgetMs));
    const renewal = renew().then(
      () => this.#remove([...outdated]),
      (error: unknown) => {
        // Of an application that has ended meanwhile there is no database any more.
        if (this.#isClosed) return;
        for (const { key } of requests) this.events.emit({ name: 'load:failed', key, error });
      },
    );
    for (const request of requests) this.#underWay.set(nameOf(request), renewal);
    const leave = () => {
      clearTimeout(timer);
      for (const name of requests.map(nameOf)) if (this.#underWay.get(name) === renewal) this.#underWay.delete(name);
    };
    const timer = this.overdueMs < Infinity ? setTimeout(leave, this.overdueMs).unref() : undefined;
    void renewal.then(leave);
  }

  /** When none is under way, but for those that take too long. */
  async settled(): Promise<void> {
    while (this.#underWay.size) await Promise.all(this.#underWay.values());
  }

  /** Entries that were loaded again and have nothing to take their place: the row is gone, or may not be stored. Never rejects. */
  async #remove(keys: readonly string[]): Promise<void> {
    if (!keys.length || this.#isClosed) return;
    try {
      await this.store.remove(keys);
    } catch (error) {
      tellFailed(this.events, 'remove', error);
    }
  }

  /** From now on none begins: what it loads would not be stored. */
  close(): void {
    this.#isClosed = true;
  }
}

function nameOf({ key, fingerprint }: ReadRequest<unknown>): string {
  return JSON.stringify([key, fingerprint]);
}

/** What is loaded beside somebody's transaction, or reads a table nobody knew of, is stored the next time; whatever else is not, never. */
function replacesNothing({ dependencies, skipped }: Loaded<unknown>): boolean {
  return !dependencies && skipped?.reason !== 'uncommitted' && skipped?.reason !== 'uncovered';
}
