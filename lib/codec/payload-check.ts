import { isReference, MADE_FOR_EACH } from './cells.js';
import { insist } from './payload-errors.js';
import type { Payload, PayloadBlock, PayloadSet } from './payload.js';
import { tagOf, type Packed } from './values.js';

/**
 * What rows make that are referred to more than once, per character of the payload: the writer repeats rows in full rather than to
 * exceed it, so that a text from a store cannot make more of itself in memory.
 */
const VALUES_PER_CHARACTER = 16;
/** The same for any payload, however short. */
const VALUES_AT_LEAST = 100_000;

/** Blocks of all sets: each may be compiled anew, which takes longer than its length. */
const MOST_BLOCKS = 1_000;

/** How many entities become of each row. */
type Counts = ArrayLike<number>;

/**
 * A payload all of whose numbers are true: as many cells as rows, and references to rows that are there. Every hit comes through here.
 *
 * @param length of its text, in characters
 * @throws {CorruptPayloadError}
 */
export function checkPayload(payload: Payload, length: number): Payload {
  insist(payload.length > 0, 'has no sets');
  for (let number = 0; number < payload.length; number++) checkSet(payload[number]!);
  insist(!hasTooManyBlocks(payload), 'has rows of more layouts than anything that is written');
  insist(!repeatsTooMuch(payload, length), 'repeats its rows more often than anything that is written');
  return payload;
}

/** Whether its rows differ too much in the properties they have. */
export function hasTooManyBlocks(sets: Payload): boolean {
  return sets.reduce((count, [, blocks]) => count + blocks.length, 0) > MOST_BLOCKS;
}

/**
 * Whether rows that are referred to several times make more values than a text of this length may.
 *
 * @throws {CorruptPayloadError} for a reference to no row
 */
export function repeatsTooMuch(sets: Payload, length: number): boolean {
  const most = Math.max(VALUES_AT_LEAST, VALUES_PER_CHARACTER * length);
  /** How many entities become of each row of a set. */
  const counts: (Float64Array | undefined)[] = [];
  let repeated = 0;
  // A set stands behind those that refer to it, so that no row can lead back to itself.
  for (let number = 0; number < sets.length && repeated <= most; number++) {
    const made = counts[number];
    if (!made && number > 0) continue;
    const [order, blocks] = sets[number]!;
    const counted = made && countsByBlock(made, order, blocks.length);
    for (let place = 0; place < blocks.length; place++) {
      const block = blocks[place]!;
      const own = counted?.[place];
      refer(block, own, number, sets, counts);
      if (own) repeated += repetition(block, own);
    }
  }
  return repeated > most;
}

/** Of the rows of each block, in one pass: there may be as many blocks as rows. */
function countsByBlock(made: Counts, order: PayloadSet[0], blocks: number): Counts[] {
  if (typeof order === 'number') return [made];
  const counted: number[][] = Array.from({ length: blocks }, () => []);
  for (let row = 0; row < order.length; row++) counted[order[row]!]!.push(made[row]!);
  return counted;
}

/** Counts the rows that these refer to; without counts, each becomes one. */
function refer(
  [, kinds, columns, related]: PayloadBlock,
  made: Counts | undefined,
  number: number,
  sets: Payload,
  counts: (Float64Array | undefined)[],
): void {
  if (related.length === 0) return;
  let reference = 0;
  for (let column = 0; column < kinds.length; column++) {
    const kind = kinds[column];
    if (!isReference(kind)) continue;
    const to: unknown = related[reference++];
    insist(typeof to === 'number' && to > number && to < sets.length && Number.isInteger(to), MISLED);
    const others = (counts[to] ??= new Float64Array(rowsIn(sets[to]!)));
    const cells = columns[column]!;
    for (let row = 0; row < cells.length; row++) {
      const cell = cells[row];
      const count = made ? made[row]! : 1;
      // Of a row that becomes nothing nothing else does.
      if (cell === null || count === 0) continue;
      if (kind === 'one') add(others, cell, count);
      else {
        insist(Array.isArray(cell), MISLED);
        for (let i = 0; i < cell.length; i++) add(others, cell[i], count);
      }
    }
  }
}

function add(rows: Float64Array, row: unknown, count: number): void {
  const before = typeof row === 'number' ? rows[row] : undefined;
  insist(before !== undefined, MISLED);
  rows[row as number] = before + count;
}

/** How many values these rows make beyond those they say. */
function repetition(block: PayloadBlock, made: Counts): number {
  const [, kinds] = block;
  const isEven = !kinds.some((kind) => kind === 'many' || MADE_FOR_EACH.has(kind));
  let repeated = 0;
  for (let row = 0; row < made.length; row++) {
    if (made[row]! > 1) repeated += (made[row]! - 1) * (isEven ? kinds.length : weigh(block, row));
  }
  return repeated;
}

/** How many values are made for each entity of a row. */
function weigh([, kinds, columns]: PayloadBlock, row: number): number {
  let weight = kinds.length;
  for (const [column, kind] of kinds.entries()) {
    const cell = columns[column]![row];
    if (kind === 'many') weight += (cell as unknown[] | null)?.length ?? 0;
    else if (MADE_FOR_EACH.has(kind)) weight += sizeOf(cell, kind !== 'json');
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

function checkSet([order, blocks]: PayloadSet): void {
  for (let place = 0; place < blocks.length; place++) checkBlock(blocks[place]!);
  if (typeof order !== 'number') return checkOrder(order, blocks);
  // Of a block without columns the order is the only one to say how many there are: each of its rows is written there.
  const rows = blocks.length === 0 ? 0 : blocks[0]![2][0]?.length;
  insist(rows !== undefined && order === rows && blocks.length === (rows > 0 ? 1 : 0), MISCOUNTED);
}

function checkOrder(order: readonly unknown[], blocks: readonly PayloadBlock[]): void {
  const left = blocks.map(([, , [first]]) => first?.length ?? Infinity);
  for (const place of order) insist(typeof place === 'number' && left[place]!-- > 0, MISCOUNTED);
  for (const rows of left) insist(rows === 0 || rows === Infinity, MISCOUNTED);
}

/** All its columns are of one length. */
function checkBlock([, kinds, columns]: PayloadBlock): void {
  for (let column = 0; column < kinds.length; column++) {
    const cells: unknown = columns[column];
    insist(Array.isArray(cells) && cells.length > 0 && cells.length === columns[0]!.length, MISCOUNTED);
  }
}

const rowsIn = ([order]: PayloadSet): number => (typeof order === 'number' ? order : order.length);

const MISCOUNTED = 'does not hold as many rows as it says';
const MISLED = 'refers to rows that it does not hold';
