let limits = 0;

/** So many at a time; the others wait in the order they came. */
export class Limit {
  readonly id = ++limits;
  #inside = 0;
  readonly #waiting = new Set<() => void>();

  constructor(
    private readonly most: number,
    /** Who has waited for so long, in milliseconds, goes in without a place. Default: nobody does. */
    private readonly patienceMs?: number,
  ) {}

  /** The result is for going out again; more than once it does nothing. */
  async enter(): Promise<() => void> {
    let hasPlace = this.#inside < this.most;
    if (hasPlace) this.#inside++;
    else hasPlace = await this.#place();
    return () => {
      if (hasPlace) this.#leave();
      hasPlace = false;
    };
  }

  /** Somebody's who goes out, or none. */
  #place(): Promise<boolean> {
    return new Promise((resolve) => {
      const enter = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const giveUp = () => {
        this.#waiting.delete(enter);
        resolve(false);
      };
      const timer = this.patienceMs === undefined ? undefined : setTimeout(giveUp, this.patienceMs);
      this.#waiting.add(enter);
    });
  }

  #leave(): void {
    const [next] = this.#waiting;
    if (!next) return void this.#inside--;
    this.#waiting.delete(next);
    next();
  }
}
