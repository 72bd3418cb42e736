import type { Change } from './change.js';
import { bothDone, doneBy, type DoneToRow, NOTHING_DONE } from './done-to-row.js';
import type { KeyColumn } from './footprint.js';

/** What was told of a clock from one of its counts to another. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Writes that may mean one row, in the order they were told, and what they have done from each of them on, worked out once: a row may be
 * written often, and each of those writes is judged by what all of them have done.
 */
export class ToldInOrder {
  readonly #told: (Span & { readonly change: Change | undefined })[] = [];
  /** What the last of them have done until then, by how many of them these are. */
  #done: (DoneToRow | undefined)[] = [NOTHING_DONE];
  #until = 0;

  constructor(private readonly key: readonly KeyColumn[]) {}

  /** @param change `undefined` for what nobody understands */
  add({ from, to }: Span, change: Change | undefined): void {
    this.#told.push({ from, to, change });
  }

  /** What those in (asOf, now] have done; `undefined` where nobody knows. */
  done(asOf: number, now: number): DoneToRow | undefined {
    const until = this.#count((each) => each.from < now);
    if (until !== this.#until) [this.#until, this.#done] = [until, [NOTHING_DONE]];
    const done = this.#done;
    const count = Math.max(0, until - this.#count((each) => each.to <= asOf));
    for (let i = done.length; i <= count; i++) {
      const { change } = this.#told[until - i]!;
      done.push(bothDone(doneBy(change, this.key), done[i - 1]));
    }
    return done[count];
  }

  /** How many there are of which this is so: of the first of them, up to one. */
  #count(isSo: (each: Span) => boolean): number {
    let [low, high] = [0, this.#told.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isSo(this.#told[middle]!)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
