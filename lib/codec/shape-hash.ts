import { createHash } from 'node:crypto';
import type { EntityMetadata } from 'typeorm';
import { dataSourceOf } from '../peers/typeorm.js';
import { RecordShape } from './record-shape.js';
import { transformCode } from './transform.js';

type ColumnMetadata = EntityMetadata['columns'][number];
type RelationMetadata = EntityMetadata['relations'][number];

/** Of one entity alone, and of all that its relations lead to. */
let descriptions = new WeakMap<EntityMetadata, string>();
let hashes = new WeakMap<EntityMetadata, string>();

/**
 * Names the shape of whatever a query for an entity may bring: of the entity, of those that inherit from it and of all that their
 * relations lead to, because before a load nobody knows which of them it will show. Whatever changes what a query returns for a row, or
 * how a payload is read, changes it, so that a deploy that does is a miss.
 */
export function shapeHash(metadata: EntityMetadata): string {
  let hash = hashes.get(metadata);
  if (hash === undefined) hashes.set(metadata, (hash = digest(reachableFrom(metadata).map(description))));
  return hash;
}

/** A property is in no entry any more: what was written before, perhaps with it, is no longer read. */
export function forgetShapeHashes(): void {
  descriptions = new WeakMap();
  hashes = new WeakMap();
}

function reachableFrom(metadata: EntityMetadata): EntityMetadata[] {
  const found = new Set([metadata]);
  // What is added to a Set while it is read comes, too.
  for (const { childEntityMetadatas, relations } of found) {
    for (const child of childEntityMetadatas) found.add(child);
    for (const { inverseEntityMetadata } of relations) found.add(inverseEntityMetadata);
  }
  return [...found];
}

function description(metadata: EntityMetadata): string {
  let known = descriptions.get(metadata);
  if (known === undefined) descriptions.set(metadata, (known = digest(describe(metadata))));
  return known;
}

function digest(said: unknown): string {
  return createHash('sha256').update(JSON.stringify(said)).digest('base64url').slice(0, 22);
}

function describe(metadata: EntityMetadata): unknown {
  return [
    metadata.name,
    metadata.tablePath,
    metadata.discriminatorValue,
    metadata.isAlwaysUsingConstructor,
    dataSourceOf(metadata).options.typename,
    metadata.columns.map(describeColumn),
    metadata.relations.map(describeRelation),
    relationIdsOf(metadata),
    // Of a list that nobody orders.
    Object.entries(metadata.orderBy ?? {}),
    metadata.allEmbeddeds.map(({ propertyPath, type }) => [propertyPath, nameOf(type)]),
    // In their order: a payload says the class of a row by its place.
    metadata.childEntityMetadatas.map(({ name }) => name),
    RecordShape.of(metadata).keptOut,
  ];
}

function describeColumn(column: ColumnMetadata): unknown {
  const { propertyPath, databaseName, type, isArray, length, precision, scale, isVirtual, isSelect, isDeleteDate } =
    column;
  return [
    [propertyPath, databaseName, nameOf(type), isArray, length, precision, scale, column.unsigned, column.utc],
    [isVirtual, isSelect, isDeleteDate, column.isPrimary, column.enum, column.hstoreType],
    [column.query && String(column.query), transformCode(column)],
  ];
}

function describeRelation(relation: RelationMetadata): unknown {
  const { propertyPath, relationType, isOwning, isLazy, isEager, inverseEntityMetadata } = relation;
  return [
    [propertyPath, relationType, isOwning, isLazy, isEager, inverseEntityMetadata.name],
    // Which rows are related: the columns themselves may be the same in both directions.
    [relation.inverseRelation?.propertyPath, relation.junctionEntityMetadata?.tablePath],
    [relation.joinColumns, relation.inverseJoinColumns].map((columns) => columns.map(describeJoin)),
  ];
}

function describeJoin({ databaseName, referencedColumn }: ColumnMetadata): unknown {
  return [databaseName, referencedColumn?.databaseName];
}

function relationIdsOf({ relationIds, allEmbeddeds }: EntityMetadata): unknown {
  const all = [relationIds, ...allEmbeddeds.map((embedded) => embedded.relationIds)].flat();
  return all.map((each) => [
    each.propertyName,
    each.relation.propertyPath,
    each.queryBuilderFactory && String(each.queryBuilderFactory),
  ]);
}

function nameOf(type: unknown): unknown {
  return typeof type === 'function' ? type.name : type;
}
