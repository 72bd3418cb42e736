import { endOfTurn } from './end-of-turn.js';
import type { Limit } from './limit.js';

/** What becomes of a load. */
export interface FlightPlan {
  readonly limit: Limit | undefined;
  /** After so long, in milliseconds, nobody waits for it alone: its connection may be dead without anybody having been told. */
  readonly overdueMs: number;
  /** Whoever comes from now on may miss what it sees, or wait too long for it. */
  readonly begins: () => void;
  readonly isOverdue: () => void;
}

/** Waits for its place among the loads, runs, and says when it began. */
export class Flight<T> {
  readonly landed: Promise<readonly T[]>;
  /** Settles only if it is overdue. */
  readonly overdue: Promise<void>;
  #hasBegun = false;
  #miss!: () => void;

  constructor(
    work: () => Promise<readonly T[]>,
    private readonly plan: FlightPlan,
  ) {
    this.overdue = new Promise((resolve) => (this.#miss = resolve));
    this.landed = this.#fly(work);
    // A failure belongs to whoever waits for it.
    this.landed.catch(() => undefined);
  }

  /** From its first query on it may miss what is written. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  async #fly(work: () => Promise<readonly T[]>): Promise<readonly T[]> {
    const { limit, overdueMs, begins, isOverdue } = this.plan;
    // Whoever finds in this turn that the store has nothing, or is gone, still comes along.
    await endOfTurn();
    const leave = await limit?.enter();
    const late = () => {
      // Its place is for others: how many may wait for a connection is for the pool to say.
      leave?.();
      isOverdue();
      this.#miss();
    };
    const timer = overdueMs < Infinity ? setTimeout(late, overdueMs).unref() : undefined;
    try {
      this.#hasBegun = true;
      begins();
      return await work();
    } finally {
      clearTimeout(timer);
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
