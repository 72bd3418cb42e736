import type { ClockQuery, ClocksRead, ClockState } from '../store/cache-store.js';
import type { Change } from '../journal/change.js';
import type { NamedRows } from '../journal/footprint.js';
import { type Recall, recallOf } from '../journal/recall.js';
import type { Dependency } from './dependency.js';
import type { DatedDependency } from './entry.js';
import type { Journals, Told } from './journals.js';

interface Known {
  readonly state: ClockState;
  readonly rows: readonly string[];
  readonly since: number | undefined;
  positions?: Map<string, number>;
}

/** Rows that are found sooner one by one than by their names. */
const FEW = 8;

/** Clocks as one read of the store answered them, asked by name. */
export class ClockView {
  readonly epoch: string;
  readonly #known = new Map<string, Known>();
  #databases: readonly DatedDependency[] | undefined;

  /**
   * @param journals what has been heard of them, by this read as well. Default: nobody asks for them.
   * @param askedAt what had been seen of rows when the store was asked
   */
  constructor(
    queries: readonly ClockQuery[],
    read: ClocksRead,
    private readonly journals?: Journals,
    private readonly askedAt = 0,
  ) {
    this.epoch = read.epoch;
    queries.forEach((query, i) =>
      this.#known.set(query.clock, { state: read.clocks[i]!, rows: query.rows, since: query.since }),
    );
  }

  /** What the clocks show. */
  now(clocks: readonly string[]): readonly number[] {
    return clocks.map((clock) => this.#known.get(clock)!.state.now);
  }

  /** Whether it was asked for this clock. */
  knows(clock: string): boolean {
    return this.#known.has(clock);
  }

  isHeld(clocks: readonly string[]): boolean {
    return clocks.some((clock) => this.#known.get(clock)?.state.held);
  }

  /** Whether a hold may be on the clock, however young. */
  hasHold(clock: string): boolean {
    return this.#known.get(clock)?.state.hasHold !== false;
  }

  /** Whether it was asked for all of this. */
  covers({ clock, rows = [] }: Dependency): boolean {
    const known = this.#known.get(clock);
    return known !== undefined && rows.every((row) => positionIn(known, row) !== undefined);
  }

  /** Whether its table's clock shows what it did; only then is nothing further to be asked, whatever it rests on. */
  isUnmoved({ clock, asOf }: DatedDependency): boolean {
    const state = this.#known.get(clock)?.state;
    return state !== undefined && !state.held && state.now === asOf;
  }

  /** Whether nothing of the dependency was written after its as-of; `undefined` where that is for clocks to say that are not in this view. */
  judge({ clock, rows, asOf }: DatedDependency): boolean | undefined {
    const known = this.#known.get(clock);
    if (!known) return undefined;
    const { state } = known;
    // Dated after the table's present: the clock has stepped back, or the date is forged. It says nothing of the writes in between.
    if (state.held || asOf > state.now) return false;
    // None of its rows was written where the table was not.
    if (state.now === asOf) return true;
    if (rows === undefined || state.unknown > asOf) return false;
    let isCovered = true;
    for (const row of rows) {
      const position = positionIn(known, row);
      if (position === undefined) isCovered = false;
      else if (state.rows[position]! > asOf) return false;
    }
    return isCovered ? true : undefined;
  }

  /**
   * What every write to the dependency's table since its as-of has told; `'unasked'` where nobody has asked for that, `undefined` where one of
   * them is not known.
   */
  told({ clock, asOf }: DatedDependency): readonly Told[] | 'unasked' | undefined {
    const known = this.#known.get(clock);
    if (!known) return 'unasked';
    const { state, since } = known;
    if (state.held || asOf > state.now) return undefined;
    const told = this.journals?.told(this.epoch, clock, asOf, state.now);
    if (told) return told;
    // Where a part is not known, the whole is not.
    const isAsked = since !== undefined && (since <= asOf || state.changes === undefined);
    return isAsked ? undefined : 'unasked';
  }

  /**
   * What is known of rows of a dependency's table besides, when changes of it are judged, one by one.
   *
   * Only of what was seen before the store was asked: what a writer has made visible since, who looked later may have seen, and neither this
   * view's clocks nor its holds tell of it. Of the same writer's other rows the entry would show what was before.
   */
  recall({ clock, asOf }: DatedDependency, place: NamedRows): (judged: Change) => Recall {
    const { journals, epoch } = this;
    const now = this.nowOf(clock);
    const done = journals?.doneToRows(epoch, clock, place.key);
    return (judged) => (row) => {
      const seen = journals?.rows.of(epoch, clock, place, row, this.databases) ?? [];
      const sightings = seen.filter(({ at }) => at <= this.askedAt);
      const doneSince = (from: number) => (from <= now ? done?.(row, from, now) : undefined);
      return recallOf(sightings, asOf, doneSince, judged);
    };
  }

  /** What may have changed anything: what the clocks of databases show. */
  get databases(): readonly DatedDependency[] {
    this.#databases ??= [...this.#known.keys()]
      .filter((clock) => this.journals?.rows.coversAll(clock))
      .map((clock) => ({ clock, asOf: this.nowOf(clock) }));
    return this.#databases;
  }

  /** What the clock shows. */
  nowOf(clock: string): number {
    return this.#known.get(clock)!.state.now;
  }

  /** The last write to the dependency, as far as this view tells; where it does not cover all rows, to its table. */
  latest({ clock, rows }: Dependency): number {
    const known = this.#known.get(clock)!;
    const { state } = known;
    if (rows === undefined) return state.now;
    return rows.reduce((last, row) => {
      const position = positionIn(known, row);
      return Math.max(last, position === undefined ? state.now : state.rows[position]!);
    }, state.unknown);
  }
}

function positionIn(known: Known, row: string): number | undefined {
  const { rows } = known;
  if (rows.length > FEW) return (known.positions ??= new Map(rows.map((name, i) => [name, i]))).get(row);
  const position = rows.indexOf(row);
  return position < 0 ? undefined : position;
}
