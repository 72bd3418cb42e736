import { markOf, type Standing } from '../store/cache-store.js';
import type { EntryHead } from './entry.js';
import type { Reading } from './read-request.js';

/** What this process has of an entry: all but its text. */
export interface KeptEntry extends EntryHead {
  /** How its text begins: as long as the store has one that begins so, it has this entry. */
  readonly mark: string;
  readonly reading: Reading;
  /** Of the answer by which it was found true last; `undefined` where nobody has read it since it was stored, or the store gave none. */
  standing?: Standing | undefined;
}

/** What is kept of an entry that was stored as this text. */
export function keptEntry(
  { kind, fingerprint, epoch, dependencies, footprints, freshUntil }: EntryHead,
  text: string,
  reading: Reading,
): KeptEntry {
  return { kind, fingerprint, epoch, dependencies, footprints, freshUntil, mark: markOf(text), reading };
}

/** A larger share of all there is room for is kept of no entry: one list would push everything else out. */
const LARGEST_SHARE = 0.25;

/** Of an entry beside what was read of it: its head, its place in a map. */
const BYTES_BESIDE = 500;

/**
 * Entries this process has read lately, parsed, with a bound on their bytes; the one that was read longest ago goes first. It saves
 * their way over the wire and the reading of their texts, and decides nothing about what may be served: the clocks do, or the store that
 * vouches for what they were.
 */
export class NearCache {
  readonly #kept = new Map<string, { readonly entry: KeptEntry; readonly bytes: number }>();
  #bytes = 0;

  /** @param maxBytes 0 keeps nothing */
  constructor(private readonly maxBytes: number) {}

  /** Whether it keeps anything. */
  get isOpen(): boolean {
    return this.maxBytes > 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): KeptEntry | undefined {
    const kept = this.#kept.get(key);
    if (!kept) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept.entry;
  }

  set(key: string, entry: KeptEntry): void {
    this.delete(key);
    const bytes = entry.reading.bytes + key.length + 2 * entry.footprints.length + BYTES_BESIDE;
    if (bytes > this.maxBytes * LARGEST_SHARE) return;
    this.#kept.set(key, { entry, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.maxBytes) break;
      this.delete(oldest);
    }
  }

  clear(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }

  delete(key: string): void {
    const kept = this.#kept.get(key);
    if (!kept) return;
    this.#kept.delete(key);
    this.#bytes -= kept.bytes;
  }
}
