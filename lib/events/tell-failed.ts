import { StoreError } from '../errors.js';
import type { CacheEvents } from './cache-events.js';

/** Tells that the store failed, unless it was not even asked: that it will not be for a while was told when it began. */
export function tellFailed(events: CacheEvents, operation: string, error: unknown): void {
  if (error instanceof StoreError && error.reason === 'not asked') return;
  events.emit({ name: 'store:failed', operation, error });
}
