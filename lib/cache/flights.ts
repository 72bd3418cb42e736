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

/** One result on its way: says whether its load has begun, and what came of it. */
export class Flight<T> {
  readonly landed: Promise<T>;
  /** Settles only if it is overdue. */
  readonly overdue: Promise<void>;
  #hasBegun = false;
  #settle!: { land(result: T): void; fail(error: unknown): void };
  #miss!: () => void;

  constructor() {
    this.overdue = new Promise((resolve) => (this.#miss = resolve));
    this.landed = new Promise((land, fail) => (this.#settle = { land, fail }));
    // A failure belongs to whoever waits for it.
    this.landed.catch(() => undefined);
  }

  /** From its first query on it may miss what is written. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  begin(): void {
    this.#hasBegun = true;
  }

  miss(): void {
    this.#miss();
  }

  /** Only what it is told first counts. */
  land(result: T): void {
    this.#settle.land(result);
  }

  fail(error: unknown): void {
    this.#settle.fail(error);
  }
}

/** Waits for a place among the loads, and runs one for some flights. Lands none of them: that is for whoever gets its results. */
export async function fly<R>(
  flights: readonly Flight<unknown>[],
  work: () => Promise<R>,
  { limit, overdueMs, begins, isOverdue }: FlightPlan,
): Promise<R> {
  const leave = await limit?.enter();
  const late = () => {
    // Its place is for others: how many may wait for a connection is for the pool to say.
    leave?.();
    isOverdue();
    for (const flight of flights) flight.miss();
  };
  const timer = overdueMs < Infinity ? setTimeout(late, overdueMs).unref() : undefined;
  try {
    for (const flight of flights) flight.begin();
    begins();
    return await work();
  } finally {
    clearTimeout(timer);
    leave?.();
  }
}

/**
 * The loads that others may join, by name. A name carries the key, the query and the as-of: two readers whose as-of differ have a
 * write between them, and the later one must not get the earlier one's load. Without an as-of a load may be joined until it begins.
 */
export class Flights<T> {
  readonly #flights = new Map<string, Flight<T>>();

  find(name: string): Flight<T> | undefined {
    return this.#flights.get(name);
  }

  offer(name: string, flight: Flight<T>): void {
    if (!this.#flights.has(name)) this.#flights.set(name, flight);
  }

  withdraw(name: string, flight: Flight<T>): void {
    if (this.#flights.get(name) === flight) this.#flights.delete(name);
  }
}
