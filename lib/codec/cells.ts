import type { Member } from './member.js';
import { packThrough } from './transform.js';
import { pack, tag, tagOf, type Packed } from './values.js';

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
export function packCell(value: unknown, { transform }: Member): Packed | undefined {
  const cell = pack(value);
  if (cell === undefined) return transform && packThrough(transform, value);
  const changedInside = cell !== value && typeof cell === 'object' && !tagOf(cell);
  return changedInside ? tag('data', cell) : cell;
}

/** Most columns hold one kind of value: the tags go, and the reader is compiled for the kind. */
export function column(cells: readonly Packed[]): Column {
  const kinds = new Set<ColumnKind>();
  for (const cell of cells) if (cell !== null) kinds.add(kindOf(cell));
  const [kind = 'plain'] = kinds;
  if (kinds.size > 1)
    return { kind: kinds.size === 2 && kinds.has('plain') && kinds.has('json') ? 'json' : 'data', cells };
  return { kind, cells: kind === 'plain' || kind === 'json' ? cells : cells.map((cell) => cell && tagOf(cell)![1]) };
}

function kindOf(cell: Packed): ColumnKind {
  return typeof cell === 'object' ? (tagOf(cell)?.[0] ?? 'json') : 'plain';
}

/** Cells of these kinds are row numbers of a related table. */
export function isReference(kind: ColumnKind | undefined): boolean {
  return kind === 'one' || kind === 'many';
}
