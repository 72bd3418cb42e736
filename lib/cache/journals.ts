import { type Change, parseChanges } from '../journal/change.js';
import type { DoneToRow } from '../journal/done-to-row.js';
import type { KeyColumn } from '../journal/footprint.js';
import { together } from '../journal/together.js';
import { ToldOfRows } from '../journal/told-of-rows.js';
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

/** Keys that rows of one table are named by: each entity that shares it may have its own. */
const MOST_KEYS = 4;

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
  /** By what rows are named by: the same, row by row, as far as somebody has asked. */
  readonly byKey: Map<string, ToldOfRows>;
}

/** As it was heard. */
type Plain = Omit<Heard, 'byKey'>;

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
    const heard = this.#heardOf(epoch, clock);
    if (!heard || !reaches(heard, asOf, now)) return undefined;
    const { older, from, told } = heard;
    if (asOf >= from) return told.slice(asOf - from, now - from);
    const since = older.filter((each, i) => endOf(heard, i) > asOf && each.from < now);
    return [...since.map((each) => each.told), ...told.slice(0, Math.max(0, now - from))];
  }

  /**
   * As `told`, what that has done to one row after the other.
   *
   * @param key what the rows are named by
   */
  doneToRows(
    epoch: string,
    clock: string,
    key: readonly KeyColumn[],
  ): (row: string, asOf: number, now: number) => DoneToRow | undefined {
    const heard = this.#heardOf(epoch, clock);
    if (!heard) return () => undefined;
    const rows = byRows(heard, key);
    return (row, asOf, now) => (reaches(heard, asOf, now) ? rows.done(row, asOf, now) : undefined);
  }

  #heardOf(epoch: string, clock: string): Heard | undefined {
    return epoch === this.#epoch ? this.#byClock.get(clock) : undefined;
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

  #put(clock: string, heard: Plain): void {
    const known = this.#byClock.get(clock);
    const shorter = shortened(heard);
    this.#size += sizeOf(shorter) - (known ? sizeOf(known) : 0);
    this.#byClock.delete(clock);
    // What has only become more goes on; anything else would begin elsewhere.
    const byKey = known?.from === shorter.from ? known.byKey : new Map<string, ToldOfRows>();
    this.#byClock.set(clock, { ...shorter, byKey });
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

const fromOf = ({ older, from }: Plain): number => older[0]?.from ?? from;
const toOf = ({ from, told }: Plain): number => from + told.length;
const endOf = ({ older, from }: Plain, i: number): number => older[i + 1]?.from ?? from;

/** Whether all in (asOf, now] was heard. */
const reaches = (heard: Plain, asOf: number, now: number): boolean => fromOf(heard) <= asOf && toOf(heard) >= now;

/** Made of all that was heard when somebody asks, and from then on of what is new. */
function byRows(heard: Heard, key: readonly KeyColumn[]): ToldOfRows {
  const { older, from, told, byKey } = heard;
  const name = JSON.stringify(key);
  let rows = byKey.get(name);
  if (!rows) {
    if (byKey.size >= MOST_KEYS) byKey.clear();
    byKey.set(name, (rows = new ToldOfRows(key)));
    for (const [i, each] of older.entries()) rows.add({ from: each.from, to: endOf(heard, i) }, each.told);
  }
  for (let at = Math.max(from, rows.to); at < toOf(heard); at++) rows.add({ from: at, to: at + 1 }, told[at - from]);
  return rows;
}

function sizeOf({ older, told }: Plain): number {
  return told.length + older.reduce((sum, each) => sum + (each.told?.length ?? 0), 0);
}

/** The oldest are said together, and the oldest of those forgotten. */
function shortened(heard: Plain): Plain {
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
