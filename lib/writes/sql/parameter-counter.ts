/** Which place in the parameters array a placeholder takes, counted as drivers count. */
export class ParameterCounter {
  #last = -1;
  #lost = false;
  readonly #named = new Set<string>();

  next(): number | undefined {
    this.#last++;
    return this.#lost ? undefined : this.#last;
  }

  numbered(place: number): number {
    this.#last = Math.max(this.#last, place);
    return place;
  }

  /** A name takes the next place at its first use. */
  named(name: string): void {
    if (!this.#named.has(name)) this.#last++;
    this.#named.add(name);
  }

  /** The driver may count otherwise from here on, so no later place can be told. */
  lose(): void {
    this.#lost = true;
  }
}
