import { type EntityMetadata, InstanceChecker } from 'typeorm';
import type { EntityQuery } from '../query/entity-query.js';
import { properties } from '../query/properties.js';
import { mayEqualSeveral, takesNumbersAsTexts } from './identifier.js';
import { isRepeatable } from './stored-keys.js';

type UniqueKey = EntityMetadata['uniques'][number] | EntityMetadata['indices'][number];

/**
 * Whether a filter can match one row at most, and goes on matching that row until it is written: it fixes every column of the
 * primary key or of a unique key by equality, and filters on columns of the row only.
 */
export function pinsOneRow(metadata: EntityMetadata, where: EntityQuery['where']): boolean {
  if (!where || Array.isArray(where)) return false;
  const fixed = new Set<string>();
  for (const [property, value] of properties(where)) {
    const column = metadata.findColumnWithPropertyName(property);
    // TypeORM may be told to ignore these, or to read NULL, which a unique key allows many times.
    if (value === undefined || value === null) return false;
    if (!column || column.relationMetadata || column.isVirtualProperty) return false;
    if (saysRaw(value)) return false;
    const isEqual = InstanceChecker.isEqualOperator(value);
    if (!isEqual && InstanceChecker.isFindOperator(value)) continue;
    const operand: unknown = isEqual ? value.value : value;
    if (!mayEqualSeveral(takesNumbersAsTexts(column), operand)) fixed.add(column.databaseName);
  }
  const keys = [
    metadata.primaryColumns,
    ...declaredUniques(metadata)
      .filter((key) => !isRepeatable(key))
      .map(({ columns }) => columns),
  ];
  return keys.some((columns) => columns.length > 0 && columns.every(({ databaseName }) => fixed.has(databaseName)));
}

/** The unique keys that an entity tells of beside its primary one. */
export function declaredUniques({ uniques, indices }: EntityMetadata): readonly UniqueKey[] {
  // A partial index leaves rows outside it free to repeat.
  return [...uniques, ...indices.filter(({ isUnique, where: partial }) => isUnique && !partial)];
}

/** SQL may ask anything, also inside of Not(), And() and Or(). */
function saysRaw(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(saysRaw);
  if (!InstanceChecker.isFindOperator(value)) return false;
  return value.type === 'raw' || saysRaw(value.child) || saysRaw(value.value);
}
