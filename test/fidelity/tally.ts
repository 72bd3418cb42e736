import type { SkipReason } from '../../lib/events/cache-events.js';

/** A cached read that is not what `find` returns, or was not cached though nobody had said so. */
export interface Failure {
  readonly where: string;
  readonly what: string;
}

/** What one set showed on one database with one store. */
export class Tally {
  compared = 0;
  unequal = 0;
  /** Equal but for an order that nobody asked the database for. */
  reordered = 0;
  readonly uncached = new Map<SkipReason, number>();
  readonly failures: Failure[] = [];
  /** Where TypeORM's two strategies to load relations do not agree among themselves. */
  readonly disagreements: Failure[] = [];

  fail(where: string, what: string): void {
    this.failures.push({ where, what });
  }

  skip(reason: SkipReason): void {
    this.uncached.set(reason, (this.uncached.get(reason) ?? 0) + 1);
  }
}
