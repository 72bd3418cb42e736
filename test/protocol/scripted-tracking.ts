import type { Standing } from '../../lib/store/cache-store.js';
import { Standings } from '../../lib/store/standings.js';
import type { Step } from './explore.js';
import { time } from './scripted-time.js';
import { sorted } from './sorted.js';

/** Of all keys at once. */
export const EVERYTHING = '*';

/** How a process that is told of changes may be broken. */
export type TrackingFault =
  /** A standing begins when the answer is there, in place of before it is asked for. */
  | 'begun late'
  /** One is given whatever holds are in sight. */
  | 'blind to holds'
  /** What the process has written itself ends nothing before it is told. */
  | 'deaf to itself';

/** A standing, as moments are compared by it. */
interface Given extends Standing {
  readonly keys: readonly string[];
}

/** What one process is told of changes: each message may arrive at any later step, and stays in the order of its key's first change. */
export class ScriptedTracking {
  readonly #standings = new Standings(() => time.now);
  readonly #given = new Set<Given>();
  readonly #asked = new Set<Given>();
  /** Keys of changes that are not told yet, and whether all of them were this process's own. */
  readonly #untold = new Map<string, boolean>();

  constructor(
    private readonly name: string,
    readonly fault: TrackingFault | undefined,
  ) {}

  begin(keys: readonly string[]): Given {
    const standing = this.#standings.begin(keys);
    const given: Given = {
      keys,
      // Of its own, so that it is part of what moments are compared by.
      get isStanding() {
        return standing.isStanding;
      },
    };
    this.#given.add(given);
    this.#asked.add(given);
    return given;
  }

  /** @param isGood whether it is handed to who asked */
  answered(given: Given, isGood: boolean): void {
    this.#asked.delete(given);
    if (!isGood) this.#given.delete(given);
  }

  /** A change that nothing stands on tells nobody anything. */
  changed(key: string, isOwn: boolean): void {
    for (const given of this.#given) if (!given.isStanding) this.#given.delete(given);
    if (![...this.#given].some(({ keys }) => key === EVERYTHING || keys.includes(key))) return;
    this.#untold.set(key, isOwn && (this.#untold.get(key) ?? true));
  }

  /** What its process has written, once that is acknowledged. */
  hasWritten(keys: readonly string[]): void {
    if (this.fault !== 'deaf to itself') for (const key of keys) this.#standings.end(key);
  }

  /** Whether somebody else has changed what it stands on, and it was not told. */
  isUntold({ keys }: Given): boolean {
    return [...keys, EVERYTHING].some((key) => this.#untold.get(key) === false);
  }

  hearAll(): void {
    for (const key of this.#untold.keys()) this.#hear(key);
  }

  endAll(): void {
    this.#untold.clear();
    this.#standings.endAll();
  }

  steps(): readonly Step[] {
    const [key] = this.#untold.keys();
    return key === undefined ? [] : [{ label: `${this.name} is told of ${key}`, take: () => this.#hear(key) }];
  }

  fingerprint(): unknown {
    return [sorted(this.#asked), [...this.#untold]];
  }

  #hear(key: string): void {
    this.#untold.delete(key);
    if (key === EVERYTHING) this.#standings.endAll();
    else this.#standings.end(key);
  }
}
