import type { QueryRunner } from 'typeorm';
import type { ClockWrite } from '../store/cache-store.js';
import type { IsEnforced } from './footprints.js';
import type { LoadRecord } from './read-context.js';

/** What the statements of a load read, by the clocks of tables. */
export interface LoadReading {
  /** With those of the databases they are in. */
  readonly clocks: readonly string[];
  /** Of these, what a subquery reads (a virtual column, a `Raw` filter): which of its rows matter cannot be told. */
  readonly wholeTables: ReadonlySet<string>;
  /** What makes the answer change without any write: `now()`, `current_user`. */
  readonly volatile?: string;
}

/** What the read side must know of the statements that pass through a DataSource. The write side implements it. */
export interface StatementWatch {
  /**
   * False while the cache does not know what its entries may have missed: the DataSource has just started, the store could not be
   * asked, or nobody listens any more. Nothing may be served or stored then.
   */
  readonly isWatching: boolean;
  /** Transactions seen to begin so far; `openTransactions` of them have not ended. Counted where all requests share one connection. */
  readonly transactionsBegun: number;
  readonly openTransactions: number;
  /** `undefined` when a statement of the load cannot be placed. */
  reading(record: LoadRecord): LoadReading | undefined;
  /**
   * A setting of this connection, or a temporary table, may have led the names of a load to other tables than anybody's clocks are
   * called after.
   */
  hasMovedNames(runner: QueryRunner, record: LoadRecord): Promise<boolean>;
  /** As far as the database has been asked; see `IsEnforced`. */
  readonly isEnforced: IsEnforced;
  /** Explicit clears from inside a transaction wait for its commit: before it, a reader would only cache the old rows again. */
  advanceAfterCommit(runner: QueryRunner, writes: readonly ClockWrite[]): Promise<void>;
}
