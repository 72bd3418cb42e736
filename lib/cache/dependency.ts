import type { ClockQuery } from '../store/cache-store.js';

/** More rows of one table than this, and an entry depends on the whole table: clocks cost the store more than a reload. */
export const ROWS_PER_TABLE = 32;

/** What an entry depends on: some rows of a table, or (without rows) every write to it. */
export interface Dependency {
  /** The table's. */
  readonly clock: string;
  readonly rows?: readonly string[];
  /** What the rows are named by; see `ClockQuery`. */
  readonly key?: string;
  /** Asked with it: what the clock's journal tells from there on. */
  readonly since?: number;
}

/** One query per clock, in the order of `clocks`, with the rows of every dependency. */
export function clockQueries(clocks: readonly string[], dependencies: Iterable<Dependency>): ClockQuery[] {
  const queries = new Map<string, { rows: Set<string>; key?: string; since?: number }>(
    clocks.map((clock) => [clock, { rows: new Set() }]),
  );
  for (const { clock, rows, key, since } of dependencies) {
    let known = queries.get(clock);
    if (!known) queries.set(clock, (known = { rows: new Set() }));
    for (const row of rows ?? []) known.rows.add(row);
    if (key !== undefined) known.key = key;
    if (since !== undefined) known.since = Math.min(since, known.since ?? since);
  }
  return [...queries].map(([clock, { rows, ...rest }]) => ({ clock, rows: [...rows], ...rest }));
}

const alone = new WeakMap<readonly string[], readonly ClockQuery[]>();
const withRows = new WeakMap<readonly Dependency[], Asked>();

interface Asked {
  readonly clocks: readonly string[];
  readonly queries: readonly ClockQuery[];
}

/** As `clockQueries`; remembered by the lists themselves, since whoever asks about an entry asks the same each time. */
export function clockQueriesOf(clocks: readonly string[], rows?: readonly Dependency[]): readonly ClockQuery[] {
  if (!rows) {
    let known = alone.get(clocks);
    if (!known) alone.set(clocks, (known = clockQueries(clocks, [])));
    return known;
  }
  let known = withRows.get(rows);
  if (known?.clocks !== clocks) withRows.set(rows, (known = { clocks, queries: clockQueries(clocks, rows) }));
  return known.queries;
}
