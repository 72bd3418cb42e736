import type { CacheEvents } from '../events/cache-events.js';
import type { ClockWrite } from './cache-store.js';

/** Tells that the store has heard of writes. */
export function tellAdvanced(events: CacheEvents, writes: readonly ClockWrite[]): void {
  for (const { clock, rows } of writes) {
    const named = rows === 'new' ? [] : rows;
    events.emit({ name: 'tag:advanced', table: clock, rows: named === 'unknown' ? undefined : named });
  }
}
