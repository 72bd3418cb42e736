import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Condition } from '../journal/condition.js';
import { columnName, type ColumnValue, columnValue } from '../naming/column-value.js';
import { dataSourceOf } from '../peers/typeorm.js';
import type { RelationNode } from './relation-paths.js';

type Column = EntityMetadata['columns'][number];

/** Of more rows than these it is not remembered. */
const MOST_ROWS = 32;

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
  if (!entities.length || entities.length > MOST_ROWS) return undefined;
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
  if (!column || !referenced || more.length || parents.length > MOST_ROWS) return undefined;
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

function heldValue(column: Column, entity: ObjectLiteral, nodes: readonly RelationNode[]): ColumnValue | undefined {
  const value = column.isVirtual ? joinedKey(column, entity, nodes) : propertyOf(column, entity);
  // A boolean may stand for several numbers of MySQL.
  return value === undefined || typeof value === 'boolean' ? undefined : columnValue(column, value);
}

/**
 * The key of the row that was joined. One that was prefetched may have been read later than its owner, and where there is none, the foreign
 * key may be that of a soft-deleted row.
 */
function joinedKey(
  { relationMetadata, referencedColumn }: Column,
  entity: ObjectLiteral,
  nodes: readonly RelationNode[],
) {
  const node = nodes.find(({ relation }) => relation === relationMetadata);
  if (!node || node.prefetch || !referencedColumn) return undefined;
  const related = ownValue(entity, node.relation.propertyPath);
  return typeof related === 'object' && related !== null ? propertyOf(referencedColumn, related) : undefined;
}

function propertyOf({ propertyPath, isVirtual }: Column, entity: object): unknown {
  return isVirtual ? undefined : ownValue(entity, propertyPath);
}

/** What was hydrated there, and no setter has made something else of. */
function ownValue(entity: object, property: string): unknown {
  return Object.getOwnPropertyDescriptor(entity, property)?.value as unknown;
}
