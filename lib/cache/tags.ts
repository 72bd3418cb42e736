import type { TableTags, TagQuery, TagsRead } from '../store/cache-store.js';

/** More rows of one table than this, and an entry depends on the whole table: tags cost the store more than a reload. */
export const ROWS_PER_TABLE = 32;

/** What an entry depends on: some rows of a table, or (without rows) every write to it. */
export interface Dependency {
  readonly table: string;
  readonly rows?: readonly string[];
  /** What the rows are named by; see `TagQuery`. */
  readonly key?: string;
}

/** Tags as one read of the store answered them, asked by name. */
export class TagView {
  readonly epoch: string;
  readonly #tables = new Map<string, { tags: TableTags; rows: readonly string[]; positions?: Map<string, number> }>();

  constructor(queries: readonly TagQuery[], read: TagsRead) {
    this.epoch = read.epoch;
    queries.forEach((query, i) => this.#tables.set(query.table, { tags: read.tables[i]!, rows: query.rows }));
  }

  /** The clocks of the tables. */
  versions(tables: readonly string[]): readonly number[] {
    return tables.map((table) => this.#tables.get(table)!.tags.version);
  }

  isHeld(tables: readonly string[]): boolean {
    return tables.some((table) => this.#tables.get(table)?.tags.held);
  }

  /** Whether every tag of the dependency is in this view. */
  covers({ table, rows }: Dependency): boolean {
    if (!this.#tables.has(table)) return false;
    return rows === undefined || rows.every((row) => this.#position(table, row) !== undefined);
  }

  /** Whether nothing of the dependency was written after `asOf`. Ask only what the view covers. */
  isValid({ table, rows }: Dependency, asOf: number): boolean {
    const { tags } = this.#tables.get(table)!;
    // Dated after the table's present: the clock has stepped back, or the date is forged. It says nothing of the writes in between.
    if (tags.held || asOf > tags.version) return false;
    if (rows === undefined) return tags.version <= asOf;
    return tags.unknown <= asOf && rows.every((row) => tags.rows[this.#position(table, row)!]! <= asOf);
  }

  #position(table: string, row: string): number | undefined {
    const known = this.#tables.get(table)!;
    known.positions ??= new Map(known.rows.map((name, i) => [name, i]));
    return known.positions.get(row);
  }
}

/** One query per table, in the order of `tables`, with the rows of every dependency. */
export function tagQueries(tables: readonly string[], dependencies: Iterable<Dependency>): TagQuery[] {
  const queries = new Map<string, { rows: Set<string>; key?: string }>(
    tables.map((table) => [table, { rows: new Set() }]),
  );
  for (const { table, rows, key } of dependencies) {
    let known = queries.get(table);
    if (!known) queries.set(table, (known = { rows: new Set() }));
    for (const row of rows ?? []) known.rows.add(row);
    if (key !== undefined) known.key = key;
  }
  return [...queries].map(([table, { rows, ...key }]) => ({ table, rows: [...rows], ...key }));
}
