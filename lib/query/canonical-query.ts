import { type EntityMetadata, type FindOperator, InstanceChecker } from 'typeorm';
import { asOne } from '../codec/transform.js';
import { invalidWhereValues } from '../peers/typeorm.js';
import { copyQuery } from './copy-query.js';
import type { EntityQuery, Refinement } from './entity-query.js';
import { predicateTexts } from './predicate-text.js';
import { properties } from './properties.js';
import { parameterText, queryText } from './query-text.js';
import { asksRelated, isIgnored, isPlain, member, namesParameters } from './where.js';

type ColumnMetadata = EntityMetadata['columns'][number];

/**
 * A text that two queries of an entity share if they are one query written in two ways: the same rows, in the same order where they
 * have one. Whatever is not known to be the same gets another text, which costs a load. Empty for the query that asks for everything.
 */
export function canonicalText(metadata: EntityMetadata, query: EntityQuery): string {
  if (!Object.keys(query).length) return '';
  const { where, order, select, skip, take, refinements = [], ...rest } = query;
  const parts = {
    where: whereText(metadata, where, refinements),
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

/** Neither the order of what is asked matters nor how often one thing is: all of it is true. */
function whereText(metadata: EntityMetadata, where: unknown, refinements: readonly Refinement[]): string {
  return together([...conjuncts(metadata, where), ...refinements.flatMap((each) => refinementTexts(metadata, each))]);
}

function together(texts: readonly string[]): string {
  return [...new Set(texts)].sort().join();
}

function refinementTexts(metadata: EntityMetadata, { where, isExcluded }: Refinement): string[] {
  const texts = conjuncts(metadata, where);
  const all = `{${together(texts)}}`;
  if (isExcluded) return [`not ${all}`];
  // Of related rows, it is not the query's own filter, which says as well which of them are shown.
  return asksRelated(metadata, where) && texts.length ? [`some ${all}`] : texts;
}

/** What a filter says, in parts that are all true. */
function conjuncts(metadata: EntityMetadata, where: unknown): string[] {
  if (where === undefined) return [];
  // All Raw operators of a query share their parameters: of two with one name, the last written counts for both.
  if (namesParameters(where)) return [`as written ${parameterText(where)}`];
  return anyTexts(metadata, where);
}

/** Alternatives: neither their order matters nor how often one is said, and one that says nothing is left out. */
function anyTexts(metadata: EntityMetadata, where: unknown, path = ''): string[] {
  if (!Array.isArray(where)) return allTexts(metadata, where, path);
  const all = new Map(
    where.map((each) => {
      const texts = allTexts(metadata, each, path);
      return [together(texts), texts];
    }),
  );
  all.delete('');
  const [[, only = []] = [], ...more] = all;
  if (!more.length) return only;
  const alternatives = [...all.keys()].sort().map((text) => `{${text}}`);
  return [`${path}[${alternatives.join()}]`];
}

function allTexts(metadata: EntityMetadata, condition: unknown, path: string): string[] {
  if (!isPlain(condition)) return [`${path}other ${parameterText(condition)}`];
  return properties(condition).flatMap(([property, value]) => propertyTexts(metadata, path + property, value));
}

/** What a property says, or nothing where TypeORM passes over it. */
function propertyTexts(metadata: EntityMetadata, path: string, value: unknown): string[] {
  if (isIgnored(metadata, path, value)) return [];
  const found = member(metadata, path);
  if (found.embedded && typeof value === 'object' && value !== null)
    return anyTexts(metadata, value, `${found.embedded}.`);
  return memberTexts(metadata, found, value).map((text) => `${JSON.stringify(path)}:${text}`);
}

function memberTexts(
  metadata: EntityMetadata,
  { column, relation }: ReturnType<typeof member>,
  value: unknown,
): string[] {
  const { undefined: ofUndefined, null: ofNull } = invalidWhereValues(metadata);
  if (value === undefined) return ['undefined'];
  if (column) {
    if (value === null) return [ofNull === 'sql-null' ? 'is null' : 'null'];
    return columnTexts(column, value);
  }
  // About how many there are, or about a foreign key: operators mean other things here than of a column.
  if (!relation || value === null || typeof value !== 'object' || InstanceChecker.isFindOperator(value))
    return [`other ${parameterText(value)}`];
  const said = Object.values(value);
  if (!said.length || (ofUndefined === 'ignore' && said.every((part) => part === undefined))) return [];
  // It is joined even if nothing is said of it.
  return [`{${together(anyTexts(relation.inverseEntityMetadata, value))}}`];
}

/** What is asked of the database: two values that a transformer makes the same are the same. */
function columnTexts(column: ColumnMetadata, value: unknown): string[] {
  const transform = column.transformer && asOne(column.transformer);
  if (!transform) return predicateTexts(value);
  try {
    if (!InstanceChecker.isFindOperator(value)) return predicateTexts(transform.to(value));
    // TypeORM writes what the transformer makes into the operator.
    const copy = copyQuery(value) as FindOperator<unknown> & Transformable;
    copy.transformValue(transform);
    return predicateTexts(copy);
  } catch {
    return [`not transformed ${parameterText(value)}`];
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
