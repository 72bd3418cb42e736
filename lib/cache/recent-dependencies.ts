import type { Dependency } from './dependency.js';

/** Entries remembered at once; a few hundred bytes each. */
const LIMIT = 10_000;

/** The same each time: what is asked with it is remembered by it. */
const NONE: readonly Dependency[] = [];

/**
 * Which rows the entries of recent reads showed, so that the next read of a key asks for their clocks together with the entry.
 * Only a guess: what it misses costs a second round trip, what it has too much a few bytes.
 */
export class RecentDependencies {
  readonly #byKey = new Map<string, readonly Dependency[]>();

  of(key: string): readonly Dependency[] {
    return this.#byKey.get(key) ?? NONE;
  }

  remember(key: string, dependencies: readonly Dependency[]): void {
    const rows = dependencies.filter((dependency) => dependency.rows?.length);
    this.#byKey.delete(key);
    if (!rows.length) return;
    this.#byKey.set(key, rows);
    if (this.#byKey.size > LIMIT) this.#byKey.delete(this.#byKey.keys().next().value!);
  }
}
