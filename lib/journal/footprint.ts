import type { ColumnValue } from '../naming/column-value.js';
import type { Image } from './change.js';
import type { Condition } from './condition.js';

/** A column of a primary key and the kind of its values. */
export type KeyColumn = readonly [column: string, kind: string];

/** A column that a list is sorted by, and what the last row shown has in it. */
export type Bound = readonly [column: string, direction: 'ASC' | 'DESC', last: ColumnValue];

/** A part of an ordered list. */
export interface Window {
  /** Rows come before it: whatever goes or comes there moves it. */
  readonly hasOffset: boolean;
  /** It shows as many rows as it may: what comes in behind its last row changes nothing. */
  readonly isFull: boolean;
  readonly bounds: readonly Bound[];
}

/** Rows of one table, and what they are named by. */
export interface NamedRows {
  /** Tells the table from others that have its clock: of another spelling, or on another server. Default: there are none. */
  readonly table?: string | undefined;
  /** What its rows are named by; nothing where the database may compare keys differently than we do. */
  readonly key: readonly KeyColumn[];
}

/**
 * What an entry rests on in one place where it reads a table: what decides whether a change of the table can have changed the entry. Columns
 * are called as in a change.
 */
export interface Footprint extends NamedRows {
  /** The rows it shows; `undefined` where nobody knows. */
  readonly rows: readonly string[] | undefined;
  /** The columns it shows of them. */
  readonly shown: readonly string[];
  /** The columns that decide whether a row is shown. */
  readonly filtering: readonly string[];
  /** The columns that decide where. */
  readonly ordering: readonly string[];
  /** What a row must pass to be shown, as far as it is understood. Default: nothing. */
  readonly filter?: Condition | undefined;
  /** Default: all rows that pass are shown. */
  readonly window?: Window | undefined;
  /** A row is shown because another one refers to it, so it was there before that one was: a new one is not shown yet. */
  readonly isReferred?: boolean | undefined;
  /** Of columns that are shown or decide: what the rows it shows hold in them, each one of these. Default: nobody knows. */
  readonly held?: Readonly<Record<string, readonly ColumnValue[]>> | undefined;
}

/** As it is worked out where the rows are. */
export interface LoadedFootprint extends Footprint {
  /** By row, what some of its columns hold: of those that are asked for, what we can speak for. Default: nobody knows. */
  readonly images?: ((columns: ReadonlySet<string>) => ReadonlyMap<string, Image>) | undefined;
}

/** What an entry rests on in a table: one for each place where it reads it. */
export type Footprints = readonly Footprint[];

/** Characters of the footprints of one entry; beyond, they are left out, and any write to a table is one to the entry. */
const LONGEST = 256 * 1024;

/** Per dependency of an entry its footprints, `undefined` where it has none. One line; empty where none has any. */
export function footprintsText(all: readonly (Footprints | undefined)[]): string {
  if (!all.some(Boolean)) return '';
  const text = JSON.stringify(all.map((each) => each?.map(toParts) ?? 0));
  return text.length <= LONGEST ? text : '';
}

/** `undefined` for what this version would not write. */
export function parseFootprints(text: string): (Footprints | undefined)[] | undefined {
  if (text === '' || text.length > LONGEST) return undefined;
  try {
    return (JSON.parse(text) as (Parts[] | 0)[]).map((each) => (each === 0 ? undefined : each.map(fromParts)));
  } catch {
    return undefined;
  }
}

type Parts = readonly [
  key: readonly KeyColumn[],
  rows: readonly string[] | 0,
  shown: readonly string[],
  filtering: readonly string[],
  ordering: readonly string[],
  filter: Condition | 0,
  window: readonly [hasOffset: 0 | 1, isFull: 0 | 1, bounds: readonly Bound[]] | 0,
  isReferred: 0 | 1,
  held: Readonly<Record<string, readonly ColumnValue[]>> | 0,
  table: string,
];

function toParts(footprint: Footprint): Parts {
  const { table, key, rows, shown, filtering, ordering, filter, window, isReferred, held } = footprint;
  return [
    key,
    rows ?? 0,
    shown,
    filtering,
    ordering,
    filter ?? 0,
    window ? [bit(window.hasOffset), bit(window.isFull), window.bounds] : 0,
    bit(isReferred === true),
    held ?? 0,
    table ?? '',
  ];
}

/** @throws for what is no footprint */
function fromParts(parts: Parts): Footprint {
  const [key, rows, shown, filtering, ordering, filter, window, isReferred, held, table] = parts;
  const lists: unknown[] = [
    key,
    rows || [],
    shown,
    filtering,
    ordering,
    window ? window[2] : [],
    ...Object.values(held),
  ];
  if (!lists.every(Array.isArray) || typeof table !== 'string') throw new TypeError('no footprint');
  return {
    table: table || undefined,
    key,
    rows: rows === 0 ? undefined : rows,
    shown,
    filtering,
    ordering,
    filter: filter === 0 ? undefined : filter,
    window: window === 0 ? undefined : { hasOffset: window[0] === 1, isFull: window[1] === 1, bounds: window[2] },
    isReferred: isReferred === 1,
    held: held === 0 ? undefined : held,
  };
}

const bit = (value: boolean): 0 | 1 => (value ? 1 : 0);
