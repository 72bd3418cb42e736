import { StoreError, type StoreFailure } from '../errors.js';
import { safeError, withoutQuoted } from '../events/safe-error.js';
import { failureOf } from './failure.js';

// Kept: a test that fakes the time would keep whoever waits waiting, for clients send nothing then.
const { setTimeout, clearTimeout, setImmediate } = globalThis;

/** In how many pieces a budget is spent. */
const PIECES = 4;

/**
 * How long one caller waits for a store, in milliseconds, all its questions together. A store that has time-outs of its own asks for
 * `leftMs`; any other can leave it alone.
 *
 * @publicApi
 */
export class Budget {
  #leftMs: number;

  constructor(
    /** All of it, in milliseconds. */
    readonly ms: number,
  ) {
    this.#leftMs = ms;
  }

  /** What is left of it, in milliseconds. */
  get leftMs(): number {
    return this.#leftMs;
  }

  /** As much is left of it, to be spent on its own: what several do at the same time takes no longer than one of them. @internal */
  copy(): Budget {
    const copy = new Budget(this.ms);
    copy.#leftMs = this.#leftMs;
    return copy;
  }

  /** @internal */
  spend(ms: number): void {
    this.#leftMs = Math.max(0, this.#leftMs - ms);
  }
}

/**
 * Runs one conversation with a store and answers in time: a caller never waits longer than the budget, whatever the client's own
 * settings, and every failure comes out as a `StoreError`, which quotes nothing of the conversation: clients keep whole commands in
 * their errors. The work itself cannot be called off, so it may still take effect.
 *
 * The budget is spent piece by piece, so that a process that was busy for all of it has spent one: what it was too busy to send or
 * to hear is not the store's fault.
 *
 * @param budget in milliseconds, or what earlier conversations left of one
 * @param reason what has gone wrong so far, for the message of a budget that was spent
 * @param kind what kind of failure an error is. Default: as Redis and its clients speak
 */
export function withinBudget<T>(
  store: string,
  what: string,
  budget: number | Budget,
  work: () => Promise<T>,
  reason: () => unknown = () => undefined,
  kind: (error: Error) => StoreFailure = failureOf,
): Promise<T> {
  const shared = typeof budget === 'number' ? new Budget(budget) : budget;
  // One promise and no race: every read comes through here.
  return new Promise<T>((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let pieceMs = 0;
    let began = 0;
    let isOver = false;

    const isFirst = (): boolean => {
      if (isOver) return false;
      isOver = true;
      clearTimeout(timer);
      shared.spend(Math.min(pieceMs, performance.now() - began));
      return true;
    };
    const giveUp = () => {
      if (!isFirst()) return;
      const failure = `${store} did not ${what} within ${shared.ms} ms`;
      const known = reason();
      if (known === undefined) return reject(new StoreError(`${failure}. ${CONSEQUENCE}`, 'late'));
      const cause = safeError(known, withoutQuoted);
      reject(new StoreError(`${failure} (${sentence(cause)}). ${CONSEQUENCE}`, kind(cause), { cause }));
    };
    const spend = (): void => {
      pieceMs = Math.min(shared.leftMs, shared.ms / PIECES);
      began = performance.now();
      timer = setTimeout(() => {
        shared.spend(pieceMs);
        pieceMs = 0;
        // An answer may have arrived while this process was busy: sockets are read before immediates run, and after timers do.
        if (shared.leftMs > 0) spend();
        else setImmediate(giveUp);
      }, pieceMs);
    };
    const fail = (error: unknown) => {
      if (!isFirst()) return;
      if (error instanceof StoreError) return reject(error);
      const cause = safeError(error, withoutQuoted);
      reject(new StoreError(`${store} could not ${what}: ${sentence(cause)}. ${CONSEQUENCE}`, kind(cause), { cause }));
    };

    spend();
    try {
      work().then((answer) => isFirst() && resolve(answer), fail);
    } catch (error) {
      fail(error);
    }
  });
}

const sentence = ({ message }: Error): string => message.replace(/\.$/, '');

const CONSEQUENCE = 'Until it does, reads go to the database. Check the store and the way to it.';

/** The same for a store that nobody here wrote: it may fail in words of its own, which quote an entry, and nobody knows what it means by them. */
export function withinBudgetSafely<T>(
  store: string,
  what: string,
  budget: number | Budget,
  work: () => Promise<T>,
): Promise<T> {
  const safely = async () => {
    try {
      return await work();
    } catch (error) {
      throw safeError(error);
    }
  };
  // Which of its errors means the store itself, and which only this key?
  return withinBudget(store, what, budget, safely, undefined, () => 'refused');
}
