/** What is used of a Keyv of keyv 5. */
export interface Keyv5 {
  readonly store: object;
  readonly namespace?: string;
  readonly useKeyPrefix?: boolean;
}

/** A Keyv of keyv 6, which stands an adapter of its own before every store. */
export interface Keyv6 {
  readonly store: { readonly store?: object };
}

export const isKeyv5 = (store: object): store is Keyv5 => isKeyv(store) && 'opts' in store;

export const isKeyv6 = (store: object): store is Keyv6 => isKeyv(store) && !('opts' in store);

/** A CacheableMemory has all that as well, and no one store: an array of Maps. */
const isKeyv = (store: object): boolean =>
  'store' in store && !Array.isArray(store.store) && 'hooks' in store && 'stats' in store;

/** As `_getKeyPrefix` of keyv 5, which leaves a key alone that already has the prefix. */
export function prefixed({ namespace, useKeyPrefix }: Keyv5, key: string): string {
  if (!namespace || useKeyPrefix === false || key.startsWith(`${namespace}:`)) return key;
  return `${namespace}:${key}`;
}
