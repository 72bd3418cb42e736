import type { DataSource } from 'typeorm';
import { storedTableClock } from '../../naming/table-clocks.js';
import type { FoundKey } from './foreign-keys.js';

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

/** A table, or what may be mapped as one, as its database knows it. */
export interface StoredTable {
  readonly schema?: string | undefined;
  readonly name: string;
  /** What its foreign keys, and those of others, call it. */
  readonly id: string;
  /** It has neither triggers nor rules, and shares its rows with no other table. */
  readonly isPlain: boolean;
  readonly columns: readonly StoredColumn[];
  /** The columns of each of its keys that no two rows may share, as far as a row has one. */
  readonly keys: readonly (readonly string[])[];
  /** A row takes the place of another one that has its key. */
  readonly isReplacing?: boolean;
}

/** Why some tables count as doing anything, with what to do. */
export interface Unasked {
  readonly problem: string;
  readonly remedy: string;
}

/** What a database says of the mapped tables. */
export interface StoredTables {
  readonly tables: readonly StoredTable[];
  readonly foreignKeys: readonly FoundKey[];
  readonly unasked?: Unasked | undefined;
}

/** By clock: two tables whose names differ by their case share one. */
export function byClock(dataSource: DataSource, tables: readonly StoredTable[]): ReadonlyMap<string, StoredTable[]> {
  return grouped(tables, ({ schema, name }) => storedTableClock(dataSource, schema, name));
}

/** In their order. */
export function grouped<Value>(values: Iterable<Value>, keyOf: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group) group.push(value);
    else groups.set(keyOf(value), [value]);
  }
  return groups;
}

/** Of the mapped tables, in lower case. */
export function namesOf({ entityMetadatas }: DataSource): string[] {
  return [...new Set(entityMetadatas.map(({ tableName }) => tableName.toLowerCase()))];
}
