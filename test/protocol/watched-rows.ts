import { type Dependency, nameOfClocks } from '../../lib/cache/dependency.js';
import { ExpectedRows } from '../../lib/cache/expected-rows.js';
import { sorted } from './sorted.js';

/** Says what a process has come to expect. No run is long enough for it to expect anything no more. */
export class WatchedExpectedRows extends ExpectedRows {
  readonly #now = new Map<string, string>();
  readonly #moving = new Set<string>();
  readonly #needed = new Map<string, readonly Dependency[]>();

  override heard(clocks: readonly string[], now: readonly number[]): void {
    super.heard(clocks, now);
    const name = nameOfClocks(clocks);
    if (this.#now.has(name) && this.#now.get(name) !== now.join()) this.#moving.add(name);
    this.#now.set(name, now.join());
  }

  override wereNeeded(clocks: readonly string[], key: string, dependencies: readonly Dependency[]): void {
    super.wereNeeded(clocks, key, dependencies);
    this.#moving.add(nameOfClocks(clocks));
    this.#needed.set(
      key,
      dependencies.map(({ clock, rows }) => ({ clock, ...(rows && { rows }) })),
    );
  }

  fingerprint(): unknown {
    return [sorted(this.#now), sorted(this.#moving), sorted(this.#needed)];
  }
}
