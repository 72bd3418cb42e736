import type { ColumnValue } from '../naming/column-value.js';
import type { Change, Image } from './change.js';
import { type KnownOfRow, mayEqual } from './condition.js';
import type { KeyColumn } from './footprint.js';
import { rowName } from './row-name.js';

/** What is known of a row that a change has written, beyond what the change tells. */
export interface Recalled {
  /** What it holds now. */
  readonly now: KnownOfRow;
  /** What of that it has held ever since the entry was loaded that is judged: it was seen no later. */
  readonly before: KnownOfRow;
}

/** By the row's name; `undefined` where nothing is known. */
export type Recall = (row: string) => Recalled | undefined;

/** Values of one column, beyond which nothing is known of it. */
const MOST_VALUES = 8;

/**
 * What a row may have held since it was seen, by all that was told since: in each column what was seen, or what it was set to, for writes of
 * one row may be heard of in another order than they were made.
 *
 * Before it was seen it held the same only where none of that can have been seen: who looked may have come after a write that was told later.
 *
 * @param told since it was seen; `undefined` for one that nobody understands
 * @param judged it may be the row's end: until then it was there
 */
export function heldSince(
  seen: Image,
  row: string,
  key: readonly KeyColumn[],
  told: readonly (readonly Change[] | undefined)[],
  judged: Change,
): Recalled | undefined {
  const given = new Map<string, ColumnValue[] | undefined>();
  for (const changes of told) {
    if (!changes) return undefined;
    for (const change of changes) {
      // A new row has the key of another one only after that has gone.
      if (change.action === 'insert' || !mayMean(change, row, key)) continue;
      if (change.action === 'delete') {
        if (change !== judged) return undefined;
        continue;
      }
      if (key.some(([column]) => change.assigned.includes(column))) return undefined;
      for (const column of change.assigned) note(given, column, change.values[column]);
    }
  }
  const now: Record<string, KnownOfRow[string]> = {};
  const before: typeof now = {};
  for (const [column, value] of Object.entries(seen)) {
    const others = given.has(column) ? given.get(column) : [];
    if (!others) continue;
    now[column] = others.length ? [value, ...others] : value;
    if (!others.some((other) => mayEqual(other, value))) before[column] = now[column];
  }
  return { now, before };
}

function note(given: Map<string, ColumnValue[] | undefined>, column: string, value: ColumnValue | undefined): void {
  const known = given.has(column) ? given.get(column) : [];
  given.set(column, known && value !== undefined && known.length < MOST_VALUES ? [...known, value] : undefined);
}

function mayMean({ rows }: Change, row: string, key: readonly KeyColumn[]): boolean {
  return !rows || rows.some((each) => (rowName(each, key) ?? row) === row);
}
