import type { EntityMetadata, FindOptionsWhere, ObjectLiteral } from 'typeorm';
import { isOperator, Null } from './find-operators.js';
import { properties } from './properties.js';

/** TypeORM's own filter: an object is AND, an array of them is OR. */
export type Where<T extends ObjectLiteral> = FindOptionsWhere<T> | FindOptionsWhere<T>[];

/** Its properties are never assigned to: one may be called `__proto__`. */
export type Condition = Readonly<Record<string, unknown>>;

/** What the properties of a condition belong to: an entity, or an object embedded in it, which starts at `prefix`. */
export interface Place {
  readonly metadata: EntityMetadata;
  readonly prefix: string;
}

/** The alternatives of a filter, without those that say nothing: TypeORM drops them as well. */
export function conditions(place: Place, where: unknown): Condition[] {
  // TypeORM reads alternatives inside of alternatives as well.
  const alternatives = (Array.isArray(where) ? where.flat(Infinity) : [where]) as unknown[];
  return alternatives
    .map((condition) => stated(place, condition as Condition))
    .filter((condition) => Object.keys(condition).length);
}

/** A condition as TypeORM reads it: without what it ignores, down to the columns. */
function stated(place: Place, condition: Condition): Condition {
  const { null: ofNull } = place.metadata.dataSource.options.invalidWhereValuesBehavior ?? {};
  const said: [string, unknown][] = [];
  for (const [property, value] of properties(condition)) {
    if (isIgnored(place.metadata, place.prefix + property, value)) continue;
    const { column, relation } = member(place.metadata, place.prefix + property);
    // Of an embedded object or of many related rows there is no such column to ask: TypeORM says so.
    const isColumn = column ?? relation?.isWithJoinColumn;
    const read = value === null && ofNull === 'sql-null' && isColumn ? new Null() : value;
    const inner = inside(place, property);
    if (isOperator(read) && relation?.isWithJoinColumn) {
      // About the foreign key, of several columns the first, not about the row it refers to: a column like any other.
      said.push([relation.joinColumns[0]!.propertyPath.slice(place.prefix.length), read]);
    } else if (!inner || read === undefined || read === null || isOperator(read)) {
      said.push([property, read]);
    } else {
      const all = conditions(inner, relation && read === true ? {} : read);
      if (all.length) said.push([property, one(all)]);
    }
  }
  return Object.fromEntries(said);
}

/** What a property is, as TypeORM decides: a column first, and a column's value may be an object of its own. */
export function member(metadata: EntityMetadata, path: string) {
  const column = metadata.findColumnWithPropertyPathStrict(path);
  if (column) return { column };
  const embedded = metadata.findEmbeddedWithPropertyPath(path) && path;
  return embedded ? { embedded } : { relation: metadata.findRelationWithPropertyPath(path) };
}

/** Whether TypeORM was told to pass over such a value. Of a property that there is not it says so first. */
export function isIgnored(metadata: EntityMetadata, path: string, value: unknown): boolean {
  if (value !== undefined && value !== null) return false;
  const behaviour = metadata.dataSource.options.invalidWhereValuesBehavior ?? {};
  if (behaviour[value === null ? 'null' : 'undefined'] !== 'ignore') return false;
  const { column, embedded, relation } = member(metadata, path);
  return (column ?? embedded ?? relation) !== undefined;
}

export function root(metadata: EntityMetadata): Place {
  return { metadata, prefix: '' };
}

export function relationAt({ metadata, prefix }: Place, property: string) {
  return member(metadata, prefix + property).relation;
}

/** What the conditions below a property belong to; `undefined` for a column, and for what the entity does not have. */
export function inside({ metadata, prefix }: Place, property: string): Place | undefined {
  const { embedded, relation } = member(metadata, prefix + property);
  if (embedded) return { metadata, prefix: `${embedded}.` };
  return relation && root(relation.inverseEntityMetadata);
}

export function one(all: readonly unknown[]): unknown {
  return all.length === 1 ? all[0] : all;
}
