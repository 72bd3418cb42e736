/** Characters of a text that costs more as a part of a script's reply than in a command of its own. */
const LONG = 8_192;
/** Texts of one read that cost less in one command beside the script than on their way through it. */
const MANY = 8;
/** Keys of long texts remembered. */
const MOST_LONG = 10_000;

/** Where the keys of one read are asked for, by their places in it. */
export interface EntryPlaces {
  /** Through the script. */
  readonly whole: readonly number[];
  /** Through the script as well: texts the reader has, which need only tell whether they still begin so. */
  readonly begun: readonly number[];
  /** In a command beside it. */
  readonly apart: readonly number[];
}

/** Which keys have long texts, as they were read or stored last. */
export class LongTexts {
  readonly #keys = new Set<string>();

  note(key: string, { length }: string): void {
    if (length <= LONG) return void this.#keys.delete(key);
    if (this.#keys.has(key)) return;
    if (this.#keys.size >= MOST_LONG) this.#keys.delete(this.#keys.values().next().value!);
    this.#keys.add(key);
  }

  has(key: string): boolean {
    return this.#keys.has(key);
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
    if (known[i] !== undefined) begun.push(i);
    else if (long.has(keys[i]!)) apart.push(i);
    else whole.push(i);
  }
  return whole.length > MANY ? { whole: [], begun, apart: [...whole, ...apart] } : { whole, begun, apart };
}
