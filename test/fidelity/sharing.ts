import { isObject } from './difference.js';

/**
 * The places at which two results hold one and the same object, as they do with a constant that a transformer returns. Anything else
 * shared would be changed for both.
 */
export function sharedPlaces(one: unknown, other: unknown): string[] {
  const seen = new Set<object>();
  const shared: string[] = [];
  visit(one, other, '');
  return shared;

  function visit(a: unknown, b: unknown, path: string): void {
    if (!isObject(a) || !isObject(b)) return;
    if (a === b) {
      shared.push(path);
      return;
    }
    if (seen.has(a)) return;
    seen.add(a);
    for (const key of Reflect.ownKeys(a)) {
      const property = Object.getOwnPropertyDescriptor(a, key)!;
      const twin = Object.getOwnPropertyDescriptor(b, key);
      if (twin && 'value' in property && 'value' in twin) visit(property.value, twin.value, `${path}.${String(key)}`);
    }
  }
}
