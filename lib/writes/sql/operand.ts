import type { GivenValue, Operand } from './statement-effect.js';
import type { Statement } from './statement.js';

/** The one value that makes up [from, end), to compare a column with. */
export function readOperand(statement: Statement, from: number, end: number): Operand | undefined {
  const negative = statement.code(from) === '-';
  const at = negative ? from + 1 : from;
  const token = statement.tokens[at];
  if (!token || at + 1 !== end) return undefined;
  if (token.kind === 'number') {
    const literal = Number(token.text);
    return Number.isSafeInteger(literal) ? { literal: negative ? -literal : literal } : undefined;
  }
  if (negative) return undefined;
  if (token.kind === 'parameter' && token.parameter >= 0) return { parameter: token.parameter };
  return token.kind === 'string' && token.code !== '"' ? { literal: token.text } : undefined;
}

/** The one value that makes up [from, end), for a column to hold. */
export function readGivenValue(statement: Statement, from: number, end: number): GivenValue | undefined {
  if (statement.tokens[from]?.kind === 'word' && statement.code(from) === 'CURRENT_TIMESTAMP') {
    const isCall = statement.code(from + 1) === '(' && statement.after(from + 1) === end;
    if (isCall || from + 1 === end) return { isNow: true };
  }
  if (from + 1 !== end) return readOperand(statement, from, end);
  switch (statement.code(from)) {
    case 'DEFAULT':
      // SQLite knows no such word.
      return statement.tokens[from]?.kind === 'word' && statement.dialect !== 'sqlite'
        ? { isDefault: true }
        : undefined;
    case 'NULL':
      return { literal: null };
    case 'TRUE':
    case 'FALSE':
      // SQLite may have a column of that name.
      return statement.dialect === 'sqlite' ? undefined : { literal: statement.code(from) === 'TRUE' };
    default:
      return readOperand(statement, from, end);
  }
}
