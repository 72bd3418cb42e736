import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Loaded, LoadedRows } from './loaded-rows.js';

type Column = EntityMetadata['columns'][number];

/** Of more rows than these nobody asks. */
export const MOST_KEYED = 32;

const keys = new WeakMap<ObjectLiteral, ReadonlyMap<Column, unknown>>();

/** The foreign keys that no property of an entity holds, as they were selected with it. */
export function rememberKeys(
  { relations }: EntityMetadata,
  alias: string,
  loaded: readonly Loaded[],
  rows: LoadedRows,
): void {
  const columns = relations.flatMap(({ joinColumns, isManyToMany }) => (isManyToMany ? [] : joinColumns));
  const hidden = columns.filter(({ isVirtual }) => isVirtual);
  if (!hidden.length || loaded.length > MOST_KEYED) return;
  for (const each of loaded) {
    const values = rows.values(each, alias, hidden);
    keys.set(each.entity, new Map(hidden.map((column, i) => [column, values[i]])));
  }
}

/** `undefined` where it was not selected, or not remembered. */
export function loadedKey(entity: ObjectLiteral, column: Column): unknown {
  return keys.get(entity)?.get(column);
}
