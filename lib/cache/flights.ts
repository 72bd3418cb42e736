import { endOfTurn } from './end-of-turn.js';
import type { Limit } from './limit.js';

/** Waits for its place among the loads, runs, and says when it began. */
export class Flight<T> {
  readonly landed: Promise<readonly T[]>;
  #hasBegun = false;

  constructor(work: () => Promise<readonly T[]>, limit: Limit | undefined, begins: () => void) {
    this.landed = this.#fly(work, limit, begins);
    // A failure belongs to whoever waits for it.
    this.landed.catch(() => undefined);
  }

  /** From its first query on it may miss what is written. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  async #fly(work: () => Promise<readonly T[]>, limit: Limit | undefined, begins: () => void): Promise<readonly T[]> {
    // Whoever finds in this turn that the store has nothing, or is gone, still comes along.
    await endOfTurn();
    const leave = await limit?.enter();
    try {
      this.#hasBegun = true;
      begins();
      return await work();
    } finally {
      leave?.();
    }
  }
}

/** A place in a flight. */
export interface Seat<T> {
  readonly flight: Flight<T>;
  /** Of the results, the one for this name. */
  readonly number: number;
}

/**
 * The loads that others may join, by name. A name carries the key, the query and the as-of: two readers whose as-of differ have a
 * write between them, and the later one must not get the earlier one's load. Without an as-of a load may be joined until it begins.
 */
export class Flights<T> {
  readonly #seats = new Map<string, Seat<T>>();

  find(name: string): Seat<T> | undefined {
    return this.#seats.get(name);
  }

  offer(names: readonly string[], flight: Flight<T>): void {
    for (const [number, name] of names.entries()) if (!this.#seats.has(name)) this.#seats.set(name, { flight, number });
  }

  withdraw(names: readonly string[], flight: Flight<T>): void {
    for (const name of names) if (this.#seats.get(name)?.flight === flight) this.#seats.delete(name);
  }
}
