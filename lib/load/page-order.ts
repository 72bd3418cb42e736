import type { EntityMetadata } from 'typeorm';
import type { EntityQuery } from '../query/entity-query.js';
import { orderOf } from './windows.js';

type Order = NonNullable<EntityQuery['order']>;

/**
 * The order of pages: as asked, or as the entity has it of its own, and rows that are equal in that by their key, so that none is on two
 * pages. `undefined` where there is no order, nor a key of columns of the row's own.
 */
export function pageOrder(metadata: EntityMetadata, asked: EntityQuery['order']): Order | undefined {
  const order = asked ?? ownOrder(metadata);
  const { primaryColumns } = metadata;
  // A key that is a relation's own property would be asked for through the relation.
  if (primaryColumns.some((column) => column.relationMetadata?.propertyPath === column.propertyPath)) return order;
  const { columns } = orderOf(metadata, order);
  const missing = primaryColumns.filter((column) => !columns.includes(column));
  if (!missing.length) return order;
  // Under its whole path: what an embedded object has in the order already stands where it stands.
  return { ...order, ...Object.fromEntries(missing.map(({ propertyPath }) => [propertyPath, 'ASC'])) } as Order;
}

/** What `@Entity({ orderBy })` says, which counts only where nothing else is said. */
function ownOrder({ orderBy }: EntityMetadata): Order | undefined {
  if (!orderBy || !Object.keys(orderBy).length) return undefined;
  const entries = Object.entries(orderBy).map(([path, value]) => {
    return [path, typeof value === 'object' ? { direction: value.order, nulls: value.nulls } : value] as const;
  });
  return Object.fromEntries(entries) as Order;
}
