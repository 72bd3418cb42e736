/**
 * The rows of one table as they are to be. A row is never changed, only replaced, so that each write can say what was there before it.
 */
export class Table {
  #name;
  #rows = new Map();
  #indexes;

  /** @param indexed the columns that `by()` is asked for */
  constructor(name, indexed = []) {
    this.#name = name;
    this.#indexes = new Map(indexed.map((column) => [column, new Map()]));
  }

  get(id) {
    return this.#rows.get(id);
  }

  all() {
    return [...this.#rows.values()];
  }

  /** The rows whose column holds this. */
  by(column, value) {
    return [...(this.#indexes.get(column).get(value)?.values() ?? [])];
  }

  /** Inserts the row, or puts it in the place of the one with its id. */
  put(row) {
    return this.#replace(row.id, row);
  }

  delete(id) {
    return this.#replace(id, undefined);
  }

  /** What caches are told of a write to one row; `before` or `after` is absent where there was no row, or is none. */
  #replace(id, after) {
    const before = this.#rows.get(id);
    for (const [column, index] of this.#indexes) {
      if (before) index.get(before[column]).delete(id);
      if (after && !index.has(after[column])) index.set(after[column], new Map());
      if (after) index.get(after[column]).set(id, after);
    }
    if (after) this.#rows.set(id, after);
    else this.#rows.delete(id);
    return { table: this.#name, before, after };
  }
}

const CHUNK = 500;

/** Inserts rows into the database and the table alike. */
export async function fill(manager, entity, table, rows, toEntity = (row) => ({ ...row })) {
  for (let i = 0; i < rows.length; i += CHUNK) {
    await manager.insert(entity, rows.slice(i, i + CHUNK).map(toEntity));
  }
  for (const row of rows) table.put(row);
}
