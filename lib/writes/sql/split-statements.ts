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

const BLOCKS = ['DECLARE', 'IF', 'CASE', 'LOOP', 'WHILE', 'REPEAT', 'FOR'];

/** Cuts a text into statements at its semicolons, keeping the body of a routine together. */
export function splitStatements(tokens: readonly Token[], dialect: SqlDialect): Split {
  const pieces = splitAtSemicolons(tokens);
  const statements: Statement[] = [];
  for (let at = 0; at < pieces.length; at++) {
    const statement = new Statement(pieces[at]!, dialect);
    statements.push(statement);
    if (!opensBlock(statement) || at + 1 === pieces.length) continue;
    // Blocks of MySQL nest and end in many ways.
    if (dialect === 'mysql') return { statements, lost: true };
    while (pieces[++at]?.[0]?.code !== 'END') if (at >= pieces.length) return { statements, lost: true };
  }
  return { statements, lost: false };
}

/** Whether a semicolon behind it may not be its end. */
export function opensBlock(statement: Statement): boolean {
  return hasOpenBody(statement) || isBlock(statement);
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
  switch (statement.dialect) {
    case 'mysql': {
      const kind = statement.findAnywhere(1, 'FUNCTION', 'PROCEDURE', 'TRIGGER', 'EVENT', 'PACKAGE');
      return kind >= 0 && kind <= LONGEST_PREFIX;
    }
    // Exactly there: elsewhere they are names, and what follows would be swallowed up to an END.
    case 'postgres': {
      const kind = statement.skip(1, 'OR', 'REPLACE');
      return ['FUNCTION', 'PROCEDURE'].includes(statement.code(kind)) && opensBody(statement, kind, 'BEGIN', 'ATOMIC');
    }
    case 'sqlite': {
      const kind = statement.skip(1, 'TEMP', 'TEMPORARY');
      return statement.code(kind) === 'TRIGGER' && opensBody(statement, kind + 2, 'BEGIN');
    }
  }
}

function opensBody(statement: Statement, from: number, ...begin: string[]): boolean {
  for (let at = from; at < statement.length; at++)
    if (statement.says(at, ...begin)) return statement.code(at + begin.length) !== 'END';
  return false;
}

/** Statements MariaDB runs as one: a COMMIT among them may be one that is never reached. */
function isBlock(statement: Statement): boolean {
  if (statement.dialect !== 'mysql') return false;
  // BEGIN NOT ATOMIC, and Oracle's BEGIN and DECLARE.
  if (statement.code(0) === 'BEGIN') return statement.length > 1 && statement.code(1) !== 'WORK';
  return statement.code(1) === ':' || BLOCKS.includes(statement.code(0));
}
