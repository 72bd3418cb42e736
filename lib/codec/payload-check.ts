import { isKind, isReference, MADE_FOR_EACH } from './cells.js';
import { CorruptPayloadError } from './payload-errors.js';
import type { Payload, PayloadSet, PayloadTable } from './payload.js';
import { tagOf, type Packed } from './values.js';

/**
 * What rows make that are referred to more than once, per character of the payload: the writer repeats rows in full rather than to
 * exceed it, so that a text from a store cannot make more of itself in memory.
 */
const VALUES_PER_CHARACTER = 16;
/** The same for any payload, however short. */
const VALUES_AT_LEAST = 100_000;

/**
 * A payload all of whose numbers are true: as many cells as rows, and references to rows that are there.
 *
 * @param length of its text, in characters
 * @throws {CorruptPayloadError}
 */
export function checkPayload(value: unknown, length: number): Payload {
  const [shapes, tables] = listOf(value, 2);
  insist(Array.isArray(shapes) && Array.isArray(tables) && tables.length > 0, 'has no tables');
  const checked = (tables as unknown[]).map(checkTable);
  checked.forEach(({ table }, number) => checkReferences(table, number, checked));
  const payload = [shapes, checked.map(({ table }) => table)] as Payload;
  insist(!repeatsTooMuch(payload, length), 'repeats its rows more often than anything that is written');
  return payload;
}

/** Whether rows that are referred to several times make more values than a text of this length may. */
export function repeatsTooMuch([, tables]: Payload, length: number): boolean {
  if (tables.length === 1) return false;
  const most = Math.max(VALUES_AT_LEAST, VALUES_PER_CHARACTER * length);
  let repeated = 0;
  /** How many entities each row becomes. */
  const times: (number[] | undefined)[] = tables.map(() => undefined);
  times[0] = Array.from({ length: rowsOf(tables[0]!) }, () => 1);
  // A table stands behind those that refer to it.
  for (const [number, [order, sets]] of tables.entries()) {
    const made = times[number];
    if (!made) continue;
    const passed = sets.map(() => 0);
    for (const [row, count] of made.entries()) {
      const place = typeof order === 'number' ? 0 : order[row]!;
      const at = passed[place]!++;
      const set = sets[place]!;
      if (count > 1) repeated += (count - 1) * weigh(set, at);
      if (repeated > most) return true;
      if (count > 0) refer(set, at, count, times, tables);
    }
  }
  return false;
}

/** The rows that a row refers to become as many more. */
function refer(
  [, , kinds, columns, related]: PayloadSet,
  at: number,
  count: number,
  times: (number[] | undefined)[],
  tables: readonly PayloadTable[],
): void {
  if (!related.length) return;
  let place = 0;
  for (const [column, kind] of kinds.entries()) {
    if (!isReference(kind)) continue;
    const number = related[place++]!;
    const to = (times[number] ??= Array.from({ length: rowsOf(tables[number]!) }, () => 0));
    const cell = columns[column]![at] as number | readonly number[] | null;
    if (typeof cell === 'number') to[cell]! += count;
    else if (cell) for (const row of cell) to[row]! += count;
  }
}

/** How many values are made for each entity of a row. */
function weigh([, , kinds, columns]: PayloadSet, at: number): number {
  let weight = kinds.length;
  for (const [column, kind] of kinds.entries()) {
    if (kind === 'many') weight += ((columns[column]![at] as unknown[] | null) ?? []).length;
    else if (MADE_FOR_EACH.has(kind)) weight += sizeOf(columns[column]![at], kind !== 'json');
  }
  return weight;
}

/** Values inside, and the characters of what may become something else than a text. */
function sizeOf(cell: Packed, countsText: boolean): number {
  if (typeof cell === 'string') return countsText ? cell.length : 0;
  if (typeof cell !== 'object' || cell === null) return 0;
  const isTagged = tagOf(cell) !== undefined;
  const inner = Object.values(cell) as Packed[];
  return inner.reduce<number>((sum, each) => sum + 1 + sizeOf(each, countsText || isTagged), 0);
}

interface CheckedTable {
  readonly table: PayloadTable;
  readonly rows: number;
}

function checkTable(value: unknown): CheckedTable {
  const [order, sets] = listOf(value, 2);
  insist(Array.isArray(sets), 'has a table without sets');
  const checked = (sets as unknown[]).map(checkSet);
  // A set without columns has as many rows as the order says: each of them is written there.
  const open = checked.map(([, , , columns]) => columns[0]?.length ?? Infinity);
  if (Array.isArray(order)) {
    for (const place of order as unknown[]) insist(typeof place === 'number' && open[place]!-- > 0, MISCOUNTED);
    insist(
      open.every((left) => left === 0 || left === Infinity),
      MISCOUNTED,
    );
  } else insist(order === (open[0] ?? 0) && open.length === (order > 0 ? 1 : 0), MISCOUNTED);
  const table = [order, checked] as PayloadTable;
  return { table, rows: rowsOf(table) };
}

function checkSet(value: unknown): PayloadSet {
  const [shape, layout, kinds, columns, related] = listOf(value, 5);
  insist(Number.isInteger(shape) && typeof layout === 'string', 'has a set of no shape');
  insist(Array.isArray(kinds) && kinds.every(isKind), 'has columns of no kind we know');
  insist(Array.isArray(columns) && columns.length === (kinds as unknown[]).length, MISCOUNTED);
  const [first] = columns as unknown[][];
  for (const column of columns as unknown[])
    insist(Array.isArray(column) && column.length > 0 && column.length === first!.length, MISCOUNTED);
  const references = (kinds as string[]).filter(isReference).length;
  insist(Array.isArray(related) && related.length === references, MISCOUNTED);
  return value as PayloadSet;
}

function checkReferences([, sets]: PayloadTable, number: number, tables: readonly CheckedTable[]): void {
  for (const [, , kinds, columns, related] of sets) {
    if (!related.length) continue;
    let place = 0;
    for (const [column, kind] of kinds.entries()) {
      if (!isReference(kind)) continue;
      const to: unknown = related[place++];
      // Always one further behind: no row can lead back to itself.
      insist(typeof to === 'number' && to > number && tables[to], MISLED);
      const { rows } = tables[to as number]!;
      const isRow = (cell: unknown) => typeof cell === 'number' && Number.isInteger(cell) && cell >= 0 && cell < rows;
      const isCell = (cell: unknown) =>
        cell === null || (kind === 'one' ? isRow(cell) : Array.isArray(cell) && cell.every(isRow));
      insist(columns[column]!.every(isCell), MISLED);
    }
  }
}

const rowsOf = ([order]: PayloadTable): number => (typeof order === 'number' ? order : order.length);

const MISCOUNTED = 'does not hold as many rows as it says';
const MISLED = 'refers to rows that it does not hold';

function listOf(value: unknown, length: number): readonly unknown[] {
  insist(Array.isArray(value) && value.length === length, 'is not built as ours are');
  return value as unknown[];
}

function insist(holds: unknown, otherwise: string): asserts holds {
  if (holds) return;
  throw new CorruptPayloadError(`The payload ${otherwise}, so nobody of ours wrote it; it is loaded again.`);
}
