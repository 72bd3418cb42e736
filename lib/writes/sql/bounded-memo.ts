/**
 * Remembers the values of the keys used last, between `most` and twice as many of them. Long keys are not kept: they are seldom asked
 * for again. Two generations instead of an order of use, because a hit that moves its key costs more than all the rest of it.
 */
export class BoundedMemo<V> {
  #recent = new Map<string, V>();
  #older = new Map<string, V>();

  constructor(
    private readonly most: number,
    private readonly longestKey: number,
  ) {}

  get(key: string): V | undefined {
    if (key.length > this.longestKey) return undefined;
    const value = this.#recent.get(key);
    if (value !== undefined) return value;
    const older = this.#older.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: string, value: V): void {
    if (key.length > this.longestKey) return;
    if (this.#recent.size >= this.most) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(key, value);
  }
}
