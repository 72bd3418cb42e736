import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { safeError } from '../events/safe-error.js';
import { databaseIdentity } from '../naming/database-identity.js';
import type { CacheStore } from '../store/cache-store.js';
import { databaseState } from './database-state.js';
import { anything } from './statement-writes.js';

/** How long the store remembers what a database was like, in milliseconds; what it has forgotten counts as changed. */
const REMEMBERED_MS = 30 * 86_400_000;

/**
 * Makes everything of a database stale that changed while nobody of this library listened: by migrations of the command line, by
 * what a DataSource did while it started. The store remembers the state of the database that its entries may be trusted in.
 *
 * The state is taken before the clock advances: what changes in between is another state, for the next one who starts to find.
 *
 * @param everything the clocks that stand for all tables of the database
 * @param hasWritten this process is known to have written, whatever the state says
 * @param isOver whether this start no longer counts: that its database cannot be asked then is nobody's concern
 * @returns why the state could not be told: then everything counts as changed, each time, unless the start is over
 * @throws when the store does not answer
 */
export async function catchUp(
  dataSource: DataSource,
  everything: readonly string[],
  store: CacheStore,
  hasWritten: boolean,
  isOver: () => boolean,
): Promise<string | undefined> {
  const states = await databaseState(dataSource).catch((error: unknown) => safeError(error));
  if (states instanceof Error) {
    if (isOver() && !hasWritten) return states.message;
    await store.advance(everything.map(anything));
    return states.message;
  }
  const keys = states.map(({ of }) => `qscache:state:${digest([databaseIdentity(dataSource), ...of])}`);
  const { entries } = await store.read(keys, []);
  const isChanged = states.some(({ state }, i) => entries[i] !== digest(state));
  if (hasWritten || isChanged) await store.advance(everything.map(anything));
  await Promise.all(states.map(({ state }, i) => store.put(keys[i]!, digest(state), REMEMBERED_MS)));
  return undefined;
}

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('base64url');
