import { markOf, type Standing } from '../store/cache-store.js';
import { type Entry, type EntryHead, payloadOf } from './entry.js';
import { type KeptEntry, keptEntry, type NearCache } from './near-cache.js';
import type { ReadRequest } from './read-request.js';

/** What the store has under a key, true or not: as it was found, or as this process has it since it was read before. */
export interface Stored {
  readonly head: EntryHead;
  /** How its text begins. */
  readonly mark: string;
  /** As it was found; `undefined` where this process has more of it. */
  readonly payload?: string;
  /**
   * For a reader whose entry this is.
   *
   * @param standing of the answer by which it is true. Default: it is not known to be, or was judged by more than that answer.
   * @throws when it cannot be made: a miss
   */
  valueFor<T>(request: ReadRequest<T>, standing?: Standing): T;
}

export function kept(entry: KeptEntry): Stored {
  return {
    head: entry,
    mark: entry.mark,
    // It was kept for a reader with the same fingerprint, so by the same manager.
    valueFor: ({ keeping }, standing) => {
      const value = keeping!.make(entry.reading, true);
      entry.standing = standing;
      return value;
    },
  };
}

/** @param near where what is read of it is kept, for readers whose manager lets it. Default: nowhere. */
export function fromText(entry: Entry, text: string, near: NearCache | undefined): Stored {
  let known: KeptEntry | undefined;
  return {
    head: entry,
    get mark() {
      return markOf(text);
    },
    payload: entry.payload,
    valueFor: <T>(request: ReadRequest<T>, standing?: Standing) => {
      // Several read it in one turn.
      const { keeping } = request;
      if (known && keeping) return keeping.make(known.reading, true);
      const payload = payloadOf(entry);
      if (!near?.isOpen || !keeping) return request.decode(payload, true);
      const reading = keeping.read(payload);
      const value = keeping.make(reading, true);
      known = keptEntry(entry, text, reading);
      known.standing = standing;
      near.set(request.key, known);
      return value;
    },
  };
}
