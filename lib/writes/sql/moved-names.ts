import type { Statement } from './statement.js';

/** In a SET or RESET of PostgreSQL: the path, and the role, whose own schema is on it. */
const PATH_SETTINGS = /^(?:schema|role|authorization|all)$/i;

/** What stands wherever PostgreSQL is told of the path in a way that is not a plain SET. */
export const MOVING_TEXT = /search_path|set_config|pg_settings|pg_temp/i;

/**
 * Whether unqualified names may lead to other tables of this connection afterwards. Too often is fine: only the names that say no
 * schema are then taken for those of every schema.
 */
export function movesNames(statement: Statement): boolean {
  const verb = statement.code(0);
  if (createsTemporary(statement, verb)) return true;
  switch (statement.dialect) {
    case 'mysql':
      return verb === 'USE';
    case 'sqlite':
      return verb === 'ATTACH' || verb === 'DETACH';
    case 'postgres':
      return movesPath(statement, verb);
  }
}

/** A temporary table stands before all others of its name, until it is dropped. */
function createsTemporary(statement: Statement, verb: string): boolean {
  if (verb === 'CREATE') return statement.findAnywhere(1, 'TEMP', 'TEMPORARY') >= 0;
  return statement.dialect === 'postgres' && selectsIntoTemporary(statement);
}

/** SELECT ... INTO TEMP t. What rows are inserted or merged into may itself be called temp. */
function selectsIntoTemporary(statement: Statement): boolean {
  for (let at = statement.findAnywhere(1, 'INTO'); at > 0; at = statement.findAnywhere(at + 1, 'INTO')) {
    const kind = statement.code(statement.skip(at + 1, 'LOCAL', 'GLOBAL'));
    if (['TEMP', 'TEMPORARY'].includes(kind) && !isChange(statement, at - 1)) return true;
  }
  return false;
}

/** No column called insert, as in SELECT a AS insert INTO TEMP t. */
function isChange(statement: Statement, at: number): boolean {
  if (!['INSERT', 'MERGE'].includes(statement.code(at))) return false;
  return at === 0 || ['(', ')'].includes(statement.code(at - 1));
}

function movesPath(statement: Statement, verb: string): boolean {
  if (verb === 'DISCARD') return true;
  if (['CREATE', 'DROP', 'ALTER'].includes(verb) && ['SCHEMA', 'OWNED'].includes(statement.code(1))) return true;
  const sets = verb === 'SET' || verb === 'RESET';
  return statement.tokens.some(({ kind, text }) => {
    if (kind === 'symbol' || kind === 'number' || kind === 'parameter') return false;
    // In a string as well: set_config(), DO, EXECUTE and the view pg_settings take it from there.
    if (MOVING_TEXT.test(text)) return true;
    // An opaque name may spell anything.
    return sets && (PATH_SETTINGS.test(text) || kind === 'opaque');
  });
}
