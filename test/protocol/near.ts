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

  override get(key: string): KeptEntry | undefined {
    const entry = super.get(key);
    return entry && { ...entry, reading: { ...entry.reading, mark: entry.mark } as Reading };
  }

  override set(key: string, entry: KeptEntry): void {
    super.set(key, entry);
    this.#kept.set(key, entry);
  }

  fingerprint(): unknown {
    return sorted(this.#kept);
  }
}
