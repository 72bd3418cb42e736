/** The families of SQL this library tells apart; MariaDB and Aurora are `mysql`, CockroachDB is `postgres`. */
export type SqlDialect = 'postgres' | 'mysql' | 'sqlite';

/**
 * A table as the database resolves it: unquoted PostgreSQL names are folded to lower case, all others stand as written (MySQL and SQLite
 * compare them without case). A part that is not written is left out. `database` is what precedes the dot in MySQL.
 */
export interface TableRef {
  readonly name: string;
  readonly schema?: string;
  readonly database?: string;
}

/**
 * What a column is compared with: a place in the parameters array, counted over the whole text, or a value written out.
 *
 * A parameter that turns out to be no scalar names no row: drivers of MySQL expand arrays into lists and objects into SQL.
 */
export type Operand = { readonly parameter: number } | { readonly literal: string | number };

/**
 * The rows of a WHERE, as OR of ANDs: every row written matches one of the alternatives, each of which pins columns by equality.
 * Conditions that only narrow further are left out.
 */
export interface RowFilter {
  readonly alternatives: readonly ReadonlyMap<string, Operand>[];
}

/** One table a statement writes. REPLACE is an upsert and a delete of unknown rows, for it deletes what is in its way. */
export interface TableChange {
  readonly table: TableRef;
  readonly action: 'insert' | 'upsert' | 'update' | 'delete' | 'truncate';
  /** Left out when the text does not name the rows. */
  readonly rows?: RowFilter;
  /** The columns an UPDATE sets; left out when it cannot be told. */
  readonly assigned?: readonly string[];
  /** TRUNCATE ... CASCADE: every table that refers to this one is emptied too. */
  readonly cascade?: boolean;
}

export type TransactionVerb =
  | 'begin'
  | 'commit'
  | 'rollback'
  | 'savepoint'
  | 'release'
  | 'rollback-to'
  | 'prepare'
  | 'commit-prepared'
  | 'rollback-prepared'
  | 'autocommit-off'
  | 'autocommit-on';

/** What one statement does. */
export type StatementEffect =
  | { readonly kind: 'read'; readonly tables: readonly TableRef[] }
  | {
      readonly kind: 'write';
      readonly writes: readonly TableChange[];
      /** What it reads besides. */
      readonly tables: readonly TableRef[];
      /** It commits whatever transaction is open. */
      readonly commits?: boolean;
    }
  | {
      readonly kind: 'transaction';
      readonly verb: TransactionVerb;
      /** Of the savepoint or the prepared transaction. */
      readonly name?: string;
      /** The next transaction begins at once. */
      readonly chain?: boolean;
    }
  /** `tables` are those whose rows may have changed, moved or gone. */
  | { readonly kind: 'schema'; readonly commits: boolean; readonly tables: readonly TableRef[] }
  /** Surely no data written: settings, notifications, cursors, maintenance. */
  | { readonly kind: 'session' }
  /** Anything else: it may have written every table. */
  | { readonly kind: 'unknown' };

export const UNKNOWN: StatementEffect = { kind: 'unknown' };
export const SESSION: StatementEffect = { kind: 'session' };
