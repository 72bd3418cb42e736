import type { Logger } from '@nestjs/common';
import type { CacheEvent, CacheEvents } from './events/cache-events.js';

/** One line per kind of trouble in so many milliseconds: a dead store fails thousands of times a second. */
const QUIET_MS = 30_000;

/** What an operator must learn even if nobody listens to the events. */
export function logEvents(events: CacheEvents, logger: Logger): void {
  const lastLogged = new Map<string, number>();
  events.watch((event) => {
    const line = trouble(event);
    if (!line) return;
    const now = Date.now();
    if (now - (lastLogged.get(line.about) ?? -Infinity) < QUIET_MS) return;
    if (lastLogged.size > 1_000) lastLogged.clear();
    lastLogged.set(line.about, now);
    logger.warn(line.text);
  });
}

function trouble(event: CacheEvent): { about: string; text: string } | undefined {
  const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));
  switch (event.name) {
    case 'store:failed':
      return {
        about: `${event.name}:${event.operation}`,
        text: `The store failed to ${event.operation}: ${reason(event.error)} Reads are answered by the database${/advance|clear|release/.test(event.operation) ? '; entries this write should have made stale may be served until it is reached' : ''}.`,
      };
    case 'entry:mismatched':
      return {
        about: `${event.name}:${event.key}`,
        text: `The key "${event.key}" is used by two queries, so each read drops the other's entry. Give one of them another suffix or identifier.`,
      };
    case 'entry:skipped':
      if (event.reason === 'volatile') {
        return {
          about: `${event.name}:${event.key}`,
          text: `"${event.key}" is not cached: its SQL says ${event.detail}, so its answer changes without a write. Compute the value in the application, or set cacheVolatile = true in its manager to keep it until its timeout.`,
        };
      }
      if (event.reason !== 'unsupported') return undefined;
      return {
        about: `${event.name}:${event.key}`,
        text: `"${event.key}" is not cached: ${event.detail ?? event.reason}`,
      };
    case 'entry:missed':
      if (event.reason !== 'unwatched') return undefined;
      return {
        about: `${event.name}:${event.reason}`,
        text: 'Nothing is read from the cache yet: it is not known what its entries have missed. This ends when the application has started and the store has answered; until then it is asked again each second.',
      };
    case 'entry:corrupt':
      return {
        about: `${event.name}:${event.key}`,
        text: `What is stored under "${event.key}" cannot be used and is replaced: ${reason(event.error)}`,
      };
    case 'entry:unverified':
      return {
        // Not by key: whoever can write one can write a thousand.
        about: event.name,
        text: `What is stored under "${event.key}", and maybe more, was not sealed by this application, so it is loaded again. Where secret or encrypt is just being changed this will pass; else find out who writes to the store.`,
      };
    case 'clear:failed':
      return {
        about: `${event.name}:${event.handler}`,
        text: `${event.handler} could not clear what it was told to: ${reason(event.error)}`,
      };
    case 'write:unplaced':
      return {
        about: `${event.name}:${event.sql}`,
        text: `A statement that may write anything made every entry of its DataSource stale: ${event.sql}`,
      };
    case 'write:ambiguous':
      return {
        about: event.name,
        text: `A write to ${event.tables.join(', ')} ended without an answer; its entries are treated as stale.`,
      };
    default:
      return undefined;
  }
}
