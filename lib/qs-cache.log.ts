import type { Logger } from '@nestjs/common';
import { QsCacheError, StoreError } from './errors.js';
import type { CacheEvent, CacheEvents } from './events/cache-events.js';
import { oneLine } from './events/one-line.js';

/** One line per kind of trouble in so many milliseconds: a dead store fails thousands of times a second. */
const QUIET_MS = 30_000;

/** Something an operator must learn. */
interface Trouble {
  /** What is counted as one: of few kinds, whatever requests ask for. Keys and SQL are examples, not kinds. */
  readonly kind: string;
  readonly text: string;
}

/** What an operator must learn even if nobody listens to the events. */
export function logEvents(events: CacheEvents, logger: Pick<Logger, 'log' | 'warn'>): void {
  const logged = new Map<string, { readonly at: number; more: number }>();
  const open = new Set<string>();
  events.watch((event) => {
    if (event.name === 'circuit:opened') open.add(event.operation);
    // It was told why, and of the writes nobody hears there is a word of its own.
    if (event.name === 'store:failed' && open.has(circuitOf(event.operation))) return;
    if (event.name === 'circuit:closed') {
      open.delete(event.operation);
      logger.log(`The store is back, and asked to ${event.operation} again after ${event.openMs} ms.`);
    }
    const trouble = troubleOf(event);
    if (!trouble) return;
    const now = Date.now();
    const last = logged.get(trouble.kind);
    if (last && now - last.at < QUIET_MS) {
      last.more++;
      return;
    }
    logged.set(trouble.kind, { at: now, more: 0 });
    const others = last?.more
      ? ` And ${last.more} more like it in the last ${Math.round((now - last.at) / 1_000)} s.`
      : '';
    warn(logger, trouble.text + others);
  });
}

/** Whatever comes from outside (a key, a table, an answer of the store) stays on its own line. */
export function warn(logger: Pick<Logger, 'warn'>, text: string): void {
  logger.warn(oneLine(text));
}

function troubleOf(event: CacheEvent): Trouble | undefined {
  switch (event.name) {
    case 'store:failed':
      return {
        kind: `${event.name} ${event.operation}`,
        text: `The store failed to ${event.operation}: ${sentence(event.error)}${event.error instanceof StoreError ? '' : ' Reads are answered by the database.'}`,
      };
    case 'circuit:opened':
      return {
        kind: `${event.name} ${event.operation}`,
        text: `The store has failed and is not asked to ${event.operation} until it is back: ${sentence(event.error)} It is tried again at least each second.`,
      };
    case 'debt:made':
      return {
        kind: event.name,
        text: `The store has not heard of a write to ${event.tables.join(', ')}. It is told when it is back; until then this process reads these from the database, and others may serve what was there before.`,
      };
    case 'debt:lost':
      return {
        kind: event.name,
        text: `The store was never told of writes to ${event.tables.join(', ')}: what was there before may be served until it expires. Call QsCache.clear() for these once the store is back.`,
      };
    case 'entry:mismatched':
      return {
        kind: event.name,
        text: `The entry under "${event.key}" answers another query, or was made by another release. While a deploy runs this will pass; else two queries use the key and drop each other's entry: give one of them another suffix or identifier.`,
      };
    case 'entry:skipped':
      if (event.reason === 'volatile') {
        return {
          kind: `${event.name} ${event.reason}`,
          text: `"${event.key}" is not cached: its SQL says ${event.detail}, so its answer changes without a write. Compute the value in the application, or set cacheVolatile = true in its manager to keep it until its timeout.`,
        };
      }
      if (event.reason !== 'unsupported') return undefined;
      return {
        kind: `${event.name} ${event.reason}`,
        text: `"${event.key}" is not cached: ${event.detail ?? event.reason}`,
      };
    case 'entry:missed':
      if (event.reason !== 'unwatched') return undefined;
      return {
        kind: `${event.name} ${event.reason}`,
        text: 'Nothing is read from the cache yet: it is not known what its entries have missed. This ends when the application has started and the store has answered; until then it is asked again each second.',
      };
    case 'entry:corrupt':
      return {
        kind: event.name,
        text: `What is stored under "${event.key}" cannot be used and is replaced: ${sentence(event.error)}`,
      };
    case 'entry:unverified':
      return {
        kind: event.name,
        text: `What is stored under "${event.key}" was not sealed by this application, so it is loaded again. Where secret or encrypt is just being changed this will pass; else find out who writes to the store.`,
      };
    case 'entry:hit':
      if (event.stale !== 'error') return undefined;
      return {
        kind: `${event.name} ${event.stale}`,
        text: `"${event.key}" is shown as it was last stored, whatever has been written since: the database cannot be reached, and its manager says staleIfError.`,
      };
    case 'load:failed':
      return {
        kind: event.name,
        text: `"${event.key}" could not be loaded: ${sentence(event.error)} What is stored of it is shown instead (staleWhileRevalidate, staleIfError).`,
      };
    case 'clear:failed':
      return {
        kind: `${event.name} ${event.handler} ${event.error instanceof QsCacheError ? event.error.code : ''}`,
        text: `${event.handler} could not clear what it was told to: ${sentence(event.error)}`,
      };
    case 'write:unplaced':
      return {
        kind: event.name,
        text: `A statement that may write anything made every entry of its DataSource stale: ${event.sql}`,
      };
    case 'write:ambiguous':
      return {
        kind: event.name,
        text: `A write to ${event.tables.join(', ')} ended without an answer; its entries are treated as stale.`,
      };
    default:
      return undefined;
  }
}

/** Which circuit stands before an operation. */
function circuitOf(operation: string): string {
  if (operation === 'advance') return operation;
  return operation === 'hold' || operation === 'release' ? 'hold' : 'read';
}

const sentence = ({ message }: Error): string => (/[.?!]$/.test(message) ? message : `${message}.`);
