import type { Change } from './change.js';
import { bothDone, type DoneToRow, NOTHING_DONE } from './done-to-row.js';
import type { KeyColumn } from './footprint.js';
import { rowName } from './row-name.js';
import { type Span, ToldInOrder } from './told-in-order.js';

/**
 * What was told of a table, by the rows it was told of: many changes are judged, each by what was done to its row, and to go through all of
 * them for each would block whoever else wants to go on.
 */
export class ToldOfRows {
  readonly #byName = new Map<string, ToldInOrder>();
  readonly #ofAny: ToldInOrder;
  #to = -Infinity;

  /** @param key what the rows are named by */
  constructor(private readonly key: readonly KeyColumn[]) {
    this.#ofAny = new ToldInOrder(key);
  }

  /** Until then all was added. */
  get to(): number {
    return this.#to;
  }

  /** What was told next; `undefined` for what nobody understands. */
  add(span: Span, changes: readonly Change[] | undefined): void {
    this.#to = span.to;
    if (!changes) this.#ofAny.add(span, undefined);
    else for (const change of changes) this.#add(span, change);
  }

  /** What was done to a row in (asOf, now]; `undefined` where nobody knows. */
  done(row: string, asOf: number, now: number): DoneToRow | undefined {
    const named = this.#byName.get(row);
    return bothDone(named ? named.done(asOf, now) : NOTHING_DONE, this.#ofAny.done(asOf, now));
  }

  #add(span: Span, change: Change): void {
    const names = new Set(change.rows?.map((row) => rowName(row, this.key)));
    // What came without a key has one by now that no row had: the database makes up none twice.
    const isOfAny = !change.rows || (change.action !== 'insert' && names.has(undefined));
    if (isOfAny) return this.#ofAny.add(span, change);
    for (const name of names) {
      if (name === undefined) continue;
      let told = this.#byName.get(name);
      if (!told) this.#byName.set(name, (told = new ToldInOrder(this.key)));
      told.add(span, change);
    }
  }
}
