import type { DataSource } from 'typeorm';
import { storedTableClock } from '../../naming/table-clocks.js';
import type { ColumnPair, DeleteAction } from './foreign-keys.js';
import { grouped } from './grouped.js';

/** A column as its database knows it. */
export interface StoredColumn {
  readonly name: string;
  /** In lower case; of SQLite what it makes of that. */
  readonly type: string;
  /** It compares texts by more than what they are made of. */
  readonly isCollated?: boolean;
  /** The database sets it whenever others are updated. */
  readonly isComputed?: boolean;
  /** It holds NULL unless a new row says otherwise. */
  readonly isNullByDefault?: boolean;
  /** Of one that compares texts by a collation we know: how many characters it takes. */
  readonly longest?: number;
  /** What MySQL, not strict, makes of a value depends on these. */
  readonly inMysql?: {
    readonly isNullable: boolean;
    /** It counts on where it is given nothing. */
    readonly isCounting: boolean;
    readonly isUnsigned: boolean;
    /** Its type with what that takes, `enum('a','b')`. */
    readonly definition: string;
  };
}

/** As its database calls it. */
export interface StoredName {
  /** In MySQL its database. */
  readonly schema?: string | undefined;
  readonly name: string;
}

/** A table, or what may be mapped as one, as its database knows it. */
export interface StoredTable extends StoredName {
  /** It has neither triggers nor rules, and shares its rows with no other table. */
  readonly isPlain: boolean;
  readonly columns: readonly StoredColumn[];
  /** The columns of each of its keys that no two rows may share, as far as a row has one. */
  readonly keys: readonly (readonly string[])[];
  /** A row takes the place of another one that has its key. */
  readonly isReplacing?: boolean;
  /** About how large it is, where it can be asked. */
  readonly bytes?: number | undefined;
}

/** A foreign key as its database knows it, between tables that need not be mapped. */
export interface StoredForeignKey {
  readonly child: StoredName;
  readonly parent: StoredName;
  readonly columns: readonly ColumnPair[];
  /** `undefined` where rows stay as they are, or the statement fails. */
  readonly onDelete: DeleteAction | undefined;
  readonly followsUpdates: boolean;
  /** All rows refer to one that is there, and no other ones are let in, not even until a commit. */
  readonly isEnforced: boolean;
}

/** What may run when a table is written. */
export interface StoredRoutine {
  readonly name: string;
  readonly text: string;
}

/** A trigger or a rule, or what a view passes a write on to. It has the name of its table. */
export type StoredTrigger = StoredName & StoredRoutine;

/** Why some tables count as doing anything, with what to do. */
export interface Unasked {
  readonly problem: string;
  readonly remedy: string;
}

/** What a database says of the mapped tables, and of triggers of any. */
export interface StoredTables {
  readonly tables: readonly StoredTable[];
  readonly triggers: readonly StoredTrigger[];
  readonly routines: readonly StoredRoutine[];
  readonly foreignKeys: readonly StoredForeignKey[];
  readonly unasked?: Unasked | undefined;
}

/** By clock: two tables whose names differ by their case share one. */
export function byClock(dataSource: DataSource, tables: readonly StoredTable[]): ReadonlyMap<string, StoredTable[]> {
  return grouped(tables, ({ schema, name }) => storedTableClock(dataSource, schema, name));
}

/** Of the mapped tables, in lower case. */
export function namesOf({ entityMetadatas }: DataSource): string[] {
  return [...new Set(entityMetadatas.map(({ tableName }) => tableName.toLowerCase()))];
}
