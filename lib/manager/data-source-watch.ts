import type { QueryRunner } from 'typeorm';
import type { TableWrite } from '../store/cache-store.js';
import type { LoadRecord } from './load-context.js';

/** What the read side must know of the statements that pass through a DataSource. The write side implements it. */
export interface DataSourceWatch {
  /** False when the DataSource no longer tells us of writes: nothing may be stored then. */
  readonly isWatching: boolean;
  /** Transactions seen to begin so far; `openTransactions` of them have not ended. */
  readonly transactionsBegun: number;
  readonly openTransactions: number;
  /** The tables the statements of a load read, as tags name them. `undefined` when one cannot be placed. */
  tablesRead(record: LoadRecord): readonly string[] | undefined;
  /** Explicit clears from inside a transaction wait for its commit: before it, a reader would only cache the old rows again. */
  advanceAfterCommit(runner: QueryRunner, writes: readonly TableWrite[]): Promise<void>;
}
