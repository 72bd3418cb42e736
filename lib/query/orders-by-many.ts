import type { EntityMetadata } from 'typeorm';
import { properties } from './properties.js';
import { member } from './where.js';

/** Whether an order leads through a relation of which a row may have several. */
export function ordersByMany(metadata: EntityMetadata, order: unknown, prefix = ''): boolean {
  if (typeof order !== 'object' || order === null) return false;
  return properties(order).some(([property, value]) => {
    const { embedded, relation } = member(metadata, prefix + property);
    if (embedded) return ordersByMany(metadata, value, `${embedded}.`);
    if (!relation || value === undefined) return false;
    return relation.isOneToMany || relation.isManyToMany || ordersByMany(relation.inverseEntityMetadata, value);
  });
}
