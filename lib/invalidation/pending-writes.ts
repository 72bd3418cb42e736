import type { TableWrite } from '../store/cache-store.js';

/** More written rows of one table than this, and its rows count as unknown: one advance instead of one per row. */
const ROWS_PER_TABLE = 100;

/** Writes that are not visible yet, merged per table. */
export class PendingWrites {
  /** Per table its rows, or `undefined` once they are unknown. */
  readonly #tables = new Map<string, Set<string> | undefined>();

  get isEmpty(): boolean {
    return this.#tables.size === 0;
  }

  get tables(): string[] {
    return [...this.#tables.keys()];
  }

  add(writes: Iterable<TableWrite>): this {
    for (const { table, rows } of writes) {
      const known = this.#tables.has(table) ? this.#tables.get(table) : new Set<string>();
      for (const row of rows ?? []) known?.add(row);
      this.#tables.set(table, rows && known && known.size <= ROWS_PER_TABLE ? known : undefined);
    }
    return this;
  }

  toWrites(): TableWrite[] {
    return [...this.#tables].map(([table, rows]) => ({ table, rows: rows && [...rows] }));
  }
}
