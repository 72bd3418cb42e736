import type { SkipReason } from '../events/cache-events.js';
import type { LoadedFootprint } from '../journal/footprint.js';
import type { Dependency } from './dependency.js';
import type { EntryKind } from './entry.js';
import type { Unseen } from './judgement.js';
import type { Leeway } from './leeway.js';
import type { Limit } from './limit.js';

/** A payload that was read once, to be handed out many times. */
export interface Reading {
  /** The memory it takes, about. */
  readonly bytes: number;
}

/** How payloads are kept in this process. Both throw where nothing can be made of one: a miss. */
export interface Keeping<T> {
  read(payload: string): Reading;
  /** A value for one caller. @param isStored where anybody may have put it */
  make(reading: Reading, isStored: boolean): T;
}

/** What a reader wants, before anybody knows whether the store has it. */
export interface ReadRequest<T> {
  readonly key: string;
  readonly kind: EntryKind;
  /** The query, the manager and the shape of what they return; an entry of another one is not ours to serve. */
  readonly fingerprint: string;
  /** The rows its entry is known to show, before anybody has seen it. */
  readonly rows: readonly Dependency[];
  /** The timeout of what it loads, in milliseconds. */
  readonly lifetimeMs: number;
  /** What its entry may be shown for beyond the timeout. Default: nothing. */
  readonly leeway?: Leeway | undefined;
  /**
   * @param isStored where anybody may have put it
   * @throws when the payload is not one this request can use: a miss.
   */
  decode(payload: string, isStored: boolean): T;
  /** Default: its payloads are not kept. */
  readonly keeping?: Keeping<T> | undefined;
}

/** Requests that are answered together, because their loads may read the same tables. */
export interface Batch<T> {
  /** The clocks of everything a load may read. An as-of is taken of each. */
  readonly clocks: readonly string[];
  readonly requests: readonly ReadRequest<T>[];
}

/** What a load brought. */
export interface Loaded<T> {
  /** For the one who loaded, and nobody else, where there is no payload to decode. */
  readonly own: T;
  /** What everybody decodes a copy of their own from. Without one, whoever joined loads for themselves. */
  readonly payload?: string;
  /** What the result depends on; without, it is not stored. */
  readonly dependencies?: readonly Dependency[];
  /** By clock, what the result rests on in its table: asked for when it is stored. Default: any write to a table is one to the result. */
  readonly footprints?: (() => ReadonlyMap<string, readonly LoadedFootprint[]>) | undefined;
  /** Its timeout, where that is not the request's, in milliseconds. */
  readonly lifetimeMs?: number;
  /** Why it may not be stored, where the reason is worth an event. Only those who joined before it began may share it then. */
  readonly skipped?: { readonly reason: SkipReason; readonly detail?: string };
  /** The payload, once somebody has read it. */
  reading?: Reading;
}

/** How what the store lacks is loaded. */
export interface Loads<T> {
  /** One result per request. */
  load(missing: readonly ReadRequest<T>[]): Promise<readonly Loaded<T>[]>;
  /**
   * What rows of a table hold now in some of its columns, by their keys: what a change that names nothing else did not say. `undefined`, and
   * rejected, where nobody can say that. Default: nobody looks.
   */
  readonly see?: (rows: Unseen, columns: ReadonlySet<string>) => Promise<LoadedFootprint | undefined>;
  /** How many may run at once. Default: any number. */
  readonly limit?: Limit;
  /** Whether it failed because there is no database to be reached, which says nothing of the query. Default: never. */
  readonly isUnreached?: (error: unknown) => boolean;
  /** `true` for a load that another one waits for: it may wait for nobody. */
  readonly isNested?: boolean;
}
