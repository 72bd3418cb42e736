import type { ColumnValue } from '../naming/column-value.js';
import type { Change } from './change.js';
import type { KeyColumn } from './footprint.js';

/** Values of one column, beyond which nothing is known of it. */
const MOST_VALUES = 8;

/** Ends of one row that are told apart: whoever asks about one of them asks whether there are others. */
const MOST_ENDS = 2;

/** What several writes have done to a row, in one. */
export interface DoneToRow {
  /** By column what it was set to; `undefined` where nobody knows that of one of them. */
  readonly given: ReadonlyMap<string, readonly ColumnValue[] | undefined>;
  /** What may have been its end. */
  readonly ends: readonly Change[];
}

export const NOTHING_DONE: DoneToRow = { given: new Map(), ends: [] };

/**
 * What one write may do to a row that it may mean; `undefined` where nothing is known of the row after it.
 *
 * @param key what rows are named by
 */
export function doneBy(change: Change | undefined, key: readonly KeyColumn[]): DoneToRow | undefined {
  // A key that was given again: one of the two was seen. What the database makes up it does not make up twice.
  if (!change || change.action === 'insert') return undefined;
  const { action, assigned, values } = change;
  if (action === 'delete') return { ...NOTHING_DONE, ends: [change] };
  if (key.some(([column]) => assigned.includes(column))) return undefined;
  const set = (column: string) => (values[column] === undefined ? undefined : [values[column]]);
  return { given: new Map(assigned.map((column) => [column, set(column)])), ends: [] };
}

/** Where one of the two adds nothing to the other, it is that one: as most do, of columns of which nothing is known any more. */
export function bothDone(some: DoneToRow | undefined, more: DoneToRow | undefined): DoneToRow | undefined {
  if (!some || !more) return undefined;
  if (more === NOTHING_DONE) return some;
  const ends = more.ends.length < MOST_ENDS ? [...some.ends, ...more.ends].slice(0, MOST_ENDS) : more.ends;
  const news = [...some.given].filter(([column]) => !more.given.has(column) || more.given.get(column));
  if (!news.length) return ends.length === more.ends.length ? more : { given: more.given, ends };
  const given = new Map(more.given);
  for (const [column, values] of news) {
    const all = values && [...values, ...(more.given.get(column) ?? [])];
    given.set(column, all && all.length <= MOST_VALUES ? all : undefined);
  }
  return { given, ends };
}
