import type { Image } from '../journal/change.js';
import { heldByAll } from '../journal/condition.js';
import type { KeyColumn, LoadedFootprint, NamedRows } from '../journal/footprint.js';
import type { DatedDependency } from './entry.js';

/** Rows remembered at once; some hundred bytes each. */
const MOST = 20_000;

/** Writes to a table, after which a row that still holds the same counts as seen anew: half of what journals remember. */
const GROWS_OLD_AFTER = 500;

const NONE: ReadonlySet<string> = new Set();
const NEVER: readonly Sighting[] = [];

/** What a clock showed. */
type Dated = Pick<DatedDependency, 'clock' | 'asOf'>;

/** What a row held for whoever looked then, and holds still unless a journal tells otherwise. */
export interface Sighting {
  readonly asOf: number;
  readonly image: Image;
  /** When this process came to know of it: how many sightings it had before. */
  readonly at: number;
}

/**
 * What this process has seen of rows: only columns that some entry is filtered or sorted by, which is what statements about another column do
 * not say. Nothing is taken from statements.
 */
export class KnownRows {
  readonly #byName = new Map<string, readonly Sighting[]>();
  readonly #deciding = new Map<string, Set<string>>();
  readonly #databases = new Map<string, number>();
  #epoch: string | undefined;
  #sightings = 0;

  /** @param coversAll whether what advances a clock may have written any table of a database, and no journal tells of it. Default: none does. */
  constructor(readonly coversAll: (clock: string) => boolean = () => false) {}

  /** Now, in sightings: what was seen by now is of no later `at`. */
  get moment(): number {
    return this.#sightings;
  }

  /**
   * What an entry rests on in one table, that is true as of then: of a load that began then, or of a judgement.
   *
   * @param databases what their clocks showed: with them goes what nobody can say of any table
   */
  saw(
    epoch: string,
    { clock, asOf }: Dated,
    footprints: readonly LoadedFootprint[],
    databases: readonly Dated[],
  ): void {
    if (!this.#isUpToDate(epoch, databases)) return;
    const at = ++this.#sightings;
    for (const place of footprints) {
      const { key, rows, filter, filtering, ordering, images } = place;
      const deciding = this.#alsoDecidingIn(clock, key, [...filtering, ...ordering]);
      if (!key.length || !deciding.size || !rows) continue;
      const common = heldByAll(filter);
      const found = images?.(deciding);
      if (!found && this.#isSeen(clock, place, rows[0], { asOf, at, image: common })) continue;
      for (const row of rows)
        this.#add(nameOf(clock, place, row), { asOf, at, image: { ...common, ...found?.get(row) } });
    }
  }

  /** As `saw`, of all that an entry depends on. @param footprints of one of its dependencies, by its place */
  sawEntry(
    epoch: string,
    dependencies: readonly Dated[],
    footprints: (place: number) => readonly LoadedFootprint[] | undefined,
  ): void {
    const databases = dependencies.filter(({ clock }) => this.coversAll(clock));
    dependencies.forEach((each, place) => this.saw(epoch, each, footprints(place) ?? [], databases));
  }

  /** @param databases what their clocks show: nothing is known where one of them has moved since */
  of(epoch: string, clock: string, place: NamedRows, row: string, databases: readonly Dated[]): readonly Sighting[] {
    const isKnown = epoch === this.#epoch && databases.every((each) => this.#databases.get(each.clock) === each.asOf);
    return isKnown ? this.#of(clock, place, row) : NEVER;
  }

  /** What some entry is filtered or sorted by in a table. */
  decidingIn(clock: string): ReadonlySet<string> {
    return this.#deciding.get(clock) ?? NONE;
  }

  /** The key is in every statement that means one row. */
  #alsoDecidingIn(clock: string, key: readonly KeyColumn[], columns: readonly string[]): ReadonlySet<string> {
    let deciding = this.#deciding.get(clock);
    if (!deciding) this.#deciding.set(clock, (deciding = new Set()));
    for (const column of columns) if (key.every(([each]) => each !== column)) deciding.add(column);
    return deciding;
  }

  /** An entry is judged with every write to its tables: what all of its rows hold was seen of the first of them lately, and so of the others. */
  #isSeen(clock: string, place: NamedRows, row: string | undefined, seen: Sighting): boolean {
    if (row === undefined) return true;
    const known = this.#of(clock, place, row);
    return Object.entries(seen.image).every(([column, held]) =>
      known.some(({ asOf, image }) => image[column] === held && seen.asOf - asOf < GROWS_OLD_AFTER),
    );
  }

  #of(clock: string, place: NamedRows, row: string): readonly Sighting[] {
    return this.#byName.get(nameOf(clock, place, row)) ?? NEVER;
  }

  /** Forgets what was seen before what may have changed anything; `false` for what is of such a time itself. */
  #isUpToDate(epoch: string, databases: readonly Dated[]): boolean {
    // Counts of two histories say nothing about each other.
    if (epoch !== this.#epoch) {
      this.#byName.clear();
      this.#databases.clear();
    }
    this.#epoch = epoch;
    const known = databases.map(({ clock, asOf }) => ({ clock, asOf, before: this.#databases.get(clock) ?? asOf }));
    if (known.some(({ asOf, before }) => asOf < before)) return false;
    if (known.some(({ asOf, before }) => asOf > before)) this.#byName.clear();
    for (const { clock, asOf } of known) this.#databases.set(clock, asOf);
    return true;
  }

  #add(name: string, seen: Sighting): void {
    const known = this.#byName.get(name) ?? [];
    // Of a load that was overtaken by another one.
    if (known.some(({ asOf }) => asOf > seen.asOf)) return;
    this.#byName.delete(name);
    this.#byName.set(name, known.length ? together(known, seen) : [seen]);
    if (this.#byName.size > MOST) this.#byName.delete(this.#byName.keys().next().value!);
  }
}

/**
 * Of a column that holds the same the earlier sighting says more: that it has held it since. Where it holds another value by now, the
 * earlier one says what it held before, for entries that are as old.
 */
function together(known: readonly Sighting[], seen: Sighting): readonly Sighting[] {
  const isNew = ([column, held]: [string, Image[string]]) => {
    const latest = known.findLast(({ image }) => image[column] !== undefined);
    return !latest || latest.image[column] !== held || seen.asOf - latest.asOf >= GROWS_OLD_AFTER;
  };
  const image = Object.fromEntries(Object.entries(seen.image).filter(isNew));
  if (!Object.keys(image).length) return known;
  return [...known.flatMap((earlier) => lessOften(earlier, image, known)), { ...seen, image }];
}

/** Without the columns that have been seen twice since. */
function lessOften(earlier: Sighting, seen: Image, known: readonly Sighting[]): readonly Sighting[] {
  const isSeenTwice = (column: string) =>
    seen[column] !== undefined && known.some(({ asOf, image }) => asOf > earlier.asOf && image[column] !== undefined);
  const kept = Object.entries(earlier.image).filter(([column]) => !isSeenTwice(column));
  return kept.length ? [{ ...earlier, image: Object.fromEntries(kept) }] : [];
}

/** Entities that share a table may know its rows by different keys. */
export function nameOf(clock: string, { table = '', key }: NamedRows, row: string): string {
  return `${clock}\n${table}\n${key.join()}\n${row}`;
}
