import { mayHaveCommitted, type SqlDialect, type StatementEffect } from './sql/statement-effect.js';

/** What became of the statements of a text. */
export type Outcome =
  /** All of them did what they say. */
  | 'done'
  /** The database refused one after others had done their work, or one that may have committed before it failed. */
  | 'partly done'
  /** The database refused it, and nothing was done. */
  | 'refused'
  /** Nobody knows: the connection was lost, the client gave up. */
  | 'ambiguous';

/** What a failure says of a text with these statements. */
export function outcomeOf(
  error: unknown,
  dialect: SqlDialect,
  effects: readonly StatementEffect[],
): Exclude<Outcome, 'done'> {
  if (!isDefinite(error, dialect)) return 'ambiguous';
  // A procedure may commit and then fail, and MySQL commits before it tries.
  return effects.length > 1 || effects.some(mayHaveCommitted) ? 'partly done' : 'refused';
}

/** MySQL: interrupted, shutting down, lost on the way: the statement may have done its work. */
const MYSQL_AMBIGUOUS = new Set([1053, 1180, 1317, 2006, 2013, 2055]);

/** Whether a failure says for certain that the statement did nothing: the database itself refused it. */
function isDefinite(error: unknown, dialect: SqlDialect): boolean {
  const failure = ((error as { driverError?: unknown } | null)?.driverError ?? error ?? {}) as {
    code?: unknown;
    severity?: unknown;
    errno?: unknown;
    sqlState?: unknown;
    fatal?: unknown;
    message?: unknown;
  };
  switch (dialect) {
    case 'postgres':
      // What pg says of a client that has ended, before it sends anything.
      if (typeof failure.message === 'string' && failure.message.endsWith(' is not queryable')) return true;
      // A SQLSTATE of the server; 08 is a lost connection, 57P an ending server, 40003 "completion unknown".
      return (
        typeof failure.code === 'string' &&
        /^[0-9A-Z]{5}$/.test(failure.code) &&
        failure.severity !== undefined &&
        !/^(08|57P|40003)/.test(failure.code)
      );
    case 'mysql':
      return failure.sqlState !== undefined && !failure.fatal && !MYSQL_AMBIGUOUS.has(Number(failure.errno));
    case 'sqlite':
      return true;
  }
}
