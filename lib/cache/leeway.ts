import type { EntryHead } from './entry.js';

/** What a manager allows its entries beyond their timeout. Nothing of it makes an entry true that a write has made stale. */
export interface Leeway {
  /** A true entry is shown for so long past its timeout, in milliseconds, while it is loaded again. */
  readonly revalidateMs: number;
  /** Any entry is shown for so long past its timeout, in milliseconds, where there is no database to load from. */
  readonly unreachedMs: number;
  /** The share of its timeout, 0 to 1, by which an entry may end earlier: filled together, they do not expire together. */
  readonly jitter: number;
}

/** How long an entry is fresh, and how long the store keeps it, in milliseconds. */
export interface Lifetime {
  readonly freshMs: number;
  readonly keptMs: number;
}

/** The longest an entry may be kept: its clocks must outlive it. */
export function longestLifeMs(lifetimeMs: number, leeway: Leeway | undefined): number {
  return leeway ? lifetimeMs + pastTimeoutMs(leeway) : lifetimeMs;
}

/** Another one for each entry, with a jitter. */
export function lifetimeOf(lifetimeMs: number, leeway: Leeway | undefined): Lifetime {
  if (!leeway) return { freshMs: lifetimeMs, keptMs: lifetimeMs };
  const freshMs = lifetimeMs * (1 - leeway.jitter * Math.random());
  return { freshMs, keptMs: freshMs + pastTimeoutMs(leeway) };
}

/** Whether an entry's timeout has been over for no longer than this, in milliseconds. */
export function isWithin({ freshUntil }: Pick<EntryHead, 'freshUntil'>, pastMs: number): boolean {
  return freshUntil === 0 || Date.now() < freshUntil + pastMs;
}

function pastTimeoutMs({ revalidateMs, unreachedMs }: Leeway): number {
  return Math.max(revalidateMs, unreachedMs);
}
