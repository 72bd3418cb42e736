import type { ClockWrite, WrittenRows } from './cache-store.js';

/** More written rows of one table than this, and its rows count as unknown: one advance instead of one per row. */
const ROWS_PER_TABLE = 100;

interface Pending {
  readonly rows: Set<string> | 'unknown';
  /** What the rows are named by. */
  readonly key: string | undefined;
  readonly takesKeys: boolean;
  readonly releasesKeys: boolean;
}

/** Writes that wait to be told, merged per clock: until they are visible, or until the store can be reached. */
export class PendingWrites {
  readonly #byClock = new Map<string, Pending>();

  /** @param mostRows of one table; more, and its rows count as unknown */
  constructor(private readonly mostRows = ROWS_PER_TABLE) {}

  get size(): number {
    return this.#byClock.size;
  }

  has(clock: string): boolean {
    return this.#byClock.has(clock);
  }

  get isEmpty(): boolean {
    return this.#byClock.size === 0;
  }

  add(writes: Iterable<ClockWrite>): this {
    for (const { clock, rows, key, takesKeys = false, releasesKeys = false } of writes) {
      const known = this.#byClock.get(clock) ?? { ...NOTHING, rows: new Set<string>() };
      const isOneKey = known.key === undefined || key === undefined || known.key === key;
      this.#byClock.set(clock, {
        rows: isOneKey ? together(known.rows, rows, this.mostRows) : 'unknown',
        key: known.key ?? key,
        takesKeys: known.takesKeys || takesKeys,
        releasesKeys: known.releasesKeys || releasesKeys,
      });
    }
    return this;
  }

  toWrites(): ClockWrite[] {
    return [...this.#byClock].map(([clock, { rows, key, ...keys }]) => ({
      clock,
      rows: rows === 'unknown' ? rows : rows.size ? [...rows] : 'new',
      ...(key !== undefined && { key }),
      ...keys,
    }));
  }
}

/** New rows add nothing to those that were known. */
function together(known: Pending['rows'], rows: WrittenRows, mostRows: number): Pending['rows'] {
  if (known === 'unknown' || rows === 'unknown') return 'unknown';
  if (rows !== 'new') for (const row of rows) known.add(row);
  return known.size <= mostRows ? known : 'unknown';
}

const NOTHING: Omit<Pending, 'rows'> = { key: undefined, takesKeys: false, releasesKeys: false };
