import { createHash } from 'node:crypto';
import type { EntityMetadata } from 'typeorm';
import { PAYLOAD_FORMAT } from './envelope.js';
import { transformSource } from './transform.js';

type ColumnMetadata = EntityMetadata['columns'][number];
type RelationMetadata = EntityMetadata['relations'][number];

/** Names an entity's shape: whatever changes what a query returns for a row changes it, so a deploy that does is a miss. */
export function fingerprint(metadata: EntityMetadata): string {
  const hash = createHash('sha256').update(JSON.stringify(describe(metadata)));
  return `${metadata.name}:${hash.digest('base64url').slice(0, 12)}`;
}

function describe(metadata: EntityMetadata): unknown {
  return [
    PAYLOAD_FORMAT,
    metadata.name,
    metadata.tablePath,
    metadata.discriminatorValue,
    metadata.isAlwaysUsingConstructor,
    metadata.dataSource.options.typename,
    metadata.columns.map(describeColumn),
    metadata.relations.map(describeRelation),
    metadata.relationIds.map(({ propertyName }) => propertyName),
    metadata.allEmbeddeds.map(({ propertyPath, type }) => [propertyPath, nameOf(type)]),
  ];
}

function describeColumn(column: ColumnMetadata): unknown {
  const { propertyPath, databaseName, type, isArray, length, precision, scale, isVirtual, isSelect, isDeleteDate } =
    column;
  return [
    [propertyPath, databaseName, nameOf(type), isArray, length, precision, scale, column.unsigned, column.utc],
    [isVirtual, isSelect, isDeleteDate, column.isPrimary, column.enum, column.hstoreType],
    [column.query && String(column.query), transformSource(column)],
  ];
}

function describeRelation(relation: RelationMetadata): unknown {
  const { propertyPath, relationType, isOwning, isLazy, isEager, inverseEntityMetadata } = relation;
  return [propertyPath, relationType, isOwning, isLazy, isEager, inverseEntityMetadata.name];
}

function nameOf(type: unknown): unknown {
  return typeof type === 'function' ? type.name : type;
}
