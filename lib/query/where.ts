import {
  type EntityMetadata,
  type FindOperator,
  type FindOptionsWhere,
  InstanceChecker,
  type ObjectLiteral,
} from 'typeorm';
import { invalidWhereValues } from '../peers/typeorm.js';
import { refuseDeep } from './nesting.js';
import { properties } from './properties.js';

/** TypeORM's own filter: an object is AND, an array of them is OR. */
export type Where<T extends ObjectLiteral> = FindOptionsWhere<T> | FindOptionsWhere<T>[];

/** What a property is, as TypeORM decides: a column first, and a column's value may be an object of its own. @internal */
export function member(metadata: EntityMetadata, path: string) {
  const column = metadata.findColumnWithPropertyPathStrict(path);
  if (column) return { column };
  const embedded = metadata.findEmbeddedWithPropertyPath(path) && path;
  return embedded ? { embedded } : { relation: metadata.findRelationWithPropertyPath(path) };
}

/** Whether TypeORM was told to pass over such a value. Of a property that there is not it says so first. */
export function isIgnored(metadata: EntityMetadata, path: string, value: unknown): boolean {
  if (value !== undefined && value !== null) return false;
  if (invalidWhereValues(metadata)[value === null ? 'null' : 'undefined'] !== 'ignore') return false;
  const { column, embedded, relation } = member(metadata, path);
  return (column ?? embedded ?? relation) !== undefined;
}

/** Whether a filter is about related rows, which TypeORM joins; all else it asks of the row alone. */
export function asksRelated(metadata: EntityMetadata, where: unknown, prefix = ''): boolean {
  if (typeof where !== 'object' || where === null) return false;
  if (Array.isArray(where)) return where.some((each) => asksRelated(metadata, each, prefix));
  return properties(where).some(([property, value]) => {
    const { embedded, relation } = member(metadata, prefix + property);
    if (embedded) return asksRelated(metadata, value, `${embedded}.`);
    // An operator is about the foreign key, or about how many rows there are.
    return relation !== undefined && value !== undefined && value !== null && !InstanceChecker.isFindOperator(value);
  });
}

/** Whether a filter names parameters of its own, in `Raw`: of two with one name in a statement, the last written counts for both. */
export function namesParameters(value: unknown): boolean {
  return hasOperator(value, ({ objectLiteralParameters }) => objectLiteralParameters !== undefined);
}

/** Whether a filter says SQL of its own, in which a parameter's name may stand for something else: `::text`. */
export function saysSql(value: unknown): boolean {
  return hasOperator(value, ({ getSql }) => getSql !== undefined);
}

function hasOperator(value: unknown, is: (operator: FindOperator<unknown>) => boolean, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  refuseDeep(depth);
  const isIn = (part: unknown) => hasOperator(part, is, depth + 1);
  if (!InstanceChecker.isFindOperator(value)) return Object.values(value).some(isIn);
  return is(value) || isIn(value.child ?? value.value);
}

export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === Object.prototype || prototype === null;
}
