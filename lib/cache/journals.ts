import { type Change, parseChanges } from '../journal/change.js';
import type { Dependency } from './dependency.js';
import type { DatedDependency } from './entry.js';
import { KnownRows } from './known-rows.js';
import type { ClockQuery, ClocksRead } from '../store/cache-store.js';

/** Advances of one clock remembered: how far an entry may lag behind, and what is judged for one read at most. */
const MOST_OF_CLOCK = 1_000;

/** Of all clocks together; half a kilobyte each. */
const MOST = 20_000;

/** What one advance has told: of one write, or of a transaction; `undefined` where it is not understood. */
export type Told = readonly Change[] | undefined;

/** What every advance has told from one count of a clock to another. */
interface Heard {
  readonly from: number;
  readonly told: readonly Told[];
}

/**
 * What this process has heard of journals. A store remembers the last advances only; who asks again before they are forgotten knows of more
 * by then, asks for what is new alone, and reads each text once.
 */
export class Journals {
  readonly #byClock = new Map<string, Heard>();
  #epoch: string | undefined;
  #size = 0;

  /** @param rows what has been seen of rows, of which journals say how long it stands */
  constructor(readonly rows = new KnownRows()) {}

  /** From where on to ask, so that everything since the as-of is known. */
  since(clock: string, asOf: number): number {
    const heard = this.#byClock.get(clock);
    return heard && heard.from <= asOf ? Math.max(asOf, toOf(heard)) : asOf;
  }

  /** What the store has answered. */
  heard(queries: readonly ClockQuery[], { epoch, clocks }: ClocksRead): void {
    // Counts of two histories say nothing about each other.
    if (epoch !== this.#epoch) this.#forget(epoch);
    for (let i = 0; i < queries.length; i++) {
      const { clock, since } = queries[i]!;
      const { changes, now } = clocks[i]!;
      // Nothing is known of some of it: what is known of the rest is of no use to whoever asked.
      if (since !== undefined && changes?.length === now - since) this.#add(clock, since, changes);
    }
  }

  /** What all advances in (asOf, now] have told; `undefined` where that is not known here. */
  told(epoch: string, clock: string, asOf: number, now: number): readonly Told[] | undefined {
    const heard = epoch === this.#epoch ? this.#byClock.get(clock) : undefined;
    if (!heard || heard.from > asOf || toOf(heard) < now) return undefined;
    return heard.told.slice(asOf - heard.from, now - heard.from);
  }

  #add(clock: string, since: number, changes: readonly string[]): void {
    const known = this.#byClock.get(clock);
    const to = since + changes.length;
    if (!known || since > toOf(known)) return this.#put(clock, { from: since, told: changes.map(parseChanges) });
    // An answer to an earlier question may come later: what there is between the two nobody has heard.
    if (to < known.from) return;
    const before = changes.slice(0, Math.max(0, known.from - since));
    const after = changes.slice(Math.max(0, toOf(known) - since));
    const told = [...before.map(parseChanges), ...known.told, ...after.map(parseChanges)];
    this.#put(clock, { from: Math.min(since, known.from), told });
  }

  #put(clock: string, { from, told }: Heard): void {
    this.#size += Math.min(told.length, MOST_OF_CLOCK) - (this.#byClock.get(clock)?.told.length ?? 0);
    const tooMany = Math.max(0, told.length - MOST_OF_CLOCK);
    this.#byClock.delete(clock);
    this.#byClock.set(clock, { from: from + tooMany, told: tooMany ? told.slice(tooMany) : told });
    for (const [oldest, { told: forgotten }] of this.#byClock) {
      if (this.#size <= MOST || oldest === clock) break;
      this.#byClock.delete(oldest);
      this.#size -= forgotten.length;
    }
  }

  #forget(epoch: string): void {
    this.#epoch = epoch;
    this.#byClock.clear();
    this.#size = 0;
  }
}

const toOf = ({ from, told }: Heard): number => from + told.length;

/** What is to be asked of a dependency's table: its journal as well, where that decides. */
export function withJournal(dependency: DatedDependency, journals: Journals): Dependency {
  const { clock, asOf, isJournaled } = dependency;
  return isJournaled ? { ...dependency, since: journals.since(clock, asOf) } : dependency;
}
