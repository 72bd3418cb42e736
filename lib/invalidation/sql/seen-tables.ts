import type { SqlDialect, TableRef } from './statement-effect.js';

/** A name hidden more often shows up as a table: it costs a fill, and keeps the time linear. */
const MOST_RANGES = 16;

/** The tables a statement reads, each once, without the names its WITH clauses hide. */
export class SeenTables {
  readonly #tables = new Map<string, TableRef>();
  /** Per name, where in the statement it means a common table expression. */
  readonly #hidden = new Map<string, [from: number, end: number][]>();

  constructor(private readonly dialect: SqlDialect) {}

  add(table: TableRef, at: number): void {
    const { name, schema, database } = table;
    if (schema === undefined && database === undefined && this.#isHidden(name, at)) return;
    this.#tables.set(JSON.stringify([database, schema, name]), table);
  }

  hide(name: string, from: number, end: number): void {
    const key = this.#key(name);
    const ranges = this.#hidden.get(key);
    if (!ranges) this.#hidden.set(key, [[from, end]]);
    else if (ranges.length < MOST_RANGES) ranges.push([from, end]);
  }

  list(): TableRef[] {
    return [...this.#tables.values()];
  }

  #isHidden(name: string, at: number): boolean {
    return this.#hidden.get(this.#key(name))?.some(([from, end]) => at > from && at < end) ?? false;
  }

  #key(name: string): string {
    return this.dialect === 'postgres' ? name : name.toLowerCase();
  }
}
