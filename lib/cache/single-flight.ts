/**
 * One load at a time per name. A name carries the key, the query and the as-of: two readers whose as-of differ have a write
 * between them, and the later one must not get the earlier one's load.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>();

  /** The load under way, to join. */
  current(name: string): Promise<T> | undefined {
    return this.#flights.get(name);
  }

  /**
   * Announces a load others may join until `landed` settles: until its result is stored, so that nobody arriving between load
   * and store loads again.
   */
  lead(name: string, flight: Promise<T>, landed: Promise<unknown>): void {
    this.#flights.set(name, flight);
    const end = () => this.#flights.delete(name);
    landed.then(end, end);
    // A failure belongs to whoever awaits the flight; if nobody joined, the leader does.
    flight.catch(() => {});
  }
}
