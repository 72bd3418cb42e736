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

/** What a column is told to hold. */
export type GivenValue =
  Operand | { readonly literal: null | boolean } | { readonly isNow: true } | { readonly isDefault: true };

/** By column: values it is told to hold. Of PostgreSQL the names stand as written, of all others in lower case. */
export type GivenValues = ReadonlyMap<string, GivenValue>;

/**
 * The rows of a WHERE, as OR of ANDs: every row written matches one of the alternatives, each of which pins columns by equality.
 * Conditions that only narrow further are left out.
 */
export interface RowFilter {
  readonly alternatives: readonly ReadonlyMap<string, Operand>[];
}

/** What an INSERT does to rows that are there. */
export interface Conflict {
  /** In the columns of a unique key they hold one of these, as it is stored; left out when it is not said which key. */
  readonly rows?: readonly GivenValues[];
  readonly assigned: readonly string[];
  readonly values: GivenValues;
}

/** One table a statement writes. REPLACE is an upsert and a delete of unknown rows, for it deletes what is in its way. */
export interface TableChange {
  readonly table: TableRef;
  readonly action: 'insert' | 'upsert' | 'update' | 'delete' | 'truncate';
  /** Left out when the text does not name the rows. */
  readonly rows?: RowFilter;
  /** The columns an UPDATE sets; left out when it cannot be told. */
  readonly assigned?: readonly string[];
  /** What an UPDATE sets its columns to, as far as these are values. */
  readonly values?: GivenValues;
  /** What an INSERT says of its rows, one by one; left out when they are too many. */
  readonly inserted?: readonly GivenValues[];
  /** Of an upsert that is told: what it does to rows that are in the way. */
  readonly conflict?: Conflict;
  /**
   * Nothing is written but what the other fields say: no other row in the way of a new one, no table beside this one, no part of a row
   * left behind. Default: it cannot be told.
   */
  readonly isTold?: true;
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

/** What a statement reads, alone or beside its writes. */
interface Reading {
  readonly tables: readonly TableRef[];
  /** Those of the tables that are read deeper than in the statement's own FROM: what depends on them is no row of the result. */
  readonly subqueries?: readonly TableRef[];
  /** The first thing in the text whose answer changes without a write, as it is written: `now()`, `@x`, `CURRENT_USER`. */
  readonly volatile?: string;
}

/** What one statement does. */
export type StatementEffect = Deed & {
  /** Afterwards names without a schema may lead to other tables, on this connection. */
  readonly moves?: true;
};

type Deed =
  | ({ readonly kind: 'read' } & Reading)
  | ({
      readonly kind: 'write';
      readonly writes: readonly TableChange[];
      /** It commits whatever transaction is open. */
      readonly commits?: boolean;
    } & Reading)
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
  | {
      readonly kind: 'session';
      /** What an EXECUTE of that name does from now on, on this connection. */
      readonly prepares?: { readonly name: string; readonly effect: StatementEffect };
    }
  /** Anything else: it may have written every table. */
  | {
      readonly kind: 'unknown';
      /** It runs what was prepared under this name. */
      readonly executes?: string;
    };

/** What was not understood may have led the names elsewhere, too. */
export const UNKNOWN: StatementEffect = { kind: 'unknown', moves: true };
/**
 * Whether the statement may have committed the open transaction, even where it was refused: MySQL commits before it tries, and what was
 * not understood (CALL, EXECUTE) may do so half-way.
 */
export function mayHaveCommitted(effect: StatementEffect): boolean {
  if (effect.kind === 'schema' || effect.kind === 'write') return effect.commits === true;
  return effect.kind === 'unknown';
}

export const SESSION: StatementEffect = { kind: 'session' };
