/** So many at a time; the others wait in the order they came. */
export class Limit {
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly most: number) {}

  /** The result is for going out again, once. */
  async enter(): Promise<() => void> {
    if (this.#inside < this.most) this.#inside++;
    // Whoever goes out leaves their place to the next.
    else await new Promise<void>((enter) => this.#waiting.push(enter));
    return () => {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inside--;
    };
  }
}
