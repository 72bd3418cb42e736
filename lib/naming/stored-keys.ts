import type { EntityMetadata } from 'typeorm';

type UniqueKey = EntityMetadata['uniques'][number] | EntityMetadata['indices'][number];

/** Primary keys, by their entities, and unique ones that may be those of several rows. */
const repeatable = new WeakSet<EntityMetadata | UniqueKey>();

/** A table that was made by hand may let a key in twice that its entity calls unique: then a key does not say which row is meant. */
export function noteKey(key: EntityMetadata | UniqueKey, mayRepeat: boolean): void {
  if (mayRepeat) repeatable.add(key);
  else repeatable.delete(key);
}

/** @param key an entity for its primary one */
export function isRepeatable(key: EntityMetadata | UniqueKey): boolean {
  return repeatable.has(key);
}
