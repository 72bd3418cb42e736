import { createHash } from 'node:crypto';

/** What a lease begins with; whatever else stands under its key says that nobody works. */
const LEASE = 'lease:';

/** Says that nobody need wait. */
export const FREE = 'free';

/**
 * Where a lease is kept. A digest, since the name of some work is long and a server keeps it for moments only; of the entry's name
 * in the store, so that only those who share the entry share the work.
 */
export function leaseKey(entry: string, name: string): string {
  return `qscache:lease:${createHash('sha1').update(`${entry}\n${name}`).digest('base64url')}`;
}

export const leaseValue = (id: string): string => LEASE + id;

export const isLease = (value: unknown): boolean => typeof value === 'string' && value.startsWith(LEASE);
