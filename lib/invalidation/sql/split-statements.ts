import { Statement } from './statement.js';
import type { SqlDialect } from './statement-effect.js';
import type { Token } from './token.js';

export interface Split {
  readonly statements: readonly Statement[];
  /** Where a statement ends could not be told: what follows the last one is unknown. */
  readonly lost: boolean;
}

/** CREATE OR REPLACE DEFINER = 'user'@'host' AGGREGATE FUNCTION, and some air. */
const LONGEST_PREFIX = 12;

const BLOCKS = ['IF', 'CASE', 'LOOP', 'WHILE', 'REPEAT', 'FOR'];

/** Cuts a text into statements at its semicolons, keeping the body of a routine together. */
export function splitStatements(tokens: readonly Token[], dialect: SqlDialect): Split {
  const pieces = splitAtSemicolons(tokens);
  const statements: Statement[] = [];
  for (let at = 0; at < pieces.length; at++) {
    const statement = new Statement(pieces[at]!, dialect);
    statements.push(statement);
    if (!(hasOpenBody(statement) || isBlock(statement)) || at + 1 === pieces.length) continue;
    // Blocks of MySQL nest and end in many ways.
    if (dialect === 'mysql') return { statements, lost: true };
    while (pieces[++at]?.[0]?.code !== 'END') if (at >= pieces.length) return { statements, lost: true };
  }
  return { statements, lost: false };
}

function splitAtSemicolons(tokens: readonly Token[]): Token[][] {
  const pieces: Token[][] = [];
  let piece: Token[] = [];
  let depth = 0;
  for (const token of tokens) {
    if (token.code === ';' && depth <= 0) {
      if (piece.length > 0) pieces.push(piece);
      piece = [];
      depth = 0;
      continue;
    }
    if (token.code === '(') depth++;
    if (token.code === ')') depth--;
    piece.push(token);
  }
  if (piece.length > 0) pieces.push(piece);
  return pieces;
}

/** A routine whose body goes on behind the semicolon. Taking that body for statements would see an END that commits nothing. */
function hasOpenBody(statement: Statement): boolean {
  if (!['CREATE', 'ALTER'].includes(statement.code(0))) return false;
  const kind = statement.findAnywhere(1, 'FUNCTION', 'PROCEDURE', 'TRIGGER', 'EVENT', 'PACKAGE');
  if (kind < 0 || kind > LONGEST_PREFIX) return false;
  if (statement.dialect === 'mysql') return true;
  const begin = statement.findAnywhere(kind, statement.dialect === 'postgres' ? 'ATOMIC' : 'BEGIN');
  return begin > 0 && statement.code(begin + 1) !== 'END';
}

/** Statements MariaDB runs as one: a COMMIT among them may be one that is never reached. */
function isBlock(statement: Statement): boolean {
  if (statement.dialect !== 'mysql') return false;
  return statement.says(0, 'BEGIN', 'NOT') || statement.code(1) === ':' || BLOCKS.includes(statement.code(0));
}
