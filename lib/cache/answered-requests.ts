import type { CacheEvents, MissReason, StaleCause } from '../events/cache-events.js';
import type { Standing } from '../store/cache-store.js';
import type { EntryHead } from './entry.js';
import type { Cause } from './judgement.js';
import type { Answer } from './question.js';
import type { ReadRequest } from './read-request.js';
import type { Stored } from './stored.js';

/** Whom to tell what came of a request. */
export type Tell = (event: Parameters<CacheEvents['emit']>[0]) => unknown;

export function missed(tell: Tell, { key }: ReadRequest<unknown>, reason: MissReason, cause?: Cause): undefined {
  tell(cause ? { name: 'entry:missed', key, reason, because: writeOf(cause) } : { name: 'entry:missed', key, reason });
}

/** What others may know of a write: no values of its rows. */
function writeOf({ clock, change, isAny }: Cause): StaleCause {
  if (!change) return { table: clock, unsaid: isAny ? 'entry' : 'write' };
  const { action, assigned, at, rows } = change;
  const told = { table: clock, action, columns: assigned, agoMs: Math.max(0, Date.now() - at) };
  return rows ? told : { ...told, unsaid: 'rows' };
}

/** What is stored for a request, true or not. */
export function storedFor(request: ReadRequest<unknown>, answer: Answer, tell: Tell): Stored | undefined {
  const stored = answer.entry(request.key);
  if (!stored) return missed(tell, request, answer.hasText(request.key) ? 'foreign' : 'absent');
  const { head } = stored;
  if (!isOf(request, head)) {
    tell({ name: 'entry:mismatched', key: request.key });
    return missed(tell, request, 'foreign');
  }
  // The store makes a clock for whatever it is asked about, so it is asked about none but those of the question, whatever an entry names. An
  // honest one may name more: another process has seen a load read a table that this one has not seen yet. That is one miss.
  if (!head.dependencies.every(({ clock }) => answer.view.knows(clock))) return missed(tell, request, 'foreign');
  return head.epoch === answer.view.epoch ? stored : missed(tell, request, 'epoch');
}

/** Makes a value of what is stored, true or not; `false` where it cannot be made. */
export function take<T>(
  request: ReadRequest<T>,
  stored: Stored,
  hits: Map<ReadRequest<T>, T>,
  tell: Tell,
  standing: Standing | undefined,
  stale?: 'expired',
): boolean {
  try {
    hits.set(request, stored.valueFor(request, standing));
    const hit = { name: 'entry:hit', key: request.key } as const;
    tell(stale ? { ...hit, stale } : hit);
    return true;
  } catch (error) {
    tell({ name: 'entry:corrupt', key: request.key, error });
    missed(tell, request, 'foreign');
    return false;
  }
}

/** Whether an entry answers this query of this manager, in this shape. */
export function isOf(request: ReadRequest<unknown>, { kind, fingerprint }: EntryHead): boolean {
  return kind === request.kind && fingerprint === request.fingerprint;
}
