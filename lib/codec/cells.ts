import type { Member } from './member.js';
import type { Origin } from './origins.js';
import type { Transform } from './transform.js';
import { pack, revive, tag, tagOf, unpack, type Packed } from './values.js';

/**
 * How the cells of a whole column are written, said once per column: `plain` is what JSON has, `json` pure JSON objects, `data`
 * anything tagged one by one, `one` and `many` rows of another set, and otherwise the kind of tag all cells had.
 */
export type ColumnKind = string;

export interface Column {
  readonly kind: ColumnKind;
  readonly cells: readonly Packed[];
}

/** One property's value, tagged when it is more than JSON; `undefined` when it could not come back. */
export function packCell(value: unknown, { transform }: Member, origin: Origin | undefined): Packed | undefined {
  if (!transform || transform.isDirect) return packDirect(value, transform);
  // As the database has it: what is encrypted there must not lie open here, and what an object hides only its transformer knows.
  if (origin?.cell !== undefined && Object.is(origin.value, value)) return origin.cell;
  // Somebody has set something else since.
  return Object(value) === value || typeof value === 'symbol' ? undefined : packData(value);
}

/** A value that is as the driver gave it. */
export function packDirect(value: unknown, transform: Transform | undefined): Packed | undefined {
  const data = packData(value);
  if (data !== undefined || !transform?.isDirect) return data;
  const form = transform.pack(value);
  return form === undefined ? undefined : tag('transformed', form);
}

/** A cell to be kept while what it was packed of may change. */
export function snapshot(cell: Packed | undefined): Packed | undefined {
  return typeof cell === 'object' && cell !== null ? (JSON.parse(JSON.stringify(cell)) as Packed) : cell;
}

/** The value of a cell whose column is not known to be of one kind. */
export function reviveCell(cell: Packed, transform: Transform | undefined): unknown {
  const [kind, form] = tagOf(cell) ?? [];
  return transform && kind === 'transformed' ? transform.revive(form) : revive(cell);
}

function packData(value: unknown): Packed | undefined {
  const data = pack(value);
  const changedInside = data !== value && typeof data === 'object' && !tagOf(data);
  return changedInside ? tag('data', data) : data;
}

/** Most columns hold one kind of value: the tags go, and the reader is compiled for the kind. */
export function column(cells: readonly Packed[]): Column {
  const kinds = new Set<ColumnKind>();
  for (const cell of cells) if (cell !== null) kinds.add(kindOf(cell));
  const [kind = 'plain'] = kinds;
  if (kinds.size > 1)
    return { kind: kinds.size === 2 && kinds.has('plain') && kinds.has('json') ? 'json' : 'data', cells };
  if (kind === 'plain' || kind === 'json') return { kind, cells };
  const forms = cells.map((cell) => cell && tagOf(cell)![1]);
  // What a transformer made of null is not null.
  return forms.some((form, row) => form === null && cells[row] !== null)
    ? { kind: 'data', cells }
    : { kind, cells: forms };
}

/** The cell as it was before its column was finished. */
export function cellAt({ kind, cells }: Column, row: number): Packed {
  const cell = cells[row];
  return kind === 'plain' || kind === 'json' || kind === 'data' || cell === null ? cell : tag(kind, cell);
}

function kindOf(cell: Packed): ColumnKind {
  return typeof cell === 'object' ? (tagOf(cell)?.[0] ?? 'json') : 'plain';
}

/** Kinds whose cells are made anew for every entity of their row. */
export const MADE_FOR_EACH: ReadonlySet<ColumnKind> = new Set([
  'json',
  'data',
  'transformed',
  'buffer',
  'bytes',
  'bigint',
]);

const KINDS: ReadonlySet<unknown> = new Set([
  'plain',
  'json',
  'data',
  'transformed',
  'one',
  'many',
  ...Object.keys(unpack),
]);

/** Whether a text from a store, or whatever stands in its place, is one of the kinds there are. */
export function isKind(value: unknown): value is ColumnKind {
  return KINDS.has(value);
}

/** Cells of these kinds are row numbers of another set. */
export function isReference(kind: ColumnKind | undefined): boolean {
  return kind === 'one' || kind === 'many';
}
