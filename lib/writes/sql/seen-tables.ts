import type { SqlDialect, TableRef } from './statement-effect.js';

/** A name hidden more often shows up as a table: it costs a fill, and keeps the time linear. */
const MOST_RANGES = 16;

/** The tables a statement reads, each once, without the names its WITH clauses hide. */
export class SeenTables {
  readonly #tables = new Map<string, TableRef>();
  readonly #subqueries = new Map<string, TableRef>();
  /** Per name, where in the statement it means a common table expression. */
  readonly #hidden = new Map<string, [from: number, end: number][]>();

  constructor(private readonly dialect: SqlDialect) {}

  add(table: TableRef, at: number, inSubquery: boolean): void {
    const { name, schema, database } = table;
    if (schema === undefined && database === undefined && this.#isHidden(name, at)) return;
    const key = JSON.stringify([database, schema, name]);
    this.#tables.set(key, table);
    if (inSubquery) this.#subqueries.set(key, table);
  }

  hide(name: string, from: number, end: number): void {
    const key = this.#key(name);
    const ranges = this.#hidden.get(key);
    if (!ranges) this.#hidden.set(key, [[from, end]]);
    else if (ranges.length < MOST_RANGES) ranges.push([from, end]);
  }

  get reading(): { readonly tables: readonly TableRef[]; readonly subqueries?: readonly TableRef[] } {
    const tables = [...this.#tables.values()];
    return this.#subqueries.size === 0 ? { tables } : { tables, subqueries: [...this.#subqueries.values()] };
  }

  #isHidden(name: string, at: number): boolean {
    return this.#hidden.get(this.#key(name))?.some(([from, end]) => at > from && at < end) ?? false;
  }

  #key(name: string): string {
    return this.dialect === 'postgres' ? name : name.toLowerCase();
  }
}
