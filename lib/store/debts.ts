import type { ClockWrite } from './cache-store.js';
import { isRefused } from './failure.js';
import { PendingWrites } from './pending-writes.js';

/** More rows of one table than this, and all of it is owed: one advance instead of one per row. */
const MOST_ROWS = 1_000;

/** Clocks owed at once: above the tables of any schema, and the tenants of most applications. */
const MOST_CLOCKS = 10_000;

const KEYS_AT_ONCE = 1_000;

/**
 * Writes of this process that the store has not heard of. Until it has, entries of what they wrote are old, and only this process knows:
 * it must not read them.
 */
export class Debts {
  #open = new PendingWrites(MOST_ROWS);
  /** On their way to the store: owed until it says that it has them. */
  #paying = new PendingWrites(MOST_ROWS);
  /** Of both together, each clock once. */
  #size = 0;

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
      if (!this.owes(write.clock)) {
        // What is on its way counts as well: a payment that fails brings it back.
        if (this.#size >= MOST_CLOCKS) return true;
        this.#size++;
      }
      this.#open.add([withoutChange(write)]);
      return false;
    });
  }

  /**
   * Tells the store, piece by piece: what piles up in a long outage is more than one budget is enough for. What is owed meanwhile stays
   * owed. One payment at a time.
   *
   * @param paid told of every piece that has arrived, and of its clocks to which nothing is owed any more: some may have been written
   * meanwhile
   * @throws {StoreError} when a piece could not be told: what is not paid stays owed, as does what the store refuses by itself
   */
  async pay(tell: Tell, paid: (writes: readonly ClockWrite[], even: readonly string[]) => void): Promise<void> {
    this.#paying = this.#open;
    this.#open = new PendingWrites(MOST_ROWS);
    const unpaid = new Set(this.#paying.toWrites());
    const arrived = (writes: readonly ClockWrite[]) => {
      for (const write of writes) unpaid.delete(write);
      const clocks = writes.map(({ clock }) => clock);
      paid(
        writes,
        clocks.filter((clock) => !this.#open.has(clock)),
      );
    };
    try {
      for (const piece of piecesOf([...unpaid])) await tellPiece(piece, tell, arrived);
    } finally {
      this.#paying = new PendingWrites(MOST_ROWS);
      this.#open.add(unpaid);
      this.#size = this.#open.size;
    }
  }
}

/** It may be told twice, or after what was written later: a gap in the journal says so. */
function withoutChange(write: ClockWrite): ClockWrite {
  const owed: { -readonly [Name in keyof ClockWrite]: ClockWrite[Name] } = { ...write };
  delete owed.change;
  return owed;
}

type Tell = (writes: readonly ClockWrite[]) => Promise<void>;

async function tellPiece(
  piece: readonly ClockWrite[],
  tell: Tell,
  arrived: (writes: readonly ClockWrite[]) => void,
): Promise<void> {
  if (await isTold(piece, tell)) return arrived(piece);
  if (piece.length === 1) return;
  // One of them stands under a key that something else has taken: it must not keep the others from being paid, nor them from each other,
  // one way to the store and back after another.
  const tried = await Promise.allSettled(
    piece.map(async (write) => {
      if (await isTold([write], tell)) arrived([write]);
    }),
  );
  const failed = tried.find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
}

/** As many keys as a Redis works through in a few milliseconds. */
function piecesOf(writes: readonly ClockWrite[]): ClockWrite[][] {
  const pieces: ClockWrite[][] = [];
  let keys = Infinity;
  for (const write of writes) {
    const more = 1 + (typeof write.rows === 'string' ? 0 : write.rows.length);
    if (keys + more > KEYS_AT_ONCE) {
      pieces.push([]);
      keys = 0;
    }
    pieces.at(-1)!.push(write);
    keys += more;
  }
  return pieces;
}

/** @throws {StoreError} unless the store has answered */
async function isTold(writes: readonly ClockWrite[], tell: Tell): Promise<boolean> {
  try {
    await tell(writes);
    return true;
  } catch (error) {
    if (isRefused(error)) return false;
    throw error;
  }
}
