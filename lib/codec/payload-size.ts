import { MADE_FOR_EACH } from './cells.js';
import type { Payload } from './payload.js';
import type { Packed } from './values.js';

// What V8 keeps on a machine of 64 bits.
const WORD = 8;
const STRING_HEADER = 16;
const ARRAY_HEADER = 32;
const OBJECT_HEADER = 56;
const DATE = 120;
/** An accessor and its function. */
const ACCESSOR = 160;
const SET = 2 * ARRAY_HEADER + 4 * WORD;
/** A block, and what is bound of it. */
const BLOCK = 450 + ARRAY_HEADER + 4 * WORD;
/** Of a property's name, beside its text: its place in the shapes and tables of objects. */
const NAME = 72;
const SMALLEST = -(2 ** 31);
const LARGEST = 2 ** 31 - 1;

/** What a parsed payload takes in memory, in bytes. */
export function bytesOfPayload(payload: Payload, isAscii: boolean): number {
  let bytes = ARRAY_HEADER;
  for (const [order, blocks] of payload) {
    bytes += SET + bytesOf(order, isAscii);
    // What a block begins with it has in common with others.
    for (const [, , columns] of blocks) bytes += BLOCK + bytesOf(columns, isAscii);
  }
  return bytes;
}

/** What entities of its rows take in memory beyond it, each row made once. */
export function bytesOfInstances(payload: Payload): number {
  let bytes = ARRAY_HEADER;
  for (const [, blocks] of payload) {
    for (const [, kinds, columns] of blocks) {
      bytes += (columns[0]?.length ?? 0) * (OBJECT_HEADER + WORD * kinds.length);
      for (const [place, kind] of kinds.entries()) {
        const cells = columns[place]!;
        if (kind === 'date') bytes += cells.length * DATE;
        else if (kind === 'many') bytes += bytesOf(cells, true);
        // Parsed JSON is shared itself.
        else if (kind === 'data') bytes += bytesOf(cells, true) + ACCESSOR;
        else if (kind !== 'json' && MADE_FOR_EACH.has(kind)) bytes += cells.length * ACCESSOR;
      }
    }
  }
  return bytes;
}

/** @param names of properties that were met: alike objects have theirs in common */
function bytesOf(value: Packed, isAscii: boolean, names = new Set<string>()): number {
  if (typeof value === 'string') return bytesOfText(value, isAscii);
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return bytesOfArray(value, isAscii, names);
  let bytes = OBJECT_HEADER;
  for (const key in value) {
    bytes += 2 * WORD + bytesOf((value as Record<string, Packed>)[key], isAscii, names);
    if (names.has(key)) continue;
    names.add(key);
    bytes += bytesOfText(key, isAscii) + NAME;
  }
  return bytes;
}

function bytesOfArray(values: readonly Packed[], isAscii: boolean, names: Set<string>): number {
  let bytes = ARRAY_HEADER + WORD * values.length;
  let numbers = 0;
  let boxed = 0;
  for (const value of values) {
    if (typeof value !== 'number') bytes += bytesOf(value, isAscii, names);
    else {
      numbers++;
      if (!Number.isInteger(value) || value < SMALLEST || value > LARGEST) boxed++;
    }
  }
  // Among numbers alone every number has its place in the array.
  return numbers === values.length ? bytes : bytes + boxed * 2 * WORD;
}

function bytesOfText(text: string, isAscii: boolean): number {
  const width = isAscii || !WIDE.test(text) ? 1 : 2;
  return STRING_HEADER + Math.ceil((text.length * width) / WORD) * WORD;
}

const WIDE = /[\u0100-\uffff]/;
