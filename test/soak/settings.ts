import type { DatabaseKind, SoakOptions } from './options.js';

/** What every process of a soak must agree on. */
export interface SoakSettings {
  readonly options: SoakOptions;
  readonly databaseUrl: string;
  readonly databaseName: string;
  readonly redisUrl: string;
  readonly namespace: string;
}

/** The longest a statement waits for a row, in milliseconds. MariaDB counts in whole seconds. */
export const lockTimeoutMs: Readonly<Record<DatabaseKind, number>> = { postgres: 300, mariadb: 1000 };

/** As short as it can be: longer than half of itself plus the longest wait of an orphaned statement. */
export const holdMs: Readonly<Record<DatabaseKind, number>> = { postgres: 1000, mariadb: 2500 };

export const budgetMs = 250;
