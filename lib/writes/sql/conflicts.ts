import { readAssignments } from './assignments.js';
import { plainColumns } from './given-values.js';
import type { Conflict, GivenValues } from './statement-effect.js';
import type { Statement } from './statement.js';

/**
 * What the clause at `at` behind the rows of an INSERT does to rows that are in their way: `nothing`, or a change of them; `undefined` where
 * it may do more.
 */
export function readConflict(
  statement: Statement,
  at: number,
  end: number,
  inserted: readonly GivenValues[] | undefined,
): Conflict | 'nothing' | undefined {
  const given = inserted?.length === 1 ? inserted[0] : undefined;
  if (statement.dialect === 'mysql')
    return statement.says(at, 'ON', 'DUPLICATE', 'KEY', 'UPDATE')
      ? readAssignments(statement, at + 4, end, given)
      : undefined;
  if (!statement.says(at, 'ON', 'CONFLICT')) return undefined;
  const does = statement.find(at + 2, end, 'DO');
  // SQLite takes several of them.
  if (does < 0 || statement.find(does, end, 'ON') >= 0) return undefined;
  if (statement.says(does, 'DO', 'NOTHING')) {
    const next = does + 2;
    return next === end || statement.code(next) === 'RETURNING' ? 'nothing' : undefined;
  }
  if (!statement.says(does, 'DO', 'UPDATE', 'SET')) return undefined;
  const assignments = readAssignments(statement, does + 3, end, given);
  const rows = conflicting(keyColumns(statement, at + 2), inserted);
  return assignments && { ...assignments, ...(rows && { rows }) };
}

/** As the columns of the new rows are called. */
function keyColumns(statement: Statement, at: number): readonly string[] | undefined {
  const columns = plainColumns(statement, at);
  return statement.dialect === 'postgres' ? columns : columns?.map((column) => column.toLowerCase());
}

/** The rows that hold in these columns what the new ones are given. */
function conflicting(
  columns: readonly string[] | undefined,
  inserted: readonly GivenValues[] | undefined,
): Conflict['rows'] {
  return columns && inserted?.map((row) => new Map([...row].filter(([column]) => columns.includes(column))));
}
