import type { EntityMetadata } from 'typeorm';
import { rowKey } from '../naming/row-key.js';
import type { Loaded, LoadedRows } from './loaded-rows.js';
import type { PartOfQuery } from './prefetch-query.js';
import type { RelationNode } from './relation-paths.js';

/** What owners refer to by foreign keys that were loaded with them. */
export interface Referred {
  /** By the name of an owner, the name of its row; `null` where it refers to none. */
  readonly owners: ReadonlyMap<string, string | null>;
  /** By the name of a row, its key. */
  readonly keys: ReadonlyMap<string, readonly unknown[]>;
}

/**
 * The rows of a relation by the foreign keys of its owners, so that each need be read once only, however many owners it has. Only of keys
 * that compare here as they do in the database; an owner with another one is in none of the two maps. `undefined` where no foreign key is
 * at hand: what it refers to is no primary key, it was not selected, or it may lead to rows that are not of the class.
 */
export function referredTo(
  { relation }: RelationNode,
  alias: string,
  loaded: readonly Loaded[],
  rows: LoadedRows,
  { select }: PartOfQuery,
): Referred | undefined {
  const related = relation.inverseEntityMetadata;
  if (!relation.isWithJoinColumn || related.tableType !== 'regular' || select) return undefined;
  const columns = related.primaryColumns.map((key) =>
    relation.joinColumns.find(({ referencedColumn }) => referencedColumn === key),
  );
  const known = columns.filter((column) => column !== undefined);
  if (!known.length || known.length < columns.length || relation.joinColumns.length > known.length) return undefined;
  const owners = new Map<string, string | null>();
  const keys = new Map<string, readonly unknown[]>();
  for (const each of loaded) {
    const key = rows.values(each, alias, known);
    if (key.includes(undefined)) return undefined;
    const name = key.includes(null) ? null : referredName(related, key);
    if (name === undefined) continue;
    owners.set(each.name, name);
    if (name !== null) keys.set(name, key);
  }
  return { owners, keys };
}

/** What a key is called on either side, the foreign one and the primary one. */
export function referredName(related: EntityMetadata, key: readonly unknown[]): string | undefined {
  return rowKey(related)((column) => key[related.primaryColumns.indexOf(column)]);
}
