import { StoreError } from '../errors.js';
import type { ClockWrite } from './cache-store.js';
import { PendingWrites } from './pending-writes.js';

/** More rows of one table than this, and all of it is owed: one advance instead of one per row. */
const MOST_ROWS = 1_000;

/** Clocks owed at once: above the tables of any schema, and the tenants of most applications. */
const MOST_CLOCKS = 10_000;

/**
 * Writes of this process that the store has not heard of. Until it has, entries of what they wrote are old, and only this process knows:
 * it must not read them.
 */
export class Debts {
  #open = new PendingWrites(MOST_ROWS);
  /** On their way to the store: owed until it says that it has them. */
  #paying = new PendingWrites(MOST_ROWS);

  get isEmpty(): boolean {
    return this.#open.isEmpty && this.#paying.isEmpty;
  }

  get clocks(): string[] {
    return [...new Set([...this.#paying.toWrites(), ...this.#open.toWrites()].map(({ clock }) => clock))];
  }

  owes(clock: string): boolean {
    return this.#open.has(clock) || this.#paying.has(clock);
  }

  /** The result is what cannot be kept as well, since too much is owed already. */
  add(writes: readonly ClockWrite[]): readonly ClockWrite[] {
    return writes.filter((write) => {
      if (this.#open.size >= MOST_CLOCKS && !this.#open.has(write.clock)) return true;
      this.#open.add([write]);
      return false;
    });
  }

  /**
   * Tells the store, once. What is owed meanwhile stays owed.
   *
   * @returns what was paid. The store may have refused the rest, each by itself.
   * @throws {StoreError} when it could not be told: everything stays owed
   */
  async pay(tell: (writes: readonly ClockWrite[]) => Promise<void>): Promise<readonly ClockWrite[]> {
    this.#paying = this.#open;
    this.#open = new PendingWrites(MOST_ROWS);
    const writes = this.#paying.toWrites();
    const unpaid = new Set(writes);
    try {
      await this.#tell(writes, tell, (write) => unpaid.delete(write));
      return writes.filter((write) => !unpaid.has(write));
    } finally {
      this.#paying = new PendingWrites(MOST_ROWS);
      this.#open.add(unpaid);
    }
  }

  async #tell(
    writes: readonly ClockWrite[],
    tell: (writes: readonly ClockWrite[]) => Promise<void>,
    paid: (write: ClockWrite) => void,
  ): Promise<void> {
    if (await isTold(writes, tell)) return writes.forEach(paid);
    // One of them stands under a key that something else has taken: it must not keep the others from being paid.
    if (writes.length > 1) for (const write of writes) if (await isTold([write], tell)) paid(write);
  }
}

/** @throws {StoreError} unless the store has answered */
async function isTold(
  writes: readonly ClockWrite[],
  tell: (writes: readonly ClockWrite[]) => Promise<void>,
): Promise<boolean> {
  try {
    await tell(writes);
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.reason === 'refused') return false;
    throw error;
  }
}
