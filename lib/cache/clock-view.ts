import type { ClockQuery, ClocksRead, ClockState } from '../store/cache-store.js';
import type { Dependency } from './dependency.js';
import type { DatedDependency } from './entry.js';

interface Known {
  readonly state: ClockState;
  readonly rows: readonly string[];
  positions?: Map<string, number>;
}

/** Rows that are found sooner one by one than by their names. */
const FEW = 8;

/** Clocks as one read of the store answered them, asked by name. */
export class ClockView {
  readonly epoch: string;
  readonly #known = new Map<string, Known>();

  constructor(queries: readonly ClockQuery[], read: ClocksRead) {
    this.epoch = read.epoch;
    queries.forEach((query, i) => this.#known.set(query.clock, { state: read.clocks[i]!, rows: query.rows }));
  }

  /** What the clocks show. */
  now(clocks: readonly string[]): readonly number[] {
    return clocks.map((clock) => this.#known.get(clock)!.state.now);
  }

  isHeld(clocks: readonly string[]): boolean {
    return clocks.some((clock) => this.#known.get(clock)?.state.held);
  }

  /** Whether every clock of the dependency is in this view. */
  covers({ clock, rows }: Dependency): boolean {
    if (!this.#known.has(clock)) return false;
    return rows === undefined || rows.every((row) => this.#position(clock, row) !== undefined);
  }

  /** Whether nothing of the dependency was written after its as-of. Ask only what the view covers. */
  isValid({ clock, rows, asOf }: DatedDependency): boolean {
    const { state } = this.#known.get(clock)!;
    // Dated after the table's present: the clock has stepped back, or the date is forged. It says nothing of the writes in between.
    if (state.held || asOf > state.now) return false;
    if (rows === undefined) return state.now <= asOf;
    return state.unknown <= asOf && rows.every((row) => state.rows[this.#position(clock, row)!]! <= asOf);
  }

  /** The last write to the dependency, as far as this view tells; where it does not cover all rows, to its table. */
  latest(dependency: Dependency): number {
    const { state } = this.#known.get(dependency.clock)!;
    const { clock, rows } = dependency;
    if (rows === undefined || !this.covers(dependency)) return state.now;
    return Math.max(state.unknown, ...rows.map((row) => state.rows[this.#position(clock, row)!]!));
  }

  #position(clock: string, row: string): number | undefined {
    const known = this.#known.get(clock)!;
    if (known.rows.length <= FEW) {
      const position = known.rows.indexOf(row);
      return position < 0 ? undefined : position;
    }
    known.positions ??= new Map(known.rows.map((name, i) => [name, i]));
    return known.positions.get(row);
  }
}
