/** Characters of a text that costs more as a part of a script's reply than in a command of its own. */
const LONG = 8_192;
/** Keys of such texts remembered. */
const MOST_LONG = 10_000;

/** Where the keys of one read are asked for, by their places in it. */
export interface EntryPlaces {
  /** Through the script: the `short` ones first, then long ones that the reader has, which need only tell how they begin. */
  readonly inScript: readonly number[];
  /** How many of those are short, as far as is known. */
  readonly short: number;
  /** In a command beside it: long ones that the reader lacks. */
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

  /** @param known of what text the reader has how it begins */
  places(keys: readonly string[], known: readonly (string | undefined)[]): EntryPlaces {
    const [short, long, apart]: [number[], number[], number[]] = [[], [], []];
    for (let i = 0; i < keys.length; i++) {
      if (!this.#keys.has(keys[i]!)) short.push(i);
      else if (known[i] === undefined) apart.push(i);
      else long.push(i);
    }
    return { inScript: long.length > 0 ? [...short, ...long] : short, short: short.length, apart };
  }
}
