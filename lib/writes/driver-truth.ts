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
