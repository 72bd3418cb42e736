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
  // A mock answers whatever it is asked with another one.
  if (typeof (type as unknown) !== 'string') {
    throw new InvalidConfigurationError(
      'QSCACHE_UNSUPPORTED_DRIVER',
      'The DataSource of a QsCacheModule.forFeature() is no real one (most likely a mock: its type is no text), so its managers could neither load nor hear of writes. Override the managers themselves in this test, .overrideProvider(ExampleCacheManager).useValue(...), or give it a real DataSource and QsCacheTestingModule.forRoot() of nestjs-qscache/testing.',
    );
  }
  const dialect = Object.hasOwn(DIALECTS, type) ? DIALECTS[type] : undefined;
  if (dialect) return dialect;
  throw new InvalidConfigurationError(
    'QSCACHE_UNSUPPORTED_DRIVER',
    `The driver "${type}" does not report its statements in a way QsCache can follow, so writes would leave stale entries behind. Use one of ${Object.keys(DIALECTS).join(', ')}, or leave this DataSource's entities uncached.`,
  );
}

export { askTransactionOpen, connectionOf, isTransactionOpen } from './transaction-status.js';
export { statementStillRuns } from './statement-still-runs.js';
