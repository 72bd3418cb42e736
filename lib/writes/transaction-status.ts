import type { DataSource, QueryRunner } from 'typeorm';
import { dataSourceOf } from '../peers/typeorm.js';

/** The thing a transaction belongs to. A runner only borrows it, and may give it back with a transaction still open. */
export function connectionOf(runner: QueryRunner): object {
  const { databaseConnection } = runner as { databaseConnection?: object };
  // SQLite has one for all runners, which only the driver knows: a transaction of one is a transaction of all.
  const owner: DataSource | undefined = dataSourceOf(runner);
  const driver = owner?.driver as { databaseConnection?: object } | undefined;
  return databaseConnection ?? driver?.databaseConnection ?? runner;
}

/** Whether the driver says a transaction is open, after a statement with these results; `undefined` when it does not say. */
export function isTransactionOpen(connection: object, results?: unknown): boolean | undefined {
  const known = connection as {
    getTransactionStatus?: () => string | null;
    readyForQuery?: boolean;
    inTransaction?: boolean;
  };
  if (typeof known.getTransactionStatus === 'function') {
    // Its word is that of the last statement the server was done with; one may be under way that its caller has given up.
    if (known.readyForQuery === false) return undefined;
    const status = known.getTransactionStatus();
    return status === null ? undefined : status !== 'I';
  }
  // better-sqlite3
  if (typeof known.inTransaction === 'boolean') return known.inTransaction;
  if (isSqlJs(connection)) return askSqlJs(connection);
  // mysql2: the first status bit of an OK packet; the last one counts where several statements ran.
  const last: unknown = Array.isArray(results) ? results.at(-1) : results;
  return isOkPacket(last) && typeof last.serverStatus === 'number' ? (last.serverStatus & 1) !== 0 : undefined;
}

/** A connection of mysql2, which tells with an answer only: so it is asked for one. `undefined` when it gives none. */
export function askTransactionOpen(connection: object): Promise<boolean | undefined> {
  const { query } = connection as { query?: (sql: string, done: (error: unknown, result: unknown) => void) => void };
  if (typeof query !== 'function') return Promise.resolve(undefined);
  return new Promise((resolve) => {
    query.call(connection, 'DO 0', (error, result) =>
      resolve(error ? undefined : isTransactionOpen(connection, result)),
    );
  });
}

/** By the class the driver gave it, which neither a column nor a JSON value can have, whatever it is called. */
function isOkPacket(result: unknown): result is { serverStatus?: unknown } {
  if (typeof result !== 'object' || result === null) return false;
  const made = (Object.getPrototypeOf(result) as { constructor?: unknown } | null)?.constructor;
  return typeof made === 'function' && ['ResultSetHeader', 'OkPacket'].includes(made.name);
}

interface SqlJsConnection {
  exec(sql: string): unknown;
  getRowsModified(): number;
}

function isSqlJs(connection: object): connection is SqlJsConnection {
  const { exec, getRowsModified } = connection as Partial<SqlJsConnection>;
  return typeof exec === 'function' && typeof getRowsModified === 'function';
}

/**
 * sql.js has no word for it, but refuses a BEGIN within a transaction. It is synchronous, so nobody comes between that and the ROLLBACK,
 * which changes nothing: not `changes()`, not `last_insert_rowid()`, not a statement that is being read.
 */
function askSqlJs(connection: SqlJsConnection): boolean | undefined {
  try {
    connection.exec('BEGIN');
  } catch (error) {
    return /within a transaction/.test(String(error)) ? true : undefined;
  }
  connection.exec('ROLLBACK');
  return false;
}
