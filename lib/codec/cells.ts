import type { Member } from './member.js';
import type { Origin } from './origins.js';
import { isMadeAnew, type Transform } from './transform.js';
import { pack, revive, tag, tagOf, type Packed } from './values.js';

/**
 * How the cells of a whole column are written, said once per column: `plain` is what JSON has, `json` pure JSON objects, `data`
 * anything tagged one by one, `one` and `many` rows of a related table, and otherwise the kind of tag all cells had.
 */
export type ColumnKind = string;

export interface Column {
  readonly kind: ColumnKind;
  readonly cells: readonly Packed[];
}

/** One property's value, tagged when it is more than JSON; `undefined` when it could not come back. */
export function packCell(value: unknown, { transform }: Member, origin: Origin | undefined): Packed | undefined {
  if (!transform || transform.isDirect) return packDirect(value, transform);
  // What says all of itself needs no transformer.
  if (Object(value) !== value && typeof value !== 'symbol') return packData(value);
  // Whether an object is all there, is one of a kind or shared can be seen where it was made only.
  if (!origin || origin.value !== value || origin.cell === undefined) return undefined;
  const data = pack(value);
  return data !== undefined && isOrdinary(value, data, origin.cell, transform) ? asCell(data, value) : origin.cell;
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
  return asCell(pack(value), value);
}

function asCell(data: Packed, value: unknown): Packed {
  const changedInside = data !== value && typeof data === 'object' && !tagOf(data);
  return changedInside ? tag('data', data) : data;
}

function isOrdinary(value: unknown, data: Packed, cell: Packed, transform: Transform): boolean {
  if (tagOf(cell)?.[0] !== 'transformed') return true;
  try {
    return isMadeAnew(value, data, reviveCell(cell, transform));
  } catch {
    // A transformer that does not take the same twice.
    return false;
  }
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

/** Cells of these kinds are row numbers of a related table. */
export function isReference(kind: ColumnKind | undefined): boolean {
  return kind === 'one' || kind === 'many';
}
