import { StoreError } from '../errors.js';
import type { CacheEvents } from './cache-events.js';

/** Tells that the store failed, unless it was not even asked: that it will not be for a while was told when it began. */
export function tellFailed(events: CacheEvents, operation: string, error: unknown): void {
  if (error instanceof StoreError && error.reason === 'not asked') return;
  events.emit({ name: 'store:failed', operation, error });
}

/**
 * Tells the same of a question that had only what others had left of a budget: where it says that no answer came in time, there was
 * too little of it, and nothing says that the store fails.
 */
export function tellFailedInTime(events: CacheEvents, operation: string, error: unknown): void {
  if (error instanceof StoreError && error.reason === 'late') return;
  tellFailed(events, operation, error);
}
