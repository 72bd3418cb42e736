import type { DataSource } from 'typeorm';
import { InvalidConfigurationError } from '../errors.js';
import type { SqlDialect } from './sql/statement-effect.js';

const DIALECTS: Readonly<Record<string, SqlDialect>> = {
  postgres: 'postgres',
  cockroachdb: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
  sqljs: 'sqlite',
  'better-sqlite3': 'sqlite',
};

/** @throws {InvalidConfigurationError} for a driver whose statements nobody tells us of */
export function dialectOf({ options: { type } }: DataSource): SqlDialect {
  const dialect = DIALECTS[type];
  if (dialect) return dialect;
  throw new InvalidConfigurationError(
    'QSCACHE_UNSUPPORTED_DRIVER',
    `The driver "${type}" does not report its statements in a way QsCache can follow, so writes would leave stale entries behind. Use one of ${Object.keys(DIALECTS).join(', ')}, or leave this DataSource's entities uncached.`,
  );
}

export { askTransactionOpen, connectionOf, isTransactionOpen } from './transaction-status.js';
export { statementStillRuns } from './statement-still-runs.js';

/** MySQL: interrupted, shutting down, lost on the way: the statement may have done its work. */
const MYSQL_AMBIGUOUS = new Set([1053, 1180, 1317, 2006, 2013, 2055]);

/** Whether a failure says for certain that the statement did nothing: the database itself refused it. */
export function isDefinite(error: unknown, dialect: SqlDialect): boolean {
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
