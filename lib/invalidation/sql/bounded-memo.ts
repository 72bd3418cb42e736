/** Remembers the values of the last used keys. Long keys are not kept: they are seldom asked for again. */
export class BoundedMemo<V> {
  readonly #values = new Map<string, V>();

  constructor(
    private readonly most: number,
    private readonly longestKey: number,
  ) {}

  get(key: string): V | undefined {
    if (key.length > this.longestKey) return undefined;
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  set(key: string, value: V): void {
    if (key.length > this.longestKey) return;
    if (this.#values.size >= this.most) this.#values.delete(this.#values.keys().next().value!);
    this.#values.set(key, value);
  }

  get size(): number {
    return this.#values.size;
  }
}
