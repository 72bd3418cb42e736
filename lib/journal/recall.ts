import type { ColumnValue } from '../naming/column-value.js';
import type { Change, Image } from './change.js';
import { type KnownOfRow, mayEqual } from './condition.js';
import type { KeyColumn } from './footprint.js';
import { rowName } from './row-name.js';

/** What is known of a row that a change has written, beyond what the change tells. */
export interface Recalled {
  /** What it holds now. */
  readonly now: KnownOfRow;
  /** What it has held ever since the entry was loaded that is judged. */
  readonly before: KnownOfRow;
}

/** What was seen of a row, as of a count of its table's clock. */
export interface Seen {
  readonly asOf: number;
  readonly image: Image;
}

/** By the count of a clock, what every advance since has told, each `undefined` where nobody understands it; `undefined` where that is not known. */
export type ToldSince = (asOf: number) => Told | undefined;
type Told = readonly (readonly Change[] | undefined)[];

/** By the row's name; `undefined` where nothing is known. */
export type Recall = (row: string) => Recalled | undefined;

/** Values of one column, beyond which nothing is known of it. */
const MOST_VALUES = 8;

/**
 * What is known of a row when one change of its table is judged, which an entry has not seen.
 *
 * @param asOf the entry's
 */
export function recallOf(
  sightings: readonly Seen[],
  { row, key, asOf, toldSince }: { row: string; key: readonly KeyColumn[]; asOf: number; toldSince: ToldSince },
  judged: Change,
): Recalled {
  const [before, now]: KnownOfRow[] = [{}, {}];
  for (const seen of sightings) {
    const told = toldSince(seen.asOf);
    if (!told) continue;
    const held = heldSince(seen.image, row, key, told, judged);
    Object.assign(now!, held?.now);
    if (seen.asOf <= asOf) Object.assign(before!, held?.before);
    // Seen later than the entry was loaded: what nothing has set it to since then, it held already. Whatever goes must be what was seen: SQLite
    // may give the next row the key of the last one.
    else if (judged.action !== 'delete' || told.some((changes) => changes?.includes(judged))) {
      const since = toldSince(asOf);
      Object.assign(before!, since && heldSince(seen.image, row, key, since, judged)?.before);
    }
  }
  return { before: before!, now: now! };
}

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
  told: Told,
  judged: Change,
): Recalled | undefined {
  const given = new Map<string, ColumnValue[] | undefined>();
  for (const changes of told) {
    if (!changes) return undefined;
    for (const change of changes) {
      if (change.action === 'insert') {
        // A key that was given again: one of the two was seen. What the database makes up it does not make up twice.
        if (!change.rows || change.rows.some((each) => rowName(each, key) === row)) return undefined;
        continue;
      }
      if (!mayMean(change, row, key)) continue;
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
