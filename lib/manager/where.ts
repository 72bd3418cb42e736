import { And, type EntityMetadata, type FindOptionsWhere, type ObjectLiteral } from 'typeorm';
import { InvalidConfigurationError } from '../errors.js';
import { isOperator, Null, opposite, toOperator } from './find-operators.js';
import { properties } from './properties.js';

/** TypeORM's own filter: an object is AND, an array of them is OR. */
export type Where<T extends ObjectLiteral> = FindOptionsWhere<T> | FindOptionsWhere<T>[];

/** An OR of more is where SQLite's parser gives up; each further exclude() of several alternatives multiplies them. */
const MOST_ALTERNATIVES = 256;

type Condition = Record<string, unknown>;

/**
 * Rows that match both.
 *
 * @throws {InvalidConfigurationError} when both filter on one to-many relation: they may mean two related rows, a join is about
 *   one; and when their alternatives multiply to more than a statement can hold
 */
export function both<T extends ObjectLiteral>(
  metadata: EntityMetadata,
  a: Where<T> | undefined,
  b: Where<T>,
): Where<T> {
  const left = a === undefined ? [] : conditions(metadata, a);
  const right = conditions(metadata, b);
  // No condition at all matches every row.
  if (!left.length || !right.length) return one(left.length ? left : right);
  const alternatives = left.length * right.length;
  if (alternatives > MOST_ALTERNATIVES) {
    throw new InvalidConfigurationError(
      'QSCACHE_FILTER_TOO_LARGE',
      `These filters on ${metadata.name} multiply to ${alternatives} alternatives, more than a database takes in one statement (${MOST_ALTERNATIVES}). Write several values of one property as In(), or use createQueryBuilder().`,
    );
  }
  return one(left.flatMap((each) => right.map((other) => merge(metadata, each, other))));
}

/**
 * Exactly the rows `where` does not match, those with NULL in a compared column included (in SQL, `NOT (a = 1)` leaves them out).
 *
 * @throws {InvalidConfigurationError} for a to-many relation: "no user called x" is not "some user not called x"
 */
export function complement<T extends ObjectLiteral>(metadata: EntityMetadata, where: Where<T>): Where<T> {
  const all = conditions(metadata, where);
  if (!all.length) return { [metadata.primaryColumns[0]!.propertyName]: new Null() } as Where<T>;
  return notAny(metadata, all) as Where<T>;
}

/** NOT (A OR B) is NOT A AND NOT B, and NOT (a AND b) is NOT a OR NOT b. */
function notAny(metadata: EntityMetadata, all: readonly Condition[]): Where<ObjectLiteral> {
  return all
    .map((condition) => negate(metadata, condition) as Where<ObjectLiteral>)
    .reduce((rest, negated) => both(metadata, rest, negated));
}

function negate(metadata: EntityMetadata, condition: Condition, path = ''): Condition[] {
  return properties(condition).flatMap(([property, value]): Condition[] => {
    // TypeORM refuses these, also for us.
    if (value === undefined || value === null) return [{ [property]: value }];
    const { embedded, relation } = member(metadata, path + property);
    if (relation && (relation.isOneToMany || relation.isManyToMany)) {
      throw new InvalidConfigurationError(
        'QSCACHE_EXCLUDE_TO_MANY',
        `exclude() cannot filter on ${metadata.name}.${relation.propertyPath}: with several related rows it would keep an entity for the rows that do not match. Use createQueryBuilder() with NOT EXISTS.`,
      );
    }
    if (!isOperator(value)) {
      const nested = embedded
        ? negate(metadata, value as Condition, `${embedded}.`)
        : relation && list(notAny(relation.inverseEntityMetadata, list(value)));
      if (nested) return nested.map((inner) => ({ [property]: inner }));
    }
    return [{ [property]: opposite(toOperator(value)) }];
  });
}

function merge(metadata: EntityMetadata, a: Condition, b: Condition, path = ''): Condition {
  const merged: Condition = { ...a };
  for (const [property, value] of properties(b)) {
    const { embedded, relation } = member(metadata, path + property);
    const other = merged[property];
    if (!(property in merged) || value === undefined || value === null) merged[property] = value;
    else if (other === undefined || other === null) continue;
    else if (embedded) merged[property] = merge(metadata, other as Condition, value as Condition, `${embedded}.`);
    else if (!relation) merged[property] = And(toOperator(other), toOperator(value));
    else if (relation.isOneToMany || relation.isManyToMany) {
      throw new InvalidConfigurationError(
        'QSCACHE_FILTER_TO_MANY_TWICE',
        `Two filters on ${metadata.name}.${relation.propertyPath} would have to match the same related row, so entities that match each with another row would be missing. Write one filter, or use createQueryBuilder() with EXISTS.`,
      );
    } else merged[property] = both<ObjectLiteral>(relation.inverseEntityMetadata, other, value);
  }
  return merged;
}

/** The alternatives of a filter, without those that say nothing: TypeORM drops them as well. */
function conditions(metadata: EntityMetadata, where: unknown): Condition[] {
  return list(where)
    .map((condition) => stated(metadata, condition))
    .filter((condition) => Object.keys(condition).length);
}

/** A condition as TypeORM reads it: without what it ignores, down to the columns. */
function stated(metadata: EntityMetadata, condition: Condition, path = ''): Condition {
  const { undefined: ofUndefined, null: ofNull } = metadata.dataSource.options.invalidWhereValuesBehavior ?? {};
  const said: Condition = {};
  for (const [property, value] of properties(condition)) {
    if ((value === undefined && ofUndefined === 'ignore') || (value === null && ofNull === 'ignore')) continue;
    const { embedded, relation } = member(metadata, path + property);
    const read = value === null && ofNull === 'sql-null' ? new Null() : value;
    if (isOperator(read) && relation?.isWithJoinColumn && relation.joinColumns.length === 1) {
      // About the foreign key, not about the row it refers to: a column like any other.
      said[relation.joinColumns[0]!.propertyPath.slice(path.length)] = read;
    } else if ((!embedded && !relation) || read === undefined || read === null || isOperator(read)) {
      said[property] = read;
    } else {
      const inner = embedded
        ? stated(metadata, read as Condition, `${embedded}.`)
        : conditions(relation!.inverseEntityMetadata, read === true ? {} : read);
      if (Object.keys(inner).length) said[property] = Array.isArray(inner) ? one(inner) : inner;
    }
  }
  return said;
}

/** What a property is, as TypeORM decides: a column first, and a column's value may be an object of its own. */
export function member(metadata: EntityMetadata, path: string) {
  if (metadata.findColumnWithPropertyPathStrict(path)) return {};
  const embedded = metadata.findEmbeddedWithPropertyPath(path) && path;
  return embedded ? { embedded } : { relation: metadata.findRelationWithPropertyPath(path) };
}

function one<T extends ObjectLiteral>(all: readonly Condition[]): Where<T> {
  return (all.length === 1 ? all[0]! : all) as Where<T>;
}

function list(where: unknown): Condition[] {
  return (Array.isArray(where) ? where : [where]) as Condition[];
}
