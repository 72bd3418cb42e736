import type { TableWrite } from '../store/cache-store.js';

/** More written rows of one table than this, and its rows count as unknown: one advance instead of one per row. */
const ROWS_PER_TABLE = 100;

interface PendingTable {
  /** `undefined` once they are unknown. */
  readonly rows: Set<string> | undefined;
  /** What the rows are named by. */
  readonly key: string | undefined;
  readonly takesKeys: boolean;
  readonly releasesKeys: boolean;
}

/** Writes that are not visible yet, merged per table. */
export class PendingWrites {
  readonly #tables = new Map<string, PendingTable>();

  get isEmpty(): boolean {
    return this.#tables.size === 0;
  }

  add(writes: Iterable<TableWrite>): this {
    for (const { table, rows, key, takesKeys = false, releasesKeys = false } of writes) {
      const known = this.#tables.get(table) ?? { ...NOTHING, rows: new Set<string>() };
      for (const row of rows ?? []) known.rows?.add(row);
      const isOneKey = known.key === undefined || key === undefined || known.key === key;
      this.#tables.set(table, {
        rows: rows && isOneKey && known.rows && known.rows.size <= ROWS_PER_TABLE ? known.rows : undefined,
        key: known.key ?? key,
        takesKeys: known.takesKeys || takesKeys,
        releasesKeys: known.releasesKeys || releasesKeys,
      });
    }
    return this;
  }

  toWrites(): TableWrite[] {
    return [...this.#tables].map(([table, { rows, key, ...keys }]) => ({
      table,
      rows: rows && [...rows],
      ...(key !== undefined && { key }),
      ...keys,
    }));
  }
}

const NOTHING: Omit<PendingTable, 'rows'> = { key: undefined, takesKeys: false, releasesKeys: false };
