import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { compareValues } from '../journal/condition.js';
import type { Bound, Window } from '../journal/footprint.js';
import { columnName, loadedValue } from '../naming/column-value.js';
import { dataSourceOf } from '../peers/typeorm.js';
import type { EntityQuery } from '../query/entity-query.js';
import { properties } from '../query/properties.js';
import { member } from '../query/where.js';
import { propertyOf } from './own-value.js';

type Column = EntityMetadata['columns'][number];
type Relation = EntityMetadata['relations'][number];

/** What rows are sorted by: columns of their own, and by relation what is said of related rows. */
export interface Ordered {
  readonly columns: readonly Column[];
  readonly related: ReadonlyMap<Relation, unknown>;
}

export function orderOf(metadata: EntityMetadata, order: unknown, prefix = ''): Ordered {
  const columns: Column[] = [];
  const related = new Map<Relation, unknown>();
  if (typeof order !== 'object' || order === null) return { columns, related };
  for (const [property, value] of properties(order)) {
    if (value === undefined) continue;
    const { column, embedded, relation } = member(metadata, prefix + property);
    if (column) columns.push(column);
    else if (relation) related.set(relation, value);
    else if (embedded) {
      const inside = orderOf(metadata, value, `${embedded}.`);
      columns.push(...inside.columns);
      for (const [each, below] of inside.related) related.set(each, below);
    }
  }
  return { columns, related };
}

/** The part of a list that a query asks for; `undefined` for all of it. */
export function windowOf(
  metadata: EntityMetadata,
  { skip = 0, take }: EntityQuery,
  order: unknown,
  entities: readonly ObjectLiteral[],
): Window | undefined {
  if (!skip && take === undefined) return undefined;
  const last = entities.at(-1);
  const isFull = take !== undefined && entities.length >= take;
  return { hasOffset: skip > 0, isFull, bounds: last ? boundsOf(metadata, order, last) : [] };
}

/** Of the columns that are compared first, as long as they are the row's own and sorted here as there. */
function boundsOf(metadata: EntityMetadata, order: unknown, last: ObjectLiteral): Bound[] {
  const bounds: Bound[] = [];
  if (typeof order !== 'object' || order === null) return bounds;
  for (const [property, value] of properties(order)) {
    if (value === undefined) continue;
    const column = metadata.findColumnWithPropertyPathStrict(property);
    const direction = directionOf(value);
    const held = column && propertyOf(column, last);
    const spelled = column && held !== undefined && held !== null ? loadedValue(column, held) : undefined;
    if (!column || !direction || spelled === undefined || compareValues(spelled, spelled) === undefined) break;
    bounds.push([columnName(dataSourceOf(metadata), column.databaseName), direction, spelled]);
  }
  return bounds;
}

function directionOf(value: unknown): 'ASC' | 'DESC' | undefined {
  if (typeof value === 'object' && value !== null) {
    const { direction, order } = value as { direction?: unknown; order?: unknown };
    return directionOf(direction ?? order);
  }
  if (value === 'ASC' || value === 'asc' || value === 1) return 'ASC';
  return value === 'DESC' || value === 'desc' || value === -1 ? 'DESC' : undefined;
}
