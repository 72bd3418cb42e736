import { insist } from './payload-errors.js';

/** How many rows a query finds, as text. */
export function countText(count: number): string {
  return String(count);
}

/** @throws {CorruptPayloadError} for what `countText` does not write */
export function parseCount(payload: string): number {
  const count = Number(payload);
  insist(NUMBER.test(payload) && Number.isSafeInteger(count), 'is no number of rows');
  return count;
}

/** One spelling for each. */
const NUMBER = /^(0|[1-9]\d{0,15})$/;

/** A count that was read once. What it takes of memory is what stands around it. */
export class CountReading {
  readonly bytes = 64;
  readonly count: number;

  /** @throws {CorruptPayloadError} */
  constructor(payload: string) {
    this.count = parseCount(payload);
  }
}
