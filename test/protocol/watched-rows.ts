import { ExpectedRows } from '../../lib/cache/expected-rows.js';
import type { DatedDependency } from '../../lib/cache/entry.js';
import { Journals } from '../../lib/cache/journals.js';
import { sorted } from './sorted.js';
import type { WatchedKnownRows } from './watched-known-rows.js';

/** Says what a process goes by when it asks. */
export class WatchedExpectedRows extends ExpectedRows {
  readonly #now = new Map<string, number>();
  readonly #seen = new Map<string, readonly DatedDependency[]>();

  constructor(private readonly rows: WatchedKnownRows) {
    super(new Journals(rows));
  }

  override heard(clocks: readonly string[], now: readonly number[]): void {
    super.heard(clocks, now);
    clocks.forEach((clock, i) => this.#now.set(clock, now[i]!));
  }

  override saw(key: string, dependencies: readonly DatedDependency[]): void {
    super.saw(key, dependencies);
    this.#seen.set(key, dependencies);
  }

  fingerprint(): unknown {
    return [sorted(this.#now), sorted(this.#seen), this.rows.fingerprint()];
  }
}
