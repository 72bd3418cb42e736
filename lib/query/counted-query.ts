import type { EntityMetadata } from 'typeorm';
import type { EntityQuery } from './entity-query.js';
import { ordersByRequired } from './ordered-relations.js';
import { properties } from './properties.js';

/**
 * What decides how many rows a query finds: not which part of them it shows, nor what of each. Of its order only what leads to a related
 * row that must be there: TypeORM joins it so, and where it is missing its owner is left out.
 */
export function countedQuery(metadata: EntityMetadata, query: EntityQuery): EntityQuery {
  const { skip: _, take: __, select: ___, order, ...rest } = query;
  const joined =
    order && properties(order).filter(([property, value]) => ordersByRequired(metadata, { [property]: value }));
  return joined?.length ? { ...rest, order: Object.fromEntries(joined) as EntityQuery['order'] & {} } : rest;
}
