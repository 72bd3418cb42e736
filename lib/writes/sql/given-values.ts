import { readGivenValue } from './operand.js';
import { isRowId } from './row-filter.js';
import type { GivenValue, GivenValues, SqlDialect } from './statement-effect.js';
import type { Statement } from './statement.js';

/** Rows of an INSERT that are told one by one. */
const MOST_ROWS = 50;

/** Columns and the values they are given, where a column that is named twice has none. */
export class ValuesGiven {
  readonly #values = new Map<string, GivenValue>();
  readonly #columns = new Set<string>();

  constructor(private readonly dialect: SqlDialect) {}

  add(column: string, value: GivenValue | undefined): void {
    const name = this.dialect === 'postgres' ? column : column.toLowerCase();
    if (this.#columns.has(name) || !value) this.#values.delete(name);
    else this.#values.set(name, value);
    this.#columns.add(name);
  }

  get values(): GivenValues {
    return this.#values;
  }
}

/** Rows of an INSERT, and what follows them. */
interface Inserted {
  /** Left out when they are too many. */
  readonly inserted?: readonly GivenValues[];
  readonly next: number;
}

/** What `(a, b) VALUES (1, 2), (3, 4)` behind the table's name says of the new rows; `undefined` where something else stands there. */
export function readInserted(statement: Statement, from: number): Inserted | undefined {
  const columns = plainColumns(statement, from);
  let at = statement.after(from);
  if (!columns || statement.code(at) !== 'VALUES') return undefined;
  const rows: GivenValues[] = [];
  let count = 0;
  do {
    const row = statement.code(at + 1) === '(' ? rowOf(statement, at + 1, columns) : undefined;
    if (!row) return undefined;
    if (count++ < MOST_ROWS) rows.push(row);
    at = statement.after(at + 1);
  } while (statement.code(at) === ',');
  return { next: at, ...(count <= MOST_ROWS && { inserted: rows }) };
}

/** The plain names in the parentheses at `at`. */
export function plainColumns(statement: Statement, at: number): string[] | undefined {
  if (statement.code(at) !== '(') return undefined;
  const columns: string[] = [];
  for (const [from, end] of partsOf(statement, at)) {
    const column = end === from + 1 ? statement.identifier(from) : undefined;
    if (column === undefined || isRowId(statement, column)) return undefined;
    columns.push(column);
  }
  return columns;
}

function rowOf(statement: Statement, at: number, columns: readonly string[]): GivenValues | undefined {
  const given = new ValuesGiven(statement.dialect);
  const parts = partsOf(statement, at);
  // A comma between the brackets of an array would shift all that follows.
  if (parts.length !== columns.length) return undefined;
  for (const [index, [from, end]] of parts.entries()) given.add(columns[index]!, readGivenValue(statement, from, end));
  return given.values;
}

/** What stands between the commas of the parentheses at `at`. */
function partsOf(statement: Statement, at: number): [from: number, end: number][] {
  const parts: [number, number][] = [];
  const close = statement.close(at);
  for (let from = at + 1; ;) {
    const comma = statement.find(from, close, ',');
    parts.push([from, comma < 0 ? close : comma]);
    if (comma < 0) return parts;
    from = comma + 1;
  }
}
