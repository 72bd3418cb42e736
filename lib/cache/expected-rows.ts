import { type Dependency, nameOfClocks } from './dependency.js';

/** Entries, and lists of clocks, remembered at once; a few hundred bytes each. */
const LIMIT = 10_000;

/** How many questions in a row ask for rows' clocks beforehand, once they had to be asked for afterwards. */
const WORTH = 16;

interface Expected {
  readonly rows: readonly Dependency[];
  left: number;
}

/** What questions about the same clocks were told last. */
interface Told {
  now: readonly number[];
  /** Of questions that ask for the rows of every key. */
  left: number;
}

/**
 * Whose rows' clocks are asked for together with an entry. While no table has moved since an entry was loaded, none of its rows has,
 * and nobody need ask; once one has, it is for the clocks of its rows to say whether the entry is still true, and to ask for them at
 * once saves the second round trip. What is loaded needs them too, as soon as its tables move: without clocks of its rows, any write to
 * a table is one to them. Only a guess: what it misses costs that trip, or a load, what it has too much a few bytes.
 */
export class ExpectedRows {
  readonly #byKey = new Map<string, Expected>();
  readonly #byClocks = new Map<string, Told>();

  /** The rows an entry showed, where they had to be asked for lately. */
  of(key: string): readonly Dependency[] | undefined {
    const expected = this.#byKey.get(key);
    if (expected && --expected.left <= 0) this.#byKey.delete(key);
    return expected?.rows;
  }

  /**
   * Whether the next question asks for the rows of every key, as far as they are known before its entry is seen: where nobody knows
   * whether these tables move, and for a while after one did.
   */
  ofAll(clocks: readonly string[]): boolean {
    const told = this.#byClocks.get(nameOfClocks(clocks));
    if (!told) return true;
    if (told.left === 0) return false;
    told.left--;
    return true;
  }

  /** What the clocks show by now. */
  heard(clocks: readonly string[], now: readonly number[]): void {
    const told = this.#byClocks.get(nameOfClocks(clocks));
    if (!told) put(this.#byClocks, nameOfClocks(clocks), { now, left: 0 });
    else if (now.some((each, i) => each !== told.now[i])) {
      told.now = now;
      told.left = WORTH;
    }
  }

  /** The rows of an entry had to be asked for after it. */
  wereNeeded(clocks: readonly string[], key: string, dependencies: readonly Dependency[]): void {
    const told = this.#byClocks.get(nameOfClocks(clocks));
    if (told) told.left = WORTH;
    const rows = dependencies.filter((dependency) => dependency.rows?.length);
    this.#byKey.delete(key);
    if (rows.length) put(this.#byKey, key, { rows, left: WORTH });
  }
}

function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  if (map.size > LIMIT) map.delete(map.keys().next().value!);
}
