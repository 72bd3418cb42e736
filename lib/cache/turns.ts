import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheEvents } from '../events/cache-events.js';
import { tellFailedInTime } from '../events/tell-failed.js';
import type { Budget, CacheStore, Lease, Work } from '../store/cache-store.js';
import type { AsOf } from './as-of.js';
import type { Loaded, ReadRequest } from './read-request.js';

/** The pause before the second look at the store, in milliseconds; each one after it is twice as long as the one before. */
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 40;

/** Of a lease, in budgets. Who waits for a dead process goes on after one; who comes when this is over does not wait at all. */
const LEASE_LIFETIME = 2;

/**
 * For how long nobody waits, in milliseconds, once a result could not be stored: the next one most likely cannot either, and whoever waited
 * for it would wait for nothing, one after the other.
 */
const FREE_MS = 1_000;

/** Keys of one load with leases: more of them take longer to lease than their one query. */
const MOST_LEASES = 100;

/** An entry that another process has stored, as far as this reader may see it. */
export interface Found<T> extends Loaded<T> {
  readonly payload: string;
  /** Anybody may have put it there. */
  readonly isStored: true;
}

/** What a look at the store brings: the entries that are true, and the as-of of a load that begins after it. */
export interface Looked<T> {
  readonly found: ReadonlyMap<ReadRequest<T>, Found<T>>;
  readonly asOf: AsOf;
}

/** Looks anew: at entries, and at clocks that are no older than they are. `undefined` when the store says nothing to go by. */
export type Look = <T>(
  asOf: AsOf,
  requests: readonly ReadRequest<T>[],
  budget: Budget,
) => Promise<Looked<T> | undefined>;

/** Some of the requests, by their places, which need wait no longer: for what another process has stored, or for a load of their own. */
export interface Turn<T> {
  readonly places: readonly number[];
  /** Of their load. */
  readonly asOf: AsOf;
  /** In the order of the places; without, they are loaded. */
  readonly found?: readonly Found<T>[];
  /** Gives back what was leased for them. Nobody waits for it, and it never fails. */
  end(isStored: (place: number) => boolean): void;
}

/** Somebody who waits, and what the store said last of their work. */
interface Waiting<T> {
  readonly place: number;
  readonly request: ReadRequest<T>;
  readonly work: Work;
  /** Without an answer nobody waits. */
  readonly lease: Lease;
}

/**
 * One load across processes. Whoever leads a load leases its work; where another process has it, they look at the store again and again
 * until its entry is there. They wait for no longer than what the read has left of its budget, and never for a store that fails: a
 * lease saves loads, and decides nothing about what may be served.
 */
export class Turns {
  readonly #leaseMs: number;
  readonly #ending = new Set<Promise<void>>();

  constructor(
    private readonly store: CacheStore,
    private readonly events: CacheEvents,
    private readonly look: Look,
    budgetMs: number,
  ) {
    this.#leaseMs = LEASE_LIFETIME * budgetMs;
  }

  /** Each request comes in one turn, as soon as it need wait no longer; those that may be loaded at once come together. */
  async *of<T>(requests: readonly ReadRequest<T>[], asOf: AsOf, budget: Budget): AsyncGenerator<Turn<T>, void> {
    const id = randomUUID();
    let now = asOf;
    let waiting = await this.#ask([...requests.entries()], now, id, budget);
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      const free = waiting.filter(({ lease }) => lease !== 'taken');
      if (free.length) yield this.#turn(free, now, id);
      waiting = waiting.filter(({ lease }) => lease === 'taken');
      if (!waiting.length) return;
      if (budget.leftMs < FIRST_PAUSE_MS) return yield this.#turn(waiting, now, id);

      // Those who wait for one entry need not look at one moment. Half of what is left, so that the last look comes near its end.
      const pause = Math.min(pauseMs, budget.leftMs / 2) * (0.75 + Math.random() / 2);
      await sleep(pause);
      budget.spend(pause);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);

      // In this order: what was stored before a lease was given back is seen by whoever has it next.
      const asked = this.#ask(
        waiting.map(({ place, request }) => [place, request]),
        now,
        id,
        budget.copy(),
      );
      const looked = await this.look(
        now,
        waiting.map(({ request }) => request),
        budget,
      );
      waiting = await asked;
      if (!looked) return yield this.#turn(waiting, now, id);
      now = looked.asOf;
      const answered = waiting.filter(({ request }) => looked.found.has(request));
      if (!answered.length) continue;
      yield {
        ...this.#turn(answered, now, id),
        found: answered.map(({ request }) => looked.found.get(request) as Found<T>),
      };
      waiting = waiting.filter((each) => !answered.includes(each));
    }
  }

  #turn<T>(waiting: readonly Waiting<T>[], asOf: AsOf, id: string): Turn<T> {
    const mine = waiting.filter(({ lease }) => lease === 'mine');
    return {
      places: waiting.map(({ place }) => place),
      asOf,
      end: (isStored) => {
        const works = (stored: boolean) =>
          mine.filter(({ place }) => isStored(place) === stored).map(({ work }) => work);
        this.#begin(this.#end(works(true), id));
        this.#begin(this.#end(works(false), id, FREE_MS));
      },
    };
  }

  /** When no lease is on its way back. */
  async settled(): Promise<void> {
    while (this.#ending.size) await Promise.all(this.#ending);
  }

  #begin(ending: Promise<void>): void {
    this.#ending.add(ending);
    void ending.then(() => this.#ending.delete(ending));
  }

  /** Whose work it is. A store that does not say keeps nobody waiting. */
  async #ask<T>(
    asked: readonly (readonly [place: number, request: ReadRequest<T>])[],
    asOf: AsOf,
    id: string,
    budget: Budget,
  ): Promise<Waiting<T>[]> {
    const works = asked.map(([, request]) => ({ key: request.key, name: nameOf(request, asOf) }));
    let leases: readonly Lease[] | undefined;
    if (works.length <= MOST_LEASES) {
      try {
        leases = await this.store.lease(works, id, this.#leaseMs, budget);
      } catch (error) {
        tellFailedInTime(this.events, 'lease', error);
      }
    }
    return asked.map(([place, request], i) => ({ place, request, work: works[i]!, lease: leases?.[i] ?? 'free' }));
  }

  async #end(works: readonly Work[], id: string, freeMs?: number): Promise<void> {
    if (!works.length) return;
    try {
      await this.store.endLease(works, id, freeMs);
    } catch {
      // It ends by itself, soon.
    }
  }
}

/** Equal for two whose loads could be one: nothing was written between their as-of that is known to concern the result. */
function nameOf({ kind, fingerprint, rows }: ReadRequest<unknown>, asOf: AsOf): string {
  return JSON.stringify([fingerprint, asOf.nameOf(kind, rows)]);
}
