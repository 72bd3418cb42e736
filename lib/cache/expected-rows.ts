import type { Dependency } from './dependency.js';
import type { DatedDependency } from './entry.js';
import { Journals, withJournal } from './journals.js';

/** Entries, and clocks, remembered at once; a few hundred bytes each. */
const LIMIT = 10_000;

/** The same each time: what is asked with it is remembered by it. */
const NONE: readonly Dependency[] = [];

interface Remembered {
  readonly dependencies: readonly DatedDependency[];
  readonly rows: readonly DatedDependency[];
  readonly isJournaled: boolean;
  /** By what was heard of clocks until then, whether one of its tables has moved. */
  judgedAt: number;
  hasMoved: boolean;
}

/**
 * Whose rows' clocks are asked for together with an entry. While no table has moved since an entry was loaded, none of its rows has,
 * and nobody need ask; once one has, it is for the clocks of its rows to say whether the entry is still true, and to ask for them at
 * once saves the second round trip. Only a guess, by what this process has heard: what it misses costs that trip, what it has too
 * much a few bytes.
 */
export class ExpectedRows {
  readonly #byKey = new Map<string, Remembered>();
  /** What each clock showed when it was heard of last. */
  readonly #now = new Map<string, number>();
  /** How often a clock was heard to have moved. */
  #moves = 0;

  constructor(readonly journals = new Journals()) {}

  /**
   * What to ask for with an entry.
   *
   * @param known the rows it is known to show before anybody has seen it. A load needs their clocks, so who has not seen it asks for them.
   */
  of(key: string, known: readonly Dependency[]): readonly Dependency[] {
    const entry = this.#byKey.get(key);
    if (!entry) return known;
    if (entry.judgedAt !== this.#moves) {
      entry.judgedAt = this.#moves;
      entry.hasMoved = entry.dependencies.some(({ clock, asOf }) => (this.#now.get(clock) ?? asOf) !== asOf);
    }
    if (!entry.hasMoved) return NONE;
    return entry.isJournaled ? entry.rows.map((each) => withJournal(each, this.journals)) : entry.rows;
  }

  /** What clocks show by now. */
  heard(clocks: readonly string[], now: readonly number[]): void {
    for (let i = 0; i < clocks.length; i++) {
      if (this.#now.get(clocks[i]!) === now[i]) continue;
      this.#moves++;
      put(this.#now, clocks[i]!, now[i]!);
    }
  }

  /** This process has written: what the clock shows by now the next question tells. */
  moved(clock: string): void {
    if (this.#now.has(clock)) this.heard([clock], [NaN]);
  }

  /** What an entry depends on, as it is stored. */
  saw(key: string, dependencies: readonly DatedDependency[]): void {
    const known = this.#byKey.get(key)?.dependencies;
    if (known && areEqual(known, dependencies)) return;
    const rows = dependencies.filter(({ rows: named, isJournaled }) => named?.length || isJournaled);
    const isAnyJournaled = rows.some(({ isJournaled }) => isJournaled);
    put(this.#byKey, key, { dependencies, rows, isJournaled: isAnyJournaled, judgedAt: -1, hasMoved: false });
  }
}

/** What was loaded of the same at the same moments shows the same rows. */
function areEqual(some: readonly DatedDependency[], others: readonly DatedDependency[]): boolean {
  if (some === others) return true;
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++) {
    if (some[i]!.asOf !== others[i]!.asOf || some[i]!.clock !== others[i]!.clock) return false;
  }
  return true;
}

function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > LIMIT) map.delete(map.keys().next().value!);
}
