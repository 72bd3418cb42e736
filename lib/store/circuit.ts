import { StoreError } from '../errors.js';

/** What a store is asked for by a connection of its own, or in its own time. */
export type CircuitName = 'read' | 'hold' | 'advance';

/**
 * A circuit breaker around one kind of questions to a store. Open, it lets nobody wait: whoever asks is told at once that nobody asks,
 * and so is whoever waited when it opened. It does not close by itself: who has found that the store is back closes it.
 */
export class Circuit {
  #error: StoreError | undefined;
  #openedAt = 0;
  #closedAt = 0;
  #answeredAt = 0;
  readonly #waiting = new Set<(error: StoreError) => void>();

  constructor(
    readonly name: CircuitName,
    /** Whether a failure, of what was asked at that moment, says that the next one to ask would fail as well. */
    private readonly isTelling: (error: StoreError, circuit: Circuit, askedAt: number) => boolean,
    private readonly opened: (circuit: Circuit, error: StoreError) => void,
  ) {}

  get isOpen(): boolean {
    return this.#error !== undefined;
  }

  /** For how long it has been open, in milliseconds. */
  get openMs(): number {
    return this.#error ? performance.now() - this.#openedAt : 0;
  }

  /** Whether the store has answered anything since a moment, by `performance.now()`. */
  hasAnsweredSince(moment: number): boolean {
    return this.#answeredAt > moment;
  }

  /** @param failed told of a failure before who asked is. Default: nobody is. */
  through<T>(ask: () => Promise<T>, failed?: (error: unknown) => void): Promise<T> {
    if (this.#error) {
      failed?.(this.#error);
      return Promise.reject(this.#error);
    }
    const askedAt = performance.now();
    return new Promise((resolve, reject) => {
      const asked = ask();
      this.#waiting.add(reject);
      asked.then(
        (answer) => {
          this.#waiting.delete(reject);
          this.#answeredAt = performance.now();
          resolve(answer);
        },
        (error: unknown) => {
          this.#waiting.delete(reject);
          failed?.(error);
          reject(error as Error);
          // What was asked before the store was found to be back tells of the time before.
          if (askedAt < this.#closedAt) return;
          if (error instanceof StoreError && this.isTelling(error, this, askedAt)) this.#open(error);
        },
      );
    });
  }

  close(): void {
    this.#error = undefined;
    this.#closedAt = performance.now();
  }

  #open(failure: StoreError): void {
    if (this.#error) return;
    this.#openedAt = performance.now();
    this.#error = new StoreError(
      `The store is not asked until it is known to be back: it has failed a moment ago. ${failure.message}`,
      'not asked',
      { cause: failure },
    );
    this.opened(this, failure);
    for (const giveUp of this.#waiting) giveUp(this.#error);
    this.#waiting.clear();
  }
}
