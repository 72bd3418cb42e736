import { types } from 'node:util';
import { isObject } from './difference.js';

/**
 * TypeORM gives two places of one result the very same array of relation ids. Nobody can rely on that, since two finds do not; so
 * each place of the reference gets its own.
 */
export function unshareLists(value: unknown): void {
  const seen = new Set<unknown>();
  visit(value);

  function visit(one: unknown): void {
    if (!isObject(one) || seen.has(one) || types.isUint8Array(one)) return;
    seen.add(one);
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(one))) {
      if (!('value' in property)) continue;
      const inside: unknown = property.value;
      if (seen.has(inside) && Array.isArray(inside) && inside.every((id) => !isObject(id))) {
        (one as Record<string, unknown>)[name] = [...(inside as unknown[])];
      } else visit(inside);
    }
  }
}
