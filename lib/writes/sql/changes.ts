import { readAssignments } from './assignments.js';
import { readConflict } from './conflicts.js';
import { readInserted } from './given-values.js';
import { readRowFilter } from './row-filter.js';
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
const BEHIND_DELETE = ['WHERE', 'ORDER', 'LIMIT', 'RETURNING'];
const BEHIND_TARGET = ['SET', ...BEHIND_DELETE];

/** Reads the INSERT, REPLACE, UPDATE, DELETE or MERGE at `at`, whose level ends at `end`. */
export function readChange(statement: Statement, at: number, end: number): ChangeHead | undefined {
  const resolution = statement.code(at + 1) === 'OR' ? statement.code(at + 2) : '';
  const start = statement.skip(RESOLUTIONS.includes(resolution) ? at + 3 : at + 1, ...MODIFIERS);
  const replaces = statement.code(at) === 'REPLACE' || resolution === 'REPLACE';
  switch (statement.code(at)) {
    case 'UPDATE': {
      const next = skipOnly(statement, start);
      const change = updateOf(statement, next, end, start === at + 1);
      return { changes: replaces ? [change, { action: 'delete' }] : [change], using: false, next };
    }
    case 'DELETE': {
      // MySQL names aliases first: DELETE a, b FROM ...
      const from = statement.find(start, end, 'FROM');
      if (from < 0) return undefined;
      const next = skipOnly(statement, from + 1);
      return { changes: [deleteOf(statement, next, end, from === at + 1)], using: true, next };
    }
    case 'MERGE': {
      const deletes = statement.find(start, end, 'DELETE') >= 0;
      return single(statement, skipOnly(statement, statement.skip(start, 'INTO')), 'upsert', deletes, true);
    }
    default: {
      const action = replaces || updatesOnConflict(statement, start, end) ? 'upsert' : 'insert';
      // What would be refused is left out by IGNORE, or made to fit, as MySQL does without it where it is not strict.
      const ignores =
        statement.code(start - 1) === 'IGNORE' && (resolution !== '' ? start === at + 3 : start === at + 2);
      const isBare =
        !replaces && (start === at + 1 || (ignores && action === 'insert')) && statement.code(start) === 'INTO';
      return single(statement, statement.skip(start, 'INTO'), action, replaces, false, isBare ? end : undefined);
    }
  }
}

function single(
  statement: Statement,
  at: number,
  action: TableChange['action'],
  deletes: boolean,
  using: boolean,
  /** Where an INSERT ends that may say all it does. */
  end?: number,
): ChangeHead | undefined {
  const named = statement.table(at);
  const change = { action, ...(named && end !== undefined && insertOf(statement, named.end, end)) };
  const changes: PendingChange[] = deletes ? [change, { action: 'delete' }] : [change];
  return named && { changes, target: named.table, using, next: named.end };
}

/** What an INSERT tells behind the table's name: of its rows, and of those in their way. */
function insertOf(statement: Statement, from: number, end: number): Partial<PendingChange> {
  if (statement.dialect === 'mysql' && statement.code(from) === 'SET' && statement.find(from, end, 'ON', 'AS') < 0) {
    const row = readAssignments(statement, from + 1, end);
    return row ? { isTold: true, inserted: [row.values] } : {};
  }
  const read = readInserted(statement, statement.code(from) === 'AS' ? from + 2 : from);
  if (!read) return {};
  const { next, inserted } = read;
  const told = { isTold: true, ...(inserted && { inserted }) } as const;
  if (next === end || statement.code(next) === 'RETURNING') return told;
  const conflict = readConflict(statement, next, end, inserted);
  if (conflict === 'nothing') return told;
  return conflict ? { ...told, conflict } : {};
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

/** @param isBare it has no modifier that lets rows stay, or go, against the rest of the text */
function updateOf(statement: Statement, tables: number, end: number, isBare: boolean): PendingChange {
  const set = statement.find(tables, end, 'SET');
  const alone = set >= 0 && isAlone(statement, tables, set);
  const rows = alone ? pinnedRows(statement, set, end) : undefined;
  const assignments = alone ? readAssignments(statement, set + 1, end) : undefined;
  const isTold = isBare && assignments !== undefined && behindTarget(statement, tables) === set;
  return { action: 'update', ...(rows && { rows }), ...assignments, ...(isTold && { isTold }) };
}

function deleteOf(statement: Statement, tables: number, end: number, isBare: boolean): PendingChange {
  const where = statement.find(tables, end, 'WHERE');
  const rows = where >= 0 && isAlone(statement, tables, where) ? pinnedRows(statement, tables, end) : undefined;
  const next = behindTarget(statement, tables);
  const isTold = isBare && next !== undefined && (next === end || BEHIND_DELETE.includes(statement.code(next)));
  return { action: 'delete', ...(rows && { rows }), ...(isTold && { isTold }) };
}

/** Behind the one table that is named at `at`, and its alias. Anything more it may have (PARTITION, FOR PORTION OF) stands there. */
function behindTarget(statement: Statement, at: number): number | undefined {
  const end = statement.path(at)?.end;
  if (end === undefined || end >= statement.length) return end;
  if (statement.code(end) === 'AS') return end + 2;
  const isAlias = statement.identifier(end) !== undefined && !BEHIND_TARGET.includes(statement.code(end));
  return isAlias ? end + 1 : end;
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
