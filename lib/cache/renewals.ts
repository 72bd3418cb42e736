import type { CacheEvents } from '../events/cache-events.js';
import type { AsOf } from './as-of.js';
import type { Loads, ReadRequest } from './read-request.js';
import type { SingleFlight } from './single-flight.js';

/**
 * Loads behind the back of readers who were shown an entry past its timeout: one for each key, however many read it and whatever is
 * written to other rows meanwhile. One that takes too long is in nobody's way.
 */
export class Renewals {
  readonly #underWay = new Map<string, Promise<void>>();
  #isClosed = false;

  constructor(
    private readonly flights: SingleFlight,
    private readonly events: CacheEvents,
    private readonly overdueMs: number,
  ) {}

  /** Never rejects, and nobody waits for it: a failure is an event, and the entry stays what it was. */
  begin<T>(request: ReadRequest<T>, { load, limit }: Loads<T>, asOf: AsOf): void {
    const name = JSON.stringify([request.key, request.fingerprint]);
    if (this.#isClosed || this.#underWay.has(name)) return;
    // Nested or not, its reader has gone on: it waits for its place as all loads do.
    const loads: Loads<T> = limit ? { load, limit } : { load };
    const renewal = this.flights.renew(request, loads, asOf).catch((error: unknown) => {
      this.events.emit({ name: 'load:failed', key: request.key, error });
    });
    this.#underWay.set(name, renewal);
    const leave = () => {
      clearTimeout(timer);
      if (this.#underWay.get(name) === renewal) this.#underWay.delete(name);
    };
    const timer = this.overdueMs < Infinity ? setTimeout(leave, this.overdueMs).unref() : undefined;
    void renewal.then(leave);
  }

  /** When none is under way, but for those that take too long. */
  async settled(): Promise<void> {
    while (this.#underWay.size) await Promise.all(this.#underWay.values());
  }

  /** From now on none begins: what it loads would not be stored. */
  close(): void {
    this.#isClosed = true;
  }
}
