import { type EntityMetadata, InstanceChecker, type ObjectLiteral } from 'typeorm';
import { InvalidIdentifierError } from '../errors.js';
import type { Identifier } from './cache-keys.js';
import type { EntityQuery } from './entity-loader.js';
import { setValueAt } from './property-path.js';
import { rowKey } from './row-key.js';

/** The filter for an identifier that is a primary key. */
export function primaryKeyWhere(metadata: EntityMetadata, identifier: Identifier): ObjectLiteral {
  const [column, ...more] = metadata.primaryColumns;
  if (!column) {
    throw new InvalidIdentifierError(
      `${metadata.name} has no primary key, so no identifier names one row of it. Pass a where.`,
    );
  }
  const composite = isComposite(identifier);
  if (more.length && !composite) {
    const parts = metadata.primaryColumns.map(({ propertyPath }) => propertyPath).join(', ');
    throw new InvalidIdentifierError(
      `${metadata.name} has a composite key, so ${typeof identifier} alone does not identify a row. Pass an object with ${parts}.`,
    );
  }
  if (!composite) return column.createValueMap(identifier);
  // Only the key: other properties of an entity passed as identifier must not narrow the search.
  return keyOf(metadata, identifier);
}

/**
 * What tells apart identifiers that print the same key: `Buffer.from('ab')` and `'6162'` are two rows. `1`, `1n` and `'1'` are one.
 */
export function kindsOf(where: unknown): unknown {
  if (where instanceof Uint8Array) return 'bytes';
  if (where instanceof Date) return 'date';
  if (typeof where !== 'object' || where === null) return typeof where === 'boolean' ? 'boolean' : 'text';
  return Object.fromEntries(Object.entries(where).map(([property, value]) => [property, kindsOf(value)]));
}

/** The row tag of an identifier that is a primary key, where rows of its table have tags. */
export function identifiedRow(metadata: EntityMetadata, identifier: Identifier): string | undefined {
  const composite = isComposite(identifier);
  if (!composite && metadata.primaryColumns.length !== 1) return undefined;
  return rowKey(metadata)((column) => (composite ? column.getEntityValue(identifier) : identifier));
}

/** The identifier that names an entity, as `get()` takes it. */
export function identifierOf(metadata: EntityMetadata, entity: ObjectLiteral): Identifier {
  const [column, ...more] = metadata.primaryColumns;
  if (!more.length) return column!.getEntityValue(entity) as Identifier;
  return keyOf(metadata, entity);
}

/**
 * Whether a filter can match one row at most, and goes on matching that row until it is written: it fixes every column of the
 * primary key or of a unique key by equality, and filters on columns of the row only.
 */
export function pinsOneRow(metadata: EntityMetadata, where: EntityQuery['where']): boolean {
  if (!where || Array.isArray(where)) return false;
  const fixed = new Set<string>();
  for (const [property, value] of Object.entries(where)) {
    const column = metadata.findColumnWithPropertyName(property);
    // TypeORM may be told to ignore these, or to read NULL, which a unique key allows many times.
    if (value === undefined || value === null) return false;
    if (!column || column.relationMetadata || column.isVirtualProperty) return false;
    if (saysRaw(value)) return false;
    if (InstanceChecker.isEqualOperator(value) || !InstanceChecker.isFindOperator(value))
      fixed.add(column.databaseName);
  }
  const keys = [
    metadata.primaryColumns,
    ...metadata.uniques.map(({ columns }) => columns),
    // A partial index leaves rows outside it free to repeat.
    ...metadata.indices.filter(({ isUnique, where: partial }) => isUnique && !partial).map(({ columns }) => columns),
  ];
  return keys.some((columns) => columns.length > 0 && columns.every(({ databaseName }) => fixed.has(databaseName)));
}

/** SQL may ask anything, also inside of Not(), And() and Or(). */
function saysRaw(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(saysRaw);
  if (!InstanceChecker.isFindOperator(value)) return false;
  return value.type === 'raw' || saysRaw(value.child) || saysRaw(value.value);
}

/** The parts of a composite key, where they stand in an entity. */
function keyOf(metadata: EntityMetadata, entity: ObjectLiteral): Record<string, unknown> {
  const key: Record<string, unknown> = {};
  for (const column of metadata.primaryColumns) setValueAt(key, column.propertyPath, column.getEntityValue(entity));
  return key;
}

function isComposite(identifier: Identifier): identifier is { readonly [property: string]: unknown } {
  return typeof identifier === 'object' && !(identifier instanceof Date) && !(identifier instanceof Uint8Array);
}
