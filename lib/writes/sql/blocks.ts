import type { Statement } from './statement.js';

/** CREATE OR REPLACE DEFINER = 'user'@'host' AGGREGATE FUNCTION, and some air. */
const LONGEST_PREFIX = 12;

const BLOCKS = ['DECLARE', 'IF', 'CASE', 'LOOP', 'WHILE', 'REPEAT', 'FOR'];

/** Whether a semicolon behind it may not be its end. */
export function opensBlock(statement: Statement): boolean {
  return hasOpenBody(statement) || isBlock(statement);
}

/** Whether it begins a block of MariaDB, of which each statement can be read by itself as long as it is a plain one. */
export function opensPlainBlock(statement: Statement): boolean {
  return statement.dialect === 'mysql' && statement.says(0, 'BEGIN', 'NOT', 'ATOMIC') && statement.length > 3;
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
