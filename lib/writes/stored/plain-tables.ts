import type { DataSource } from 'typeorm';
import { columnName } from '../../naming/column-value.js';
import { storedTableClock } from '../../naming/table-clocks.js';
import { type ColumnPair, Followings, type ForeignKey, type FoundKey } from './foreign-keys.js';
import { byClock, type StoredTables } from './stored-tables.js';

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

export function plainTables(dataSource: DataSource, { tables, foreignKeys }: StoredTables): PlainTablesFound {
  const keys = foreignKeys.map((key): FoundKey => ({ ...key, columns: columnsOf(dataSource, key.columns) }));
  const followings = new Followings(keys);
  const clocks = new Map(tables.map(({ id, schema, name }) => [id, storedTableClock(dataSource, schema, name)]));
  const clocksOf = (ids: Iterable<string>) => [...ids].flatMap((id) => clocks.get(id) ?? []);
  const all = byClock(dataSource, tables);
  const found = new Map<string, PlainTable>();
  for (const [clock, sharing] of all) {
    if (!sharing.every(({ isPlain }) => isPlain)) continue;
    const ids = sharing.map(({ id }) => id);
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
      followsItself: ids.some((id) => followings.isCircular(id)),
      followedIndirectly: new Set(clocksOf(ids.flatMap((id) => [...followings.indirect(id)]))),
      foreignKeys: keys
        .filter(({ child }) => ids.includes(child))
        .flatMap(({ parent: id, columns: pairs, onDelete, isEnforced }) => {
          const parent = clocks.get(id);
          if (parent === undefined) return [];
          const isOne = sharing.length === 1 && all.get(parent)?.length === 1;
          return [{ parent, columns: pairs, onDelete, isEnforced: isEnforced && isOne }];
        }),
    });
  }
  return found;
}

function columnsOf(dataSource: DataSource, columns: readonly ColumnPair[]): ColumnPair[] {
  return columns.map(([own, referenced]) => [columnName(dataSource, own), columnName(dataSource, referenced)]);
}
