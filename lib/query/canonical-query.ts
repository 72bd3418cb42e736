import { type EntityMetadata, type FindOperator, InstanceChecker } from 'typeorm';
import { asOne } from '../codec/transform.js';
import { copyQuery } from './copy-query.js';
import type { EntityQuery } from './entity-query.js';
import { predicateText } from './predicate-text.js';
import { parameterText, queryText } from './query-text.js';
import { refuseDeep } from './nesting.js';
import { properties } from './properties.js';
import { isIgnored, member } from './where.js';

type ColumnMetadata = EntityMetadata['columns'][number];

/**
 * A text that two queries of an entity share if they are one query written in two ways: the same rows, in the same order where they
 * have one. Whatever is not known to be the same gets another text, which costs a load. Empty for the query that asks for everything.
 */
export function canonicalText(metadata: EntityMetadata, query: EntityQuery): string {
  const { where, order, select, skip, take, ...rest } = query;
  const parts = {
    where: where === undefined ? '' : whereText(metadata, where),
    order: order === undefined ? '' : orderText(metadata, order),
    select: select === undefined ? '' : queryText(select),
    skip: skip ? queryText(skip) : '',
    take: take === undefined ? '' : queryText(take),
    rest: Object.keys(rest).length ? queryText(rest) : '',
  };
  return Object.entries(parts)
    .filter(([, text]) => text)
    .map(([name, text]) => `${name} ${text}`)
    .join('\n');
}

function whereText(metadata: EntityMetadata, where: unknown): string {
  // All Raw operators of a query share their parameters: of two with one name, the last written counts for both.
  return namesParameters(where) ? `as written ${parameterText(where)}` : anyText(metadata, where);
}

/** Alternatives: neither their order matters nor how often one is said, and one that says nothing is left out. */
function anyText(metadata: EntityMetadata, where: unknown, path = ''): string {
  if (!Array.isArray(where)) return allText(metadata, where, path);
  const all = new Set(where.map((each) => allText(metadata, each, path)).filter(Boolean));
  return all.size > 1 ? `[${[...all].sort().join()}]` : [...all].join();
}

function allText(metadata: EntityMetadata, condition: unknown, path: string): string {
  if (!isPlain(condition)) return `other ${parameterText(condition)}`;
  const all = properties(condition)
    .map(([property, value]) => [property, propertyText(metadata, path + property, value)] as const)
    .filter(([, text]) => text)
    .map(([property, text]) => `${JSON.stringify(property)}:${text}`);
  return all.length ? `{${all.sort().join()}}` : '';
}

/** What a property says, or nothing where TypeORM passes over it. */
function propertyText(metadata: EntityMetadata, path: string, value: unknown): string {
  const { undefined: ofUndefined, null: ofNull } = metadata.dataSource.options.invalidWhereValuesBehavior ?? {};
  if (isIgnored(metadata, path, value)) return '';
  if (value === undefined) return 'undefined';
  const { column, embedded, relation } = member(metadata, path);
  if (column) {
    if (value === null) return ofNull === 'sql-null' ? 'is null' : 'null';
    return columnText(column, value);
  }
  if (value === null || typeof value !== 'object') return `other ${parameterText(value)}`;
  if (embedded) return anyText(metadata, value, `${embedded}.`);
  // About how many there are, or about a foreign key: operators mean other things here than of a column.
  if (!relation || InstanceChecker.isFindOperator(value)) return `other ${parameterText(value)}`;
  const said = Object.values(value as object);
  if (!said.length || (ofUndefined === 'ignore' && said.every((part) => part === undefined))) return '';
  // It is joined even if nothing is said of it.
  return anyText(relation.inverseEntityMetadata, value) || '{}';
}

/** What is asked of the database: two values that a transformer makes the same are the same. */
function columnText(column: ColumnMetadata, value: unknown): string {
  const transform = column.transformer && asOne(column.transformer);
  if (!transform) return predicateText(value);
  try {
    if (!InstanceChecker.isFindOperator(value)) return predicateText(transform.to(value));
    // TypeORM writes what the transformer makes into the operator.
    const copy = copyQuery(value) as FindOperator<unknown> & Transformable;
    copy.transformValue(transform);
    return predicateText(copy);
  } catch {
    return `not transformed ${parameterText(value)}`;
  }
}

interface Transformable {
  transformValue(transform: { to(value: unknown): unknown; from(form: unknown): unknown }): void;
}

/** Which property comes first decides. */
function orderText(metadata: EntityMetadata, order: unknown, path = ''): string {
  if (!isPlain(order)) return `other ${parameterText(order)}`;
  const texts = properties(order).flatMap(([property, value]) => {
    const text = directionText(metadata, path + property, value);
    return text ? [`${JSON.stringify(property)}:${text}`] : [];
  });
  return texts.length ? `{${texts.join()}}` : '';
}

function directionText(metadata: EntityMetadata, path: string, value: unknown): string {
  if (value === undefined) return '';
  if (metadata.findColumnWithPropertyPathStrict(path)) {
    const { direction, nulls, ...rest } = (isPlain(value) ? value : { direction: value }) as Record<string, unknown>;
    const known = DIRECTIONS.find((spellings) => spellings.includes(direction));
    return known && !Object.keys(rest).length
      ? queryText([known[0], typeof nulls === 'string' ? nulls.toUpperCase() : nulls])
      : `other ${parameterText(value)}`;
  }
  const { embedded, relation } = member(metadata, path);
  if (embedded) return orderText(metadata, value, `${embedded}.`);
  return relation ? orderText(relation.inverseEntityMetadata, value) || '{}' : `other ${parameterText(value)}`;
}

const DIRECTIONS: readonly unknown[][] = [
  ['ASC', 'asc', 1],
  ['DESC', 'desc', -1],
];

function namesParameters(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  refuseDeep(depth);
  const isIn = (part: unknown) => namesParameters(part, depth + 1);
  if (!InstanceChecker.isFindOperator(value)) return Object.values(value).some(isIn);
  return value.objectLiteralParameters !== undefined || isIn(value.child ?? value.value);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === Object.prototype || prototype === null;
}
