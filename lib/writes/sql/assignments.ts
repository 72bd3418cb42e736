import { ValuesGiven } from './given-values.js';
import { readGivenValue } from './operand.js';
import { isRowId } from './row-filter.js';
import type { GivenValue, GivenValues } from './statement-effect.js';
import type { Statement } from './statement.js';

/** What a SET list assigns. */
export interface Assignments {
  readonly assigned: readonly string[];
  readonly values: GivenValues;
}

/**
 * The columns of the SET list that begins at `from`, and what they are set to.
 *
 * @param inserted of an INSERT that found a row in its way: what the new row was to hold
 */
export function readAssignments(
  statement: Statement,
  from: number,
  end: number,
  inserted?: GivenValues,
): Assignments | undefined {
  const last = endOfAssignments(statement, from, end);
  // A column, in an UPDATE of MySQL: more may be assigned behind it. None stands directly behind a parenthesis.
  const isColumn = statement.dialect === 'mysql' && statement.code(last) === 'RETURNING';
  if (isColumn && statement.code(last - 1) !== ')') return undefined;
  // Between the brackets of an array a comparison would look like the next assignment.
  const hasArrays = statement.find(from, last, '[') >= 0;
  const assigned: string[] = [];
  const given = new ValuesGiven(statement.dialect);
  for (let at = from; at < last; at++) {
    const comma = statement.find(at, last, ',');
    const column = assignedColumn(statement, at);
    if (column === undefined || isRowId(statement, column)) return undefined;
    assigned.push(column);
    given.add(column, hasArrays ? undefined : assignedValue(statement, at, comma < 0 ? last : comma, inserted));
    if (comma < 0) return { assigned, values: given.values };
    at = comma;
  }
  return undefined;
}

function endOfAssignments(statement: Statement, from: number, end: number): number {
  for (let at = from - 1; ;) {
    at = statement.find(at + 1, end, 'WHERE', 'FROM', 'RETURNING', 'ORDER', 'LIMIT');
    if (at < 0) return end;
    // a = b IS DISTINCT FROM c, d = 1
    if (statement.code(at) !== 'FROM' || statement.code(at - 1) !== 'DISTINCT') return at;
  }
}

function assignedValue(statement: Statement, at: number, end: number, inserted?: GivenValues): GivenValue | undefined {
  const path = statement.path(at);
  if (!path || statement.code(path.end) !== '=') return undefined;
  // One field of the column.
  if (statement.dialect === 'postgres' && path.parts.length > 1) return undefined;
  const column = path.parts.at(-1)!;
  if (inserted && isInserted(statement, path.end + 1, end, column))
    return inserted.get(statement.dialect === 'postgres' ? column : column.toLowerCase());
  return readGivenValue(statement, path.end + 1, end);
}

/** `EXCLUDED.a`, or `VALUES(a)` of MySQL: of the same column, for another one may have made something else of the value. */
function isInserted(statement: Statement, at: number, end: number, column: string): boolean {
  if (statement.dialect === 'mysql')
    return statement.says(at, 'VALUES', '(') && at + 4 === end && statement.identifier(at + 2) === column;
  const path = statement.path(at);
  const [table, name, ...more] = path?.end === end ? path.parts : [];
  return table?.toLowerCase() === 'excluded' && name === column && !more.length;
}

function assignedColumn(statement: Statement, at: number): string | undefined {
  const path = statement.path(at);
  if (!path || !['=', ':', '['].includes(statement.code(path.end))) return undefined;
  // In PostgreSQL what follows the dot is a field of the column.
  return statement.dialect === 'postgres' ? path.parts[0] : path.parts.at(-1);
}
