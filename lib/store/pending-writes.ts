import type { ClockWrite, WrittenRows } from './cache-store.js';
import { joinChanges } from './change-texts.js';

/** More written rows of one table than this, and its rows count as unknown: one advance instead of one per row. */
const ROWS_PER_TABLE = 100;

interface Pending {
  rows: Set<string> | 'unknown';
  /** What the rows are named by. */
  key: string | undefined;
  takesKeys: boolean;
  releasesKeys: boolean;
  /** What all of them have changed; `undefined` once one of them has not told. */
  change: string | undefined;
}

type Told = { -readonly [Name in keyof ClockWrite]: ClockWrite[Name] };

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
    for (const { clock, rows, key, takesKeys = false, releasesKeys = false, change } of writes) {
      let known = this.#byClock.get(clock);
      if (!known) {
        known = { rows: new Set(), key: undefined, takesKeys: false, releasesKeys: false, change };
        this.#byClock.set(clock, known);
      } else known.change = joinChanges(known.change, change);
      const isOneKey = known.key === undefined || key === undefined || known.key === key;
      known.rows = isOneKey ? together(known.rows, rows, this.mostRows) : 'unknown';
      known.key ??= key;
      known.takesKeys ||= takesKeys;
      known.releasesKeys ||= releasesKeys;
    }
    return this;
  }

  toWrites(): ClockWrite[] {
    const all: ClockWrite[] = [];
    for (const [clock, { rows, key, takesKeys, releasesKeys, change }] of this.#byClock) {
      const written = rows === 'unknown' ? rows : rows.size > 0 ? [...rows] : 'new';
      // Nothing is spread: every statement that writes comes through here several times.
      const write: Told = { clock, rows: written, takesKeys, releasesKeys };
      if (key !== undefined) write.key = key;
      if (change !== undefined) write.change = change;
      all.push(write);
    }
    return all;
  }
}

/** New rows add nothing to those that were known. */
function together(known: Pending['rows'], rows: WrittenRows, mostRows: number): Pending['rows'] {
  if (known === 'unknown' || rows === 'unknown') return 'unknown';
  if (rows !== 'new') for (const row of rows) known.add(row);
  return known.size <= mostRows ? known : 'unknown';
}
