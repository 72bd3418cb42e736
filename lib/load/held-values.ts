import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Condition } from '../journal/condition.js';
import { columnName, type ColumnValue, loadedValue } from '../naming/column-value.js';
import { dataSourceOf } from '../peers/typeorm.js';
import { loadedKey, MOST_KEYED } from './loaded-keys.js';
import { ownValue, propertyOf } from './own-value.js';
import type { RelationNode } from './relation-paths.js';

type Column = EntityMetadata['columns'][number];

/**
 * What shown rows hold in the columns that writes find rows by: foreign keys, unique and other indices. A column of which one value is not
 * known is left out.
 */
export function heldValues(
  metadata: EntityMetadata,
  shown: readonly Column[],
  nodes: readonly RelationNode[],
  entities: readonly ObjectLiteral[],
): Readonly<Record<string, readonly ColumnValue[]>> | undefined {
  if (!entities.length || entities.length > MOST_KEYED) return undefined;
  const held: Record<string, readonly ColumnValue[]> = {};
  for (const column of findingColumns(metadata)) {
    if (!column.isVirtual && !shown.includes(column)) continue;
    const values = entities.map((entity) => heldValue(column, entity, nodes));
    if (values.every((value) => value !== undefined))
      held[columnName(dataSourceOf(metadata), column.databaseName)] = [...new Set(values)];
  }
  return Object.keys(held).length ? held : undefined;
}

/** The rows that foreign keys of these refer to; `undefined` where one of them is not known. */
export function referredBy(
  owner: EntityMetadata,
  node: RelationNode,
  parents: readonly ObjectLiteral[],
): Condition | undefined {
  const [column, ...more] = node.relation.joinColumns;
  const referenced = column?.referencedColumn;
  if (!column || !referenced || more.length || parents.length > MOST_KEYED) return undefined;
  const values = parents.map((parent) => heldValue(column, parent, [node]));
  if (!values.every((value) => value !== undefined)) return undefined;
  const keys = new Set(values.filter((value) => value !== null));
  return ['in', columnName(dataSourceOf(owner), referenced.databaseName), [...keys]];
}

function findingColumns({ relations, uniques, indices }: EntityMetadata): ReadonlySet<Column> {
  const owned = relations.filter(({ isManyToOne, isOneToOneOwner }) => isManyToOne || isOneToOneOwner);
  const columns = [
    ...owned.flatMap(({ joinColumns }) => joinColumns),
    ...[...uniques, ...indices].flatMap((index) => index.columns),
  ];
  return new Set(columns.filter(({ isPrimary }) => !isPrimary));
}

/** Of a column of its own, or of a foreign key that no property holds; `undefined` where it is not known. */
export function heldValue(
  column: Column,
  entity: ObjectLiteral,
  nodes: readonly RelationNode[],
): ColumnValue | undefined {
  const value = column.isVirtual ? hiddenKey(column, entity, nodes) : propertyOf(column, entity);
  return value === undefined ? undefined : loadedValue(column, value);
}

/**
 * A foreign key that no property holds, of a relation that is loaded: of another one it may change without a change to the entry. It is that of
 * the row that was joined, unless that one was prefetched, and so read later than its owner, or is not there: it may be soft-deleted.
 */
function hiddenKey(column: Column, entity: ObjectLiteral, nodes: readonly RelationNode[]): unknown {
  const { relationMetadata, referencedColumn } = column;
  const node = nodes.find(({ relation }) => relation === relationMetadata);
  if (!node || !referencedColumn) return undefined;
  const key = loadedKey(entity, column);
  if (key !== undefined || node.prefetch) return key;
  const related = ownValue(entity, node.relation.propertyPath);
  return typeof related === 'object' && related !== null ? propertyOf(referencedColumn, related) : undefined;
}
