import type { EntityTarget, ObjectLiteral } from 'typeorm';
import { whatIs } from '../query/what-is.js';

/** A table named by its entity or by its name in the database. @publicApi */
export type TableTarget = EntityTarget<ObjectLiteral>;

/** As an error calls it. Circular imports and requests put other things in its place: those by what they are. */
export function nameOf(target: unknown): string {
  if (typeof target === 'string') return target;
  const { options, name }: { options?: { name?: unknown }; name?: unknown } = Object(target);
  const known = options?.name ?? name;
  return typeof known === 'string' ? known : whatIs(target);
}
