import type { CacheStore } from '../../lib/store/cache-store.js';
import { Standings } from '../../lib/store/standings.js';

/** Whatever changes, and however long ago it was asked about: what was found true once stands. */
export function standForEver(store: CacheStore): CacheStore {
  Standings.prototype.begin = () => ({ isStanding: true });
  return store;
}
