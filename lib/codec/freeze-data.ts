import { types } from 'node:util';

/**
 * Freezes what a cell was revived as, and all that is in it. `false` for what cannot be frozen: bytes.
 *
 * @param again makes the same once more
 */
export function freezeData(value: unknown, again: () => unknown): boolean {
  // Related rows are frozen before those that have them.
  if (isPrimitive(value) || Object.isFrozen(value)) return true;
  if (types.isDate(value)) return freezeDate(value);
  if (types.isUint8Array(value)) return false;
  for (const key of Reflect.ownKeys(value as object)) {
    const inner = (value as Record<PropertyKey, unknown>)[key];
    if (isPrimitive(inner)) continue;
    const anew = () => (again() as Record<PropertyKey, unknown>)[key];
    if (!freezeData(inner, anew)) makeAnew(value as object, key, anew);
  }
  Object.freeze(value);
  return true;
}

/** The property is made whenever it is read, for each reader one of their own. */
export function makeAnew(object: object, key: PropertyKey, again: () => unknown): void {
  Object.defineProperty(object, key, { get: again, set: refuse });
}

export function isPrimitive(value: unknown): boolean {
  return Object(value) !== value;
}

/**
 * A frozen Date can still be set, since its time is no property. Its class stays Date, also for libraries that make another one with
 * its `constructor`, as date-fns does.
 */
function freezeDate(date: Date): true {
  Object.freeze(Object.setPrototypeOf(date, READ_ONLY));
  return true;
}

const READ_ONLY = Object.create(Date.prototype) as Date;
for (const name of Object.getOwnPropertyNames(Date.prototype).filter((each) => each.startsWith('set'))) {
  Object.defineProperty(READ_ONLY, name, { value: refuse });
}

function refuse(): never {
  throw new TypeError('This belongs to an entity that others read, too, so it cannot be changed. Change a copy.');
}
