import type { DataSource } from 'typeorm';
import { columnName } from '../../naming/column-value.js';
import { storedTableClock } from '../../naming/table-clocks.js';
import { type ColumnPair, Followings, type ForeignKey, type KeyBetween } from './foreign-keys.js';
import { byClock, type StoredForeignKey, type StoredName, type StoredTables } from './stored-tables.js';

/** What a table does by itself when it is written, of one that has neither triggers nor rules, and shares its rows with no other table. */
export interface PlainTable {
  /** Columns the database sets whenever others are updated. */
  readonly computed: readonly string[];
  /** Columns that hold NULL unless a new row says otherwise. */
  readonly nullByDefault: readonly string[];
  /** Of columns that compare texts by a collation we know: how many characters they take. */
  readonly texts: ReadonlyMap<string, number>;
  /** Rows of it may follow when others of its rows are deleted, or get another key. */
  readonly followsItself: boolean;
  /** Its foreign keys that refer to mapped tables. */
  readonly foreignKeys: readonly ForeignKey[];
  /** The clocks of tables that change when rows of it go, because those of others do. */
  readonly followedIndirectly: ReadonlySet<string>;
}

/** By clock. A table that is not among them may do anything by itself. */
export type PlainTablesFound = ReadonlyMap<string, PlainTable>;

export function plainTables(
  dataSource: DataSource,
  { tables }: StoredTables,
  keys: readonly KeyBetween[],
): PlainTablesFound {
  const followings = new Followings(keys);
  const all = byClock(dataSource, tables);
  const found = new Map<string, PlainTable>();
  for (const [clock, sharing] of all) {
    if (!sharing.every(({ isPlain }) => isPlain)) continue;
    const columns = sharing.flatMap((table) => table.columns);
    // Of two tables nobody knows which one is meant.
    const known = sharing.length === 1 ? columns : [];
    found.set(clock, {
      computed: columns.filter(({ isComputed }) => isComputed).map(({ name }) => name),
      nullByDefault: known.filter(({ isNullByDefault }) => isNullByDefault).map(({ name }) => name),
      texts: new Map(
        known.flatMap(({ name, longest }) =>
          longest === undefined ? [] : [[columnName(dataSource, name), longest] as const],
        ),
      ),
      followsItself: followings.isCircular(clock),
      followedIndirectly: followings.changedIndirectly(clock),
      foreignKeys: keys
        .filter(({ child, parent }) => child === clock && all.has(parent))
        .map((key) => ({
          ...key,
          isEnforced: key.isEnforced && sharing.length === 1 && all.get(key.parent)!.length === 1,
        })),
    });
  }
  return found;
}

/** By the clocks of their tables, with the names of their columns as they are compared. */
export function keysBetween(dataSource: DataSource, keys: readonly StoredForeignKey[]): KeyBetween[] {
  const clockOf = ({ schema, name }: StoredName) => storedTableClock(dataSource, schema, name);
  const compared = (column: string) => columnName(dataSource, column);
  return keys.map((key) => ({
    ...key,
    child: clockOf(key.child),
    parent: clockOf(key.parent),
    columns: key.columns.map(([own, referenced]): ColumnPair => [compared(own), compared(referenced)]),
  }));
}
