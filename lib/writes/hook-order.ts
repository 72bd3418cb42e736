/**
 * Lets the statements of one connection go on in the order they were called. TypeORM awaits the hooks before it sends a statement, so
 * a hook that waits for the store would let a ROLLBACK that nobody awaited overtake the UPDATE called before it, which then commits.
 */
export class HookOrder {
  readonly #last = new WeakMap<object, Promise<void>>();

  /** Runs the hook at once where no earlier one is still at work; settles after all earlier ones, and after this one. */
  async next(connection: object, hook: () => Promise<void>): Promise<void> {
    const earlier = this.#last.get(connection);
    // What is refused before it is sent holds nobody up.
    const turn = earlier ? earlier.then(hook, hook) : hook();
    this.#last.set(connection, turn);
    try {
      await turn;
    } finally {
      if (this.#last.get(connection) === turn) this.#last.delete(connection);
    }
  }
}
