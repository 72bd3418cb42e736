import { AsyncLocalStorage } from 'node:async_hooks';
import diagnosticsChannel from 'node:diagnostics_channel';
import { InvalidConfigurationError } from '../errors.js';
import { nearestName } from '../naming/near-name.js';
import { whatIs } from '../query/what-is.js';
import { safeError } from './safe-error.js';

/** Why a read went to the database. @publicApi */
export type MissReason =
  /** Nothing is stored under the key. */
  | 'absent'
  /** A row or table the entry shows was written after the entry's load began. */
  | 'stale'
  /** The store may have lost writes since (a restart, an old snapshot, a promotion). */
  | 'epoch'
  /** The key holds something that is no entry of this manager, query or entity shape. */
  | 'foreign'
  /**
   * A writer holds a clock and has not come back yet, or this process owes the store a write to it, or somebody else has overwritten a
   * clock with what is no number.
   */
  | 'held'
  /** The store did not answer, or is not asked since it has failed a moment ago. */
  | 'store'
  /** It is not known yet what entries may have missed: the DataSource has just started, or the store could not be asked since. */
  | 'unwatched'
  /** On the one connection that all requests share somebody's transaction is open: what it has written is shown, uncommitted. */
  | 'transaction'
  /** What is stored is true, and past its timeout by more than this manager's `staleWhileRevalidate`. */
  | 'expired'
  /** The module was told to cache nothing (`enabled: false`). */
  | 'disabled'
  /** The call was told not to use the cache (`cache: false`). */
  | 'bypassed';

/** Why a loaded result was not stored. @publicApi */
export type SkipReason =
  /** A write overtook the load. */
  | 'overtaken'
  /** The load could not promise to have seen committed rows only. */
  | 'uncommitted'
  /** The load read a table its as-of does not cover; the next load will cover it. */
  | 'uncovered'
  /** A value the codec cannot bring back as it was. */
  | 'unsupported'
  /** It shows a property that a manager lets into no entry (`neverCache`). */
  | 'private'
  /** Its SQL asks for the time, chance or the session (`now()`, `random()`, `current_user`), so its answer changes without a write. */
  | 'volatile'
  /** The store takes entries more slowly than they are loaded: so much is on its way there already that this would cost too much memory. */
  | 'busy';

/**
 * The first write that may have changed an entry: to which table, and where the table's journal tells of it, what it did. Without `action`
 * that is not known; `unsaid` says why.
 *
 * @example
 * events.on('entry:missed', ({ key, because }) => because && log(`${key} was lost to ${because.action} of ${because.table}`));
 *
 * @publicApi
 */
export interface StaleCause {
  /** The table's clock, e.g. `orders.public.user`. */
  readonly table: string;
  readonly action?: 'insert' | 'update' | 'delete';
  /** The columns an UPDATE may have changed. */
  readonly columns?: readonly string[];
  /** How long ago, in milliseconds, by the clocks of two processes. */
  readonly agoMs?: number;
  /**
   * What nobody said, so that the worst was assumed: the `write` what it did (a statement that is not understood, a table with triggers, a journal
   * that has forgotten it, another write under way), the write which `rows` it changed, or the `entry` what it rests on in that table (a tree, a
   * filter in SQL, a clear of a manager's entries). Default: all was said, and the change may be one to the entry.
   */
  readonly unsaid?: 'write' | 'rows' | 'entry';
}

/**
 * Everything the cache tells about itself. `name` is `<noun>:<past participle>`; no event ever carries a cached value.
 *
 * Keys, tables and identifiers are told as they are, SQL without its literals. An `error` is a copy that has the name, `code`, `cause` and
 * stack of the original, the `reason` of a `StoreError`, and no other property. Its message is the original's only where this library
 * wrote it; the application's, a driver's or a transformer's might quote a value, and give way to the place they come from. Redis's stay
 * without what they quote.
 *
 * @publicApi
 */
export type CacheEvent =
  /**
   * `stale`: it was past its timeout and is loaded again meanwhile (`staleWhileRevalidate`: `expired`), or the database could not be reached
   * and this is the last that was stored, whatever has been written since (`staleIfError`: `error`; an `entry:missed` came before it).
   */
  | { readonly name: 'entry:hit'; readonly key: string; readonly stale?: 'expired' | 'error' }
  /** `because`: of a `stale` one, what is known of the first write that may have changed it. */
  | {
      readonly name: 'entry:missed';
      readonly key: string;
      readonly reason: MissReason;
      readonly because?: StaleCause;
    }
  | { readonly name: 'entry:filled'; readonly key: string }
  | { readonly name: 'entry:skipped'; readonly key: string; readonly reason: SkipReason; readonly detail?: string }
  /** The stored text cannot be decoded; it was treated as a miss. */
  | { readonly name: 'entry:corrupt'; readonly key: string; readonly error: Error }
  /**
   * With a `secret`: what is stored under the key carries no seal made for this key with one of the secrets, so somebody else wrote,
   * changed or moved it, or the options differ; it was treated as a miss.
   */
  | { readonly name: 'entry:unverified'; readonly key: string }
  /** Two queries, or a list and a detail, use one key and drop each other's entry; or two releases do, while one replaces the other. */
  | { readonly name: 'entry:mismatched'; readonly key: string }
  | { readonly name: 'load:joined'; readonly key: string }
  /** Another process was loading the same: its entry is the answer. */
  | { readonly name: 'load:awaited'; readonly key: string }
  | { readonly name: 'tag:advanced'; readonly table: string; readonly rows: readonly string[] | undefined }
  /** The store failed, refused or was too slow. An `advance` that failed may leave stale entries behind. */
  | { readonly name: 'store:failed'; readonly operation: string; readonly error: Error }
  /**
   * The store has failed and is not asked any more, for this: to `read`, to `hold` clocks before a write, or to `advance` them after it.
   * Reads and writes go on without it at once; in the background it is tried again.
   */
  | { readonly name: 'circuit:opened'; readonly operation: string; readonly error: Error }
  /** It is back and asked again, after so many milliseconds. */
  | { readonly name: 'circuit:closed'; readonly operation: string; readonly openMs: number }
  /**
   * A write of this process that the store has not heard of. Until it is paid this process reads these from the database; others that
   * reach the store may serve what was there before.
   */
  | { readonly name: 'debt:made'; readonly tables: readonly string[] }
  /** The store has heard of all that was owed to these. */
  | { readonly name: 'debt:paid'; readonly tables: readonly string[] }
  /** The application closes, or owes more than can be kept: what was there before may be served until it expires. */
  | { readonly name: 'debt:lost'; readonly tables: readonly string[] }
  /** A clear-cache decorator could not tell what to clear, or the clearing failed. The request went on. */
  | { readonly name: 'clear:failed'; readonly handler: string; readonly error: Error }
  /** A statement no reader of SQL could place: everything of its database became stale. Each `sql` is told once, with `?` for its values. */
  | { readonly name: 'write:unplaced'; readonly sql: string }
  /** A commit's outcome is unknown; its tables are advanced now and again at the hold's deadline. */
  | { readonly name: 'write:ambiguous'; readonly tables: readonly string[] }
  /** A load failed, and no reader was told: they were shown an entry past its timeout (`staleWhileRevalidate`, `staleIfError`). */
  | { readonly name: 'load:failed'; readonly key: string; readonly error: Error };

/** An event before its error has been made safe to tell. */
type Untold<E> = E extends { readonly error: Error } ? Omit<E, 'error'> & { readonly error: unknown } : E;

/** @publicApi */
export type CacheEventName = CacheEvent['name'];

/** Whoever adds an event has to name it here. */
const KNOWN: Readonly<Record<CacheEventName, true>> = {
  'entry:hit': true,
  'entry:missed': true,
  'entry:filled': true,
  'entry:skipped': true,
  'entry:corrupt': true,
  'entry:unverified': true,
  'entry:mismatched': true,
  'load:joined': true,
  'load:awaited': true,
  'tag:advanced': true,
  'store:failed': true,
  'circuit:opened': true,
  'circuit:closed': true,
  'debt:made': true,
  'debt:paid': true,
  'debt:lost': true,
  'clear:failed': true,
  'write:unplaced': true,
  'write:ambiguous': true,
  'load:failed': true,
};

/** The event of that name; of several names, any of theirs. @publicApi */
export type CacheEventOf<Name extends CacheEventName> = Extract<CacheEvent, { readonly name: Name }>;

/** Told of every event, or of those with that name. @publicApi */
export type CacheEventListener<Name extends CacheEventName = CacheEventName> = (event: CacheEventOf<Name>) => void;

interface Subscription {
  /** One listener may have subscribed several times. */
  readonly listener: object;
  hears(event: CacheEvent): boolean;
  tell(event: CacheEvent): void;
}

/** Inside of which listeners the code that runs now was started. */
interface Telling {
  readonly listener: object;
  readonly outer: Telling | undefined;
}

const telling = new AsyncLocalStorage<Telling>();

/**
 * The cache's events, to log, count or alert on. Injectable.
 *
 * Listeners run synchronously inside reads and writes: keep them short. One that throws is ignored, so that watching the cache
 * can never break a request. Each event is also published on a channel of `node:diagnostics_channel` called `nestjs-qscache:` and its name,
 * where a subscriber that throws is an uncaught exception, as Node has it. What a listener reads through a manager itself, also later, is
 * not told to it: each read would be an event that makes it read again.
 *
 * @example
 * constructor(events: CacheEvents) {
 *   events.on('store:failed', ({ operation, error }) => this.alerts.raise(operation, error));
 *   events.on(['entry:hit', 'entry:missed'], ({ name }) => this.counters.increment(name));
 *   events.on((event) => this.logger.debug(event));
 * }
 *
 * @publicApi
 */
export class CacheEvents {
  readonly #subscriptions = new Set<Subscription>();
  readonly #watchers = new Set<CacheEventListener>();

  /**
   * Adds a listener, to all events or to those of one or more names; the returned function removes what this call has added.
   *
   * @throws {InvalidConfigurationError} for a name that no event has, and for a listener that is no function
   */
  on(listener: CacheEventListener): () => void;
  on<Name extends CacheEventName>(name: Name | readonly Name[], listener: CacheEventListener<Name>): () => void;
  on<Name extends CacheEventName>(
    ...given: [CacheEventListener] | [Name | readonly Name[], CacheEventListener<Name>]
  ): () => void {
    if (given.length > 1) for (const name of [given[0]].flat()) checkName(name);
    checkListener(given.at(-1));
    const subscription = given.length === 1 ? toAll(...given) : toSome(...given);
    this.#subscriptions.add(subscription);
    return () => void this.#subscriptions.delete(subscription);
  }

  /** For a listener that reads through no manager. @internal */
  watch(watcher: CacheEventListener): void {
    this.#watchers.add(watcher);
  }

  /** @internal */
  emit(untold: Untold<CacheEvent>): void {
    const event = ('error' in untold ? { ...untold, error: safeError(untold.error) } : untold) as CacheEvent;
    publish(event);
    for (const watcher of this.#watchers) tell(watcher, event);
    for (const subscription of this.#subscriptions) {
      if (!subscription.hears(event)) continue;
      const { listener } = subscription;
      const outer = telling.getStore();
      if (!isInside(listener, outer)) telling.run({ listener, outer }, tell, subscription.tell, event);
    }
  }
}

function checkName(name: unknown): void {
  if (typeof name === 'string' && Object.hasOwn(KNOWN, name)) return;
  const known = Object.keys(KNOWN);
  const near = typeof name === 'string' ? nearestName(name, known)?.name : undefined;
  throw new InvalidConfigurationError(
    'QSCACHE_EVENT',
    `CacheEvents.on() was given ${typeof name === 'string' ? JSON.stringify(name) : whatIs(name)}, which is no event, so its listener would hear of nothing. ${near ? `Did you mean "${near}"?` : `There are: ${known.join(', ')}.`}`,
  );
}

function checkListener(listener: unknown): void {
  if (typeof listener === 'function') return;
  throw new InvalidConfigurationError(
    'QSCACHE_EVENT',
    `CacheEvents.on() was given ${whatIs(listener)} for a listener, so nobody would hear of anything. Give a function: on('entry:hit', (event) => ...), or on((event) => ...) for all events.`,
  );
}

function toAll(listener: CacheEventListener): Subscription {
  return { listener, hears: () => true, tell: listener };
}

function toSome<Name extends CacheEventName>(
  names: Name | readonly Name[],
  listener: CacheEventListener<Name>,
): Subscription {
  const wanted = new Set<CacheEventName>([names].flat());
  const hears = (event: CacheEvent): event is CacheEventOf<Name> => wanted.has(event.name);
  return { listener, hears, tell: (event) => void (hears(event) && listener(event)) };
}

const channels = new Map<CacheEventName, diagnosticsChannel.Channel>();

function publish(event: CacheEvent): void {
  let channel = channels.get(event.name);
  if (!channel) channels.set(event.name, (channel = diagnosticsChannel.channel(`nestjs-qscache:${event.name}`)));
  if (channel.hasSubscribers) channel.publish(event);
}

/** A listener is a guest: its failure is its own. */
function tell(listener: CacheEventListener, event: CacheEvent): void {
  try {
    listener(event);
  } catch {
    // Neither its read nor its write is told.
  }
}

function isInside(listener: object, at: Telling | undefined): boolean {
  for (let each = at; each; each = each.outer) if (each.listener === listener) return true;
  return false;
}
