import type { Standing } from './cache-store.js';

/**
 * How long a standing lasts, in milliseconds since its read was sent, whatever is heard or not: a change that nobody tells, by a line
 * that is silent or a key whose time is over, costs no more. By a monotonic clock, so that a process that was busy counts its absence.
 */
export const STANDING_MS = 1_000;

/** Which answers still stand, by the keys of the server that they were made of. What ended is forgotten: no more is kept than was read within that time. */
export class Standings {
  readonly #byKey = new Map<string, Set<Begun>>();
  /** In the order in which they began, so in that in which their time is over. */
  readonly #all = new Set<Begun>();

  /** @param now milliseconds of a monotonic clock */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** How many are remembered. */
  get size(): number {
    return this.#all.size;
  }

  /** Before the read of these keys is sent: what is told of them from now on may be later than its answer. */
  begin(keys: readonly string[]): Standing {
    this.forget();
    const standing = new Begun(keys, this.now() + STANDING_MS, this.now);
    this.#all.add(standing);
    for (const key of keys) {
      const standings = this.#byKey.get(key);
      if (standings) standings.add(standing);
      else this.#byKey.set(key, new Set([standing]));
    }
    return standing;
  }

  /** That key has changed. */
  end(key: string): void {
    for (const standing of this.#byKey.get(key) ?? []) this.#end(standing);
  }

  /** Anything may have changed. */
  endAll(): void {
    for (const standing of this.#all) standing.end();
    this.#all.clear();
    this.#byKey.clear();
  }

  /** Those whose time is over. */
  forget(): void {
    for (const standing of this.#all) {
      if (standing.isStanding) return;
      this.#end(standing);
    }
  }

  #end(standing: Begun): void {
    this.#all.delete(standing);
    for (const key of standing.keys) {
      const standings = this.#byKey.get(key);
      if (standings?.delete(standing) && standings.size === 0) this.#byKey.delete(key);
    }
    standing.end();
  }
}

class Begun implements Standing {
  #isEnded = false;

  constructor(
    public keys: readonly string[],
    private readonly until: number,
    private readonly now: () => number,
  ) {}

  get isStanding(): boolean {
    return !this.#isEnded && this.now() < this.until;
  }

  end(): void {
    this.#isEnded = true;
    // Who was given it may keep it for long.
    this.keys = [];
  }
}
