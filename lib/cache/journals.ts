import { type Change, parseChanges } from '../journal/change.js';
import { together } from '../journal/together.js';
import type { Dependency } from './dependency.js';
import type { DatedDependency } from './entry.js';
import { KnownRows } from './known-rows.js';
import type { ClockQuery, ClocksRead } from '../store/cache-store.js';

/** Advances of one clock remembered one by one. */
const MOST_OF_CLOCK = 1_000;

/** Older ones are remembered by so many together. */
const AT_ONCE = 250;

/** That often: how far an entry may lag behind, and what is judged for one read at most. */
const MOST_TOGETHER = 60;

/** Changes of all clocks; half a kilobyte each. */
const MOST = 20_000;

/** What one advance has told: of one write, or of a transaction; `undefined` where it is not understood. */
export type Told = readonly Change[] | undefined;

/** What every advance has told from one count of a clock to another. */
interface Heard {
  /** Before those that are remembered one by one: of some after the other, what they have told together. */
  readonly older: readonly Older[];
  readonly from: number;
  readonly told: readonly Told[];
}

interface Older {
  readonly from: number;
  readonly told: Told;
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
    return heard && fromOf(heard) <= asOf ? Math.max(asOf, toOf(heard)) : asOf;
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

  /** What all advances in (asOf, now] have told, and maybe some before; `undefined` where that is not known here. */
  told(epoch: string, clock: string, asOf: number, now: number): readonly Told[] | undefined {
    const heard = epoch === this.#epoch ? this.#byClock.get(clock) : undefined;
    if (!heard || fromOf(heard) > asOf || toOf(heard) < now) return undefined;
    const { older, from, told } = heard;
    if (asOf >= from) return told.slice(asOf - from, now - from);
    const ends = (i: number) => older[i + 1]?.from ?? from;
    const since = older.filter((each, i) => ends(i) > asOf && each.from < now);
    return [...since.map((each) => each.told), ...told.slice(0, Math.max(0, now - from))];
  }

  #add(clock: string, since: number, changes: readonly string[]): void {
    const known = this.#byClock.get(clock);
    const to = since + changes.length;
    if (!known || since > toOf(known)) {
      return this.#put(clock, { older: [], from: since, told: changes.map(parseChanges) });
    }
    // An answer to an earlier question may come later: what there is between the two nobody has heard.
    if (to < known.from) return;
    // What is known of older ones reaches further back than any store remembers.
    const before = known.older.length ? [] : changes.slice(0, Math.max(0, known.from - since));
    const after = changes.slice(Math.max(0, toOf(known) - since));
    const told = [...before.map(parseChanges), ...known.told, ...after.map(parseChanges)];
    this.#put(clock, { older: known.older, from: known.from - before.length, told });
  }

  #put(clock: string, heard: Heard): void {
    const known = this.#byClock.get(clock);
    const shorter = shortened(heard);
    this.#size += sizeOf(shorter) - (known ? sizeOf(known) : 0);
    this.#byClock.delete(clock);
    this.#byClock.set(clock, shorter);
    for (const [oldest, forgotten] of this.#byClock) {
      if (this.#size <= MOST || oldest === clock) break;
      this.#byClock.delete(oldest);
      this.#size -= sizeOf(forgotten);
    }
  }

  #forget(epoch: string): void {
    this.#epoch = epoch;
    this.#byClock.clear();
    this.#size = 0;
  }
}

const fromOf = ({ older, from }: Heard): number => older[0]?.from ?? from;
const toOf = ({ from, told }: Heard): number => from + told.length;

function sizeOf({ older, told }: Heard): number {
  return told.length + older.reduce((sum, each) => sum + (each.told?.length ?? 0), 0);
}

/** The oldest are said together, and the oldest of those forgotten. */
function shortened(heard: Heard): Heard {
  let { from, told } = heard;
  const older = [...heard.older];
  while (told.length > MOST_OF_CLOCK) {
    const some = told.slice(0, AT_ONCE);
    // Where one is not known the whole is not.
    older.push({ from, told: some.every((each) => each !== undefined) ? together(some.flat()) : undefined });
    told = told.slice(AT_ONCE);
    from += AT_ONCE;
  }
  return { older: older.slice(-MOST_TOGETHER), from, told };
}

/** What is to be asked of a dependency's table: its journal as well, where that decides. */
export function withJournal(dependency: DatedDependency, journals: Journals): Dependency {
  const { clock, asOf, isJournaled } = dependency;
  return isJournaled ? { ...dependency, since: journals.since(clock, asOf) } : dependency;
}
