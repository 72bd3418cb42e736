import type { EntityMetadata } from 'typeorm';
import { properties } from './properties.js';
import { member } from './where.js';

type Relation = EntityMetadata['relations'][number];

/** Whether an order leads through a relation of which a row may have several. */
export function ordersByMany(metadata: EntityMetadata, order: unknown): boolean {
  return ordersBy(metadata, order, ({ isOneToMany, isManyToMany }) => isOneToMany || isManyToMany);
}

/** Whether an order leads through a relation of which a row must have one. */
export function ordersByRequired(metadata: EntityMetadata, order: unknown): boolean {
  return ordersBy(metadata, order, ({ isWithJoinColumn, isNullable }) => isWithJoinColumn && !isNullable);
}

function ordersBy(
  metadata: EntityMetadata,
  order: unknown,
  isSuch: (relation: Relation) => boolean,
  prefix = '',
): boolean {
  if (typeof order !== 'object' || order === null) return false;
  return properties(order).some(([property, value]) => {
    const { embedded, relation } = member(metadata, prefix + property);
    if (embedded) return ordersBy(metadata, value, isSuch, `${embedded}.`);
    if (!relation || value === undefined) return false;
    return isSuch(relation) || ordersBy(relation.inverseEntityMetadata, value, isSuch);
  });
}
