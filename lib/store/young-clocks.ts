import { RENEWAL_MS } from './cache-store.js';

/**
 * For how long, in milliseconds, a clock that was made from nothing counts as held by a write that may free keys, which blocks nobody. It may
 * have been lost with the holds that were on it (an eviction, FLUSHALL, a restart), and no change may be judged, nor a key be taken for one that
 * was free, before every living writer has renewed its own.
 */
export const YOUNG_MS = 2 * RENEWAL_MS;

/** What that hold is called: no writer's is. It ends without a trace. */
export const YOUNG = 'young';
