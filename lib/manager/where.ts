import {
  And,
  Equal,
  type FindOptionsWhere,
  FindOperator,
  InstanceChecker,
  IsNull,
  Not,
  type ObjectLiteral,
  Or,
} from 'typeorm';
import type { EntityMetadata } from 'typeorm';
import { InvalidConfigurationError } from '../errors.js';

/** TypeORM's own filter: an object is AND, an array of them is OR. */
export type Where<T extends ObjectLiteral> = FindOptionsWhere<T> | FindOptionsWhere<T>[];

type Condition = Record<string, unknown>;

/** Rows that match both. */
export function both<T extends ObjectLiteral>(a: Where<T> | undefined, b: Where<T>): Where<T> {
  if (a === undefined) return b;
  const pairs = list(a).flatMap((left) => list(b).map((right) => merge(left, right)));
  return (pairs.length === 1 ? pairs[0]! : pairs) as Where<T>;
}

/**
 * Exactly the rows `where` does not match, those with NULL in a compared column included (in SQL, `NOT (a = 1)` leaves them out).
 *
 * @throws {InvalidConfigurationError} for a to-many relation: "no user called x" is not "some user not called x"
 */
export function complement<T extends ObjectLiteral>(metadata: EntityMetadata, where: Where<T>): Where<T> | undefined {
  // NOT (A OR B) is NOT A AND NOT B, and NOT (a AND b) is NOT a OR NOT b.
  return list(where).reduce<Where<T> | undefined>(
    (rest, condition) => both(rest, negate(metadata, condition) as Where<T>),
    undefined,
  );
}

function negate(metadata: EntityMetadata, condition: Condition, path = ''): Condition[] {
  const negated = Object.entries(condition).flatMap(([property, value]): Condition[] => {
    const propertyPath = path + property;
    const relation = metadata.findRelationWithPropertyPath(propertyPath);
    if (relation && (relation.isOneToMany || relation.isManyToMany)) {
      throw new InvalidConfigurationError(
        'QSCACHE_EXCLUDE_TO_MANY',
        `exclude() cannot filter on ${metadata.name}.${propertyPath}: with several related rows it would keep an entity for the rows that do not match. Use createQueryBuilder() with NOT EXISTS.`,
      );
    }
    if (!isPlain(value)) return [{ [property]: opposite(value) }];
    const inner = relation
      ? negate(relation.inverseEntityMetadata, value)
      : negate(metadata, value, `${propertyPath}.`);
    return inner.map((one) => ({ [property]: one }));
  });
  // An empty condition matches every row, so its complement matches none.
  return negated.length ? negated : [nothing(metadata)];
}

/** Every value for which the operator is not true, NULL included. */
function opposite(value: unknown): FindOperator<unknown> {
  const operator = toOperator(value);
  const parts = (): FindOperator<unknown>[] => (operator.value as unknown[]).map(opposite);
  switch (operator.type) {
    case 'isNull':
      return Not(IsNull());
    case 'not': {
      const inner = operator.child ?? Equal(operator.value);
      return inner.type === 'isNull' ? IsNull() : Or(inner, IsNull());
    }
    case 'and':
      return Or(...parts());
    case 'or':
      return And(...parts());
    case 'raw':
      throw new InvalidConfigurationError(
        'QSCACHE_EXCLUDE_RAW',
        'exclude() cannot turn Raw SQL around: what it says of NULL only its author knows. Filter with the opposite Raw, or use createQueryBuilder().',
      );
    default:
      return Or(Not(operator), IsNull());
  }
}

function nothing(metadata: EntityMetadata): Condition {
  return { [metadata.primaryColumns[0]!.propertyName]: IsNull() };
}

function merge(a: Condition, b: Condition): Condition {
  const merged: Condition = { ...a };
  for (const [property, value] of Object.entries(b)) {
    const other = merged[property];
    if (!(property in merged)) merged[property] = value;
    else if (isPlain(other) && isPlain(value)) merged[property] = merge(other, value);
    else merged[property] = And(toOperator(other), toOperator(value));
  }
  return merged;
}

function toOperator(value: unknown): FindOperator<unknown> {
  if (InstanceChecker.isFindOperator(value)) return value as FindOperator<unknown>;
  return value === null ? IsNull() : Equal(value);
}

function isPlain(value: unknown): value is Condition {
  if (typeof value !== 'object' || value === null || InstanceChecker.isFindOperator(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function list<T extends ObjectLiteral>(where: Where<T>): Condition[] {
  return (Array.isArray(where) ? where : [where]) as Condition[];
}
