/** Characters of a text from which on the server is asked whether it still begins as the reader's does, and not for all of it. */
const LONG = 2_048;
/** Characters of a text that costs more as a part of a script's reply than in a command of its own. */
const VERY_LONG = 8_192;
/** Texts of one read that cost less in one command beside the script than on their way through it. */
const MANY = 8;
/** Keys of such texts remembered. */
const MOST_LONG = 10_000;

/** Where the keys of one read are asked for, by their places in it. */
export interface EntryPlaces {
  /** Through the script. */
  readonly whole: readonly number[];
  /** Through the script as well: texts the reader has, which need only tell how they begin. */
  readonly begun: readonly number[];
  /** In a command beside it. */
  readonly apart: readonly number[];
}

/** How long the texts of keys are, as they were read or stored last; of short ones nothing is remembered. */
export class LongTexts {
  readonly #lengths = new Map<string, number>();

  note(key: string, { length }: string): void {
    if (length <= LONG) return void this.#lengths.delete(key);
    if (!this.#lengths.has(key) && this.#lengths.size >= MOST_LONG) {
      this.#lengths.delete(this.#lengths.keys().next().value!);
    }
    this.#lengths.set(key, length);
  }

  of(key: string): number {
    return this.#lengths.get(key) ?? 0;
  }
}

/** @param known of what text the reader has how it begins */
export function placesOf(
  keys: readonly string[],
  known: readonly (string | undefined)[],
  long: LongTexts,
): EntryPlaces {
  const [whole, begun, apart]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < keys.length; i++) {
    const length = long.of(keys[i]!);
    if (length === 0) whole.push(i);
    else if (known[i] !== undefined) begun.push(i);
    else if (length <= VERY_LONG) whole.push(i);
    else apart.push(i);
  }
  return whole.length > MANY ? { whole: [], begun, apart: [...whole, ...apart] } : { whole, begun, apart };
}
