import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';

/** The operating system's: nobody is there, or nobody any more. */
const NETWORK =
  /^(?:ECONN(?:REFUSED|RESET|ABORTED)|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_(?:AGAIN|FAIL|NODATA|NONAME)|E(?:HOST|NET)(?:UNREACH|DOWN))$/;

/**
 * PostgreSQL's: connection exceptions (08), a server that shuts down, has crashed or is starting, a session that was ended (57P01 to
 * 57P05), too many connections. Its poolers say the same.
 */
const SQLSTATE = /^(?:08\w{3}|57P0[1-5]|53300)$/;

/** A pooler has it for "no server to connect to", PostgreSQL for a statement with too few parameters as well: that one is not fatal. */
const PROTOCOL_VIOLATION = '08P01';

/** MySQL's and MariaDB's, and those of mysql2. */
const MYSQL = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ER_CON_COUNT_ERROR',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_SERVER_SHUTDOWN',
  'ER_NORMAL_SHUTDOWN',
  'ER_ABORTING_CONNECTION',
  'ER_NEW_ABORTING_CONNECTION',
  'ER_CONNECTION_KILLED',
  'ER_CLIENT_INTERACTION_TIMEOUT',
  'ER_HOST_IS_BLOCKED',
]);

/** MariaDB's for a connection that was killed: mysql2 knows no name for it. */
const MARIADB_CONNECTION_KILLED = 1927;

/** better-sqlite3's: the file, or the disk below it, is gone. sql.js has its database in memory. */
const SQLITE = /^SQLITE_(?:CANTOPEN|IOERR)(?:_\w+)?$/;

/** What drivers say in words alone, from the start of the message: pg, its pool, mysql2 and its pool. */
const WORDS = [
  'Connection terminated',
  'Client has encountered a connection error',
  'Client was closed and is not queryable',
  'timeout expired',
  'timeout exceeded when trying to connect',
  "Can't add new command when connection is in closed state",
  'No connections available.',
  'Queue limit reached.',
];

/** Errors that came before there was a connection. Of any other, only TypeORM can say that a driver threw it. */
const whileConnecting = new WeakSet<object>();

/** Notes what fails here as the driver's: an error of the application may have the same `code`, as that of an HTTP client does. */
export async function connecting<T>(connect: () => Promise<T>): Promise<T> {
  try {
    return await connect();
  } catch (error) {
    if (isObject(error)) whileConnecting.add(error);
    throw error;
  }
}

/**
 * Whether a load failed because there was no database to be reached, or no connection to be had: nothing its query, its values or the
 * application's code could help. Not so for whatever a database answered (syntax, permission, a password, a timeout of the statement), nor
 * for an answer that did not come in the time the application gave it: both may be the query's own fault.
 */
export function isDatabaseDown(error: unknown): boolean {
  // Our own loads release no connection before they end: the driver did, because it broke.
  if (error instanceof QueryRunnerAlreadyReleasedError) return true;
  if (error instanceof QueryFailedError) return isUnreached(error.driverError);
  return isObject(error) && whileConnecting.has(error) && isUnreached(error);
}

interface DriverError {
  readonly code?: unknown;
  readonly errno?: unknown;
  readonly severity?: unknown;
  readonly message?: unknown;
}

function isUnreached(error: unknown): boolean {
  if (!isObject(error)) return false;
  const { code, errno, severity, message }: DriverError = error;
  if (code === PROTOCOL_VIOLATION) return severity === 'FATAL';
  // A server that goes on answering: a function has raised it, or a foreign table's own server is gone.
  if (typeof code === 'string' && SQLSTATE.test(code)) return severity !== 'ERROR';
  if (typeof code === 'string' && code !== '') return NETWORK.test(code) || MYSQL.has(code) || SQLITE.test(code);
  // A driver that was given a code by the server has said what it knows.
  if (typeof errno === 'number') return errno === MARIADB_CONNECTION_KILLED;
  return typeof message === 'string' && WORDS.some((words) => message.startsWith(words));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
