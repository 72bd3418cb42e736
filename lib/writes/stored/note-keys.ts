import type { DataSource, EntityMetadata } from 'typeorm';
import { columnName } from '../../naming/column-value.js';
import { declaredUniques } from '../../naming/pinned-row.js';
import { noteKey } from '../../naming/stored-keys.js';
import { entityClock } from '../../naming/table-clocks.js';
import { byClock, type StoredTable } from './stored-tables.js';

/** Remembers which of the keys that entities tell of may be those of several rows. */
export function noteKeys(dataSource: DataSource, tables: readonly StoredTable[]): void {
  const stored = byClock(dataSource, tables);
  // Rows of a junction have no names.
  for (const metadata of dataSource.entityMetadatas.filter(({ isJunction }) => !isJunction)) {
    const all = stored.get(entityClock(metadata)) ?? [];
    const isUnique = (columns: EntityMetadata['columns']) =>
      all.every(({ keys }) => isAmong(dataSource, keys, columns));
    noteKey(metadata, !isUnique(metadata.primaryColumns) || all.some(({ isReplacing }) => isReplacing));
    for (const key of declaredUniques(metadata)) noteKey(key, !isUnique(key.columns));
  }
}

function isAmong(
  dataSource: DataSource,
  keys: readonly (readonly string[])[],
  columns: EntityMetadata['columns'],
): boolean {
  const names = columns.map(({ databaseName }) => columnName(dataSource, databaseName));
  return keys.some((key) => key.every((column) => names.includes(columnName(dataSource, column))));
}
