import { isRowId, readRowFilter } from './row-filter.js';
import type { RowFilter, TableChange, TableRef } from './statement-effect.js';
import type { Statement } from './statement.js';

/** A change whose table is still to be read. */
export type PendingChange = Omit<TableChange, 'table'>;

/** The beginning of a statement that changes rows. */
export interface ChangeHead {
  readonly changes: readonly PendingChange[];
  /** The one table that is changed; without it, all tables of the list that begins at `next`. */
  readonly target?: TableRef;
  /** USING brings another list of tables. */
  readonly using: boolean;
  /** Where to go on. */
  readonly next: number;
}

const MODIFIERS = ['LOW_PRIORITY', 'HIGH_PRIORITY', 'DELAYED', 'QUICK', 'IGNORE'];
const RESOLUTIONS = ['ROLLBACK', 'ABORT', 'FAIL', 'IGNORE', 'REPLACE'];
const JOINING = ['FROM', 'USING', 'JOIN', 'STRAIGHT_JOIN'];

/** Reads the INSERT, REPLACE, UPDATE, DELETE or MERGE at `at`, whose level ends at `end`. */
export function readChange(statement: Statement, at: number, end: number): ChangeHead | undefined {
  const resolution = statement.code(at + 1) === 'OR' ? statement.code(at + 2) : '';
  const start = statement.skip(RESOLUTIONS.includes(resolution) ? at + 3 : at + 1, ...MODIFIERS);
  const replaces = statement.code(at) === 'REPLACE' || resolution === 'REPLACE';
  switch (statement.code(at)) {
    case 'UPDATE': {
      const next = skipOnly(statement, start);
      const change = updateOf(statement, next, end);
      return { changes: replaces ? [change, { action: 'delete' }] : [change], using: false, next };
    }
    case 'DELETE': {
      // MySQL names aliases first: DELETE a, b FROM ...
      const from = statement.find(start, end, 'FROM');
      if (from < 0) return undefined;
      const next = skipOnly(statement, from + 1);
      return { changes: [deleteOf(statement, next, end)], using: true, next };
    }
    case 'MERGE': {
      const deletes = statement.find(start, end, 'DELETE') >= 0;
      return single(statement, skipOnly(statement, statement.skip(start, 'INTO')), 'upsert', deletes, true);
    }
    default: {
      const action = replaces || updatesOnConflict(statement, start, end) ? 'upsert' : 'insert';
      return single(statement, statement.skip(start, 'INTO'), action, replaces, false);
    }
  }
}

function single(
  statement: Statement,
  at: number,
  action: TableChange['action'],
  deletes: boolean,
  using: boolean,
): ChangeHead | undefined {
  const named = statement.table(at);
  const changes: PendingChange[] = deletes ? [{ action }, { action: 'delete' }] : [{ action }];
  return named && { changes, target: named.table, using, next: named.end };
}

function skipOnly(statement: Statement, at: number): number {
  return statement.dialect === 'postgres' ? statement.skip(at, 'ONLY') : at;
}

/** ON CONFLICT DO UPDATE or ON DUPLICATE KEY UPDATE; a SELECT before it may have a FOR UPDATE of its own. */
function updatesOnConflict(statement: Statement, from: number, end: number): boolean {
  for (let at = statement.find(from, end, 'UPDATE'); at >= 0; at = statement.find(at + 1, end, 'UPDATE')) {
    if (['DO', 'KEY'].includes(statement.code(at - 1))) return true;
  }
  return false;
}

function updateOf(statement: Statement, tables: number, end: number): PendingChange {
  const set = statement.find(tables, end, 'SET');
  const alone = set >= 0 && isAlone(statement, tables, set);
  const rows = alone ? pinnedRows(statement, set, end) : undefined;
  const assigned = alone ? assignedColumns(statement, set + 1, end) : undefined;
  return { action: 'update', ...(rows && { rows }), ...(assigned && { assigned }) };
}

function deleteOf(statement: Statement, tables: number, end: number): PendingChange {
  const where = statement.find(tables, end, 'WHERE');
  const rows = where >= 0 && isAlone(statement, tables, where) ? pinnedRows(statement, tables, end) : undefined;
  return { action: 'delete', ...(rows && { rows }) };
}

/** One table is named in [from, end), and nothing joins it. */
function isAlone(statement: Statement, from: number, end: number): boolean {
  return statement.identifier(from) !== undefined && statement.find(from, end, ',', ...JOINING) < 0;
}

/** The rows pinned by the WHERE behind `from`. */
function pinnedRows(statement: Statement, from: number, end: number): RowFilter | undefined {
  const where = statement.find(from, end, 'WHERE');
  if (where < 0 || statement.find(from, where, ...JOINING) >= 0) return undefined;
  const stop = statement.find(where, end, 'RETURNING', 'ORDER', 'LIMIT');
  if (stop < 0) return readRowFilter(statement, where + 1, end);
  // Where `returning` may be a column, the condition would go on behind it.
  return statement.find(stop, end, 'OR', 'XOR', '|') < 0 ? readRowFilter(statement, where + 1, stop) : undefined;
}

/** The columns of the SET list that begins at `from`. */
function assignedColumns(statement: Statement, from: number, end: number): string[] | undefined {
  const stop = statement.find(from, end, 'WHERE', 'FROM', 'RETURNING', 'ORDER', 'LIMIT');
  const columns: string[] = [];
  let at = from;
  for (const last = stop < 0 ? end : stop; at < last; at++) {
    const comma = statement.find(at, last, ',');
    const column = assignedColumn(statement, at);
    if (column === undefined || isRowId(statement, column)) return undefined;
    columns.push(column);
    if (comma < 0) return columns;
    at = comma;
  }
  return undefined;
}

function assignedColumn(statement: Statement, at: number): string | undefined {
  const path = statement.path(at);
  if (!path || !['=', ':', '['].includes(statement.code(path.end))) return undefined;
  // In PostgreSQL what follows the dot is a field of the column.
  return statement.dialect === 'postgres' ? path.parts[0] : path.parts.at(-1);
}
