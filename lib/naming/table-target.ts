import type { EntityTarget, ObjectLiteral } from 'typeorm';

/** A table named by its entity or by its name in the database. */
export type TableTarget = EntityTarget<ObjectLiteral>;

export function nameOf(target: TableTarget): string {
  if (typeof target === 'string') return target;
  if (typeof target === 'function') return target.name;
  return 'options' in target ? target.options.name : target.name;
}
