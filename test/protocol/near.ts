import { type KeptEntry, NearCache } from '../../lib/cache/near-cache.js';
import type { Reading } from '../../lib/cache/read-request.js';
import type { Seen } from './queries.js';
import { sorted } from './sorted.js';

/** What a process has read of a payload. */
export interface ReadSeen extends Reading {
  readonly seen: Seen;
  /** How the text begins that it was read of, where it comes out of the near cache. */
  readonly mark?: string;
}

/** A near cache that says of what it hands out that it does. */
export class WatchedNear extends NearCache {
  readonly #kept = new Map<string, KeptEntry>();

  override set(key: string, entry: KeptEntry): void {
    const marked = { ...entry, reading: { ...entry.reading, mark: entry.mark } as Reading };
    super.set(key, marked);
    this.#kept.set(key, marked);
  }

  override delete(key: string): void {
    super.delete(key);
    this.#kept.delete(key);
  }

  fingerprint(): unknown {
    return sorted(this.#kept);
  }
}
