import { isKind, isReference } from './cells.js';
import { insist } from './payload-errors.js';
import type { Payload, PayloadBlock, PayloadSet } from './payload.js';
import type { Packed } from './values.js';

/*
 * A payload as text is JSON of as few arrays as can be: to parse one takes as long as its arrays and its long numbers. The sets of
 * `payload.ts` as they are written:
 *
 *     [[2, "0:0,1,4, plain date one 1", [1,2], [1700000000000,null], [0,0]],
 *      [1, "0:0,1, plain plain", 7, "Ann"]]
 *
 * A set with one block is the number of its rows and the block; any other one is the list of its rows' blocks and each block as a list.
 * A block is its head, one text of layout, kinds and related sets, and its columns; of a set with one row, the cells.
 *
 * Times of a longer column are told by what they are later than the earliest, which comes first, in the largest unit that divides them:
 * `date+60000` is one in minutes.
 */

/** Milliseconds that dates are told in. */
const UNITS = [86_400_000, 3_600_000, 60_000, 1_000, 1];

/** Of a column whose dates are told by the earliest: less would save nothing. */
const LEAST_DATES = 4;

/** Heads remembered, each of a layout and kinds: as many as there are queries that select different properties, and a few. */
const MOST_HEADS = 1_000;
/** Characters of a head that is remembered. */
const LONGEST_HEAD = 4_000;

interface Head {
  readonly layout: string;
  readonly kinds: readonly string[];
  readonly related: readonly number[];
  /** By the place of their column, in what unit dates are told. */
  readonly units: readonly (number | undefined)[] | undefined;
}

export function payloadText(payload: Payload): string {
  return JSON.stringify(payload.map(writtenSet));
}

function writtenSet([order, blocks]: PayloadSet): Packed[] {
  if (typeof order !== 'number') return [order, ...blocks.map((block) => writtenBlock(block, false))];
  return blocks.length > 0 ? [order, ...writtenBlock(blocks[0]!, order === 1)] : [order];
}

function writtenBlock([layout, kinds, columns, related]: PayloadBlock, isOneRow: boolean): Packed[] {
  if (isOneRow) return [[layout, ...kinds, ...related].join(' '), ...columns.map(([cell]) => cell)];
  const told = kinds.map((kind, place) => (kind === 'date' ? relativeDates(columns[place]!) : undefined));
  const head = [
    layout,
    ...kinds.map((kind, place) => (told[place] ? `${kind}+${told[place].unit}` : kind)),
    ...related,
  ];
  return [head.join(' '), ...columns.map((cells, place) => told[place]?.cells ?? cells)];
}

function relativeDates(cells: readonly Packed[]): { readonly unit: number; readonly cells: Packed[] } | undefined {
  if (cells.length < LEAST_DATES || !cells.every((cell) => cell === null || typeof cell === 'number')) return undefined;
  const times = cells.filter((cell) => cell !== null) as number[];
  const earliest = times.reduce((least, time) => Math.min(least, time), Infinity);
  if (!times.length) return undefined;
  // Between the first and the last date there are more milliseconds than a number tells one by one.
  if (!times.every((time) => Number.isSafeInteger(time - earliest))) return undefined;
  const unit = UNITS.find((each) => times.every((time) => (time - earliest) % each === 0));
  if (!unit) return undefined;
  const later = cells.map((cell) => (cell === null ? null : ((cell as number) - earliest) / unit));
  return { unit, cells: [earliest, ...later] };
}

/**
 * What a text says, of as many columns as kinds, and no more checked than that.
 *
 * @throws {CorruptPayloadError}
 */
export function parsePayload(text: string): Payload {
  const sets: unknown = JSON.parse(text);
  insist(Array.isArray(sets), FORM);
  const payload: PayloadSet[] = [];
  for (let number = 0; number < sets.length; number++) payload.push(readSet(sets[number]));
  return payload;
}

function readSet(set: unknown): PayloadSet {
  insist(Array.isArray(set), FORM);
  const order: unknown = set[0];
  if (typeof order === 'number') return [order, set.length > 1 ? [readBlock(set, 1, order === 1)] : []];
  insist(Array.isArray(order), FORM);
  const blocks = set.slice(1).map((block) => readBlock(block, 0, false));
  return [order as number[], blocks];
}

/** @param from where its head stands */
function readBlock(block: unknown, from: number, isOneRow: boolean): PayloadBlock {
  insist(Array.isArray(block), FORM);
  const { layout, kinds, related, units } = headOf(block[from]);
  insist(block.length === from + 1 + kinds.length, FORM);
  const columns: (readonly Packed[])[] = [];
  for (let place = 0; place < kinds.length; place++) {
    const cells: unknown = block[from + 1 + place];
    const unit = units?.[place];
    if (isOneRow) columns.push([cells]);
    else columns.push(unit === undefined ? (cells as Packed[]) : datesOf(cells, unit));
  }
  return [layout, kinds, columns, related];
}

function datesOf(told: unknown, unit: number): Packed[] {
  insist(Array.isArray(told), FORM);
  const earliest: unknown = told[0];
  insist(typeof earliest === 'number', FORM);
  const cells: Packed[] = [];
  for (let row = 1; row < told.length; row++) {
    const later: unknown = told[row];
    insist(later === null || typeof later === 'number', FORM);
    cells.push(later === null ? null : earliest + later * unit);
  }
  return cells;
}

const heads = new Map<string, Head>();

function headOf(text: unknown): Head {
  insist(typeof text === 'string', FORM);
  let head = heads.get(text);
  if (head) return head;
  head = parsedHead(text);
  if (text.length > LONGEST_HEAD) return head;
  if (heads.size >= MOST_HEADS) heads.delete(heads.keys().next().value!);
  heads.set(text, head);
  return head;
}

function parsedHead(text: string): Head {
  const [layout, ...words] = text.split(' ');
  const kinds: string[] = [];
  const units: (number | undefined)[] = [];
  const related: number[] = [];
  for (const word of words) {
    if (NUMBER.test(word)) {
      related.push(Number(word));
      continue;
    }
    const [kind, unit] = word.split('+');
    insist(isKind(kind) && related.length === 0, 'has columns of no kind we know');
    insist(
      unit === undefined || (kind === 'date' && UNITS.includes(Number(unit))),
      'has dates in a unit that none of ours is in',
    );
    kinds.push(kind);
    units.push(unit === undefined ? undefined : Number(unit));
  }
  insist(related.length === kinds.filter(isReference).length, 'refers to rows that it does not hold');
  return { layout: layout!, kinds, related, units: units.some((unit) => unit !== undefined) ? units : undefined };
}

const NUMBER = /^\d+$/;
const FORM = 'is not built as ours are';
