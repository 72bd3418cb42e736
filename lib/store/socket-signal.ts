/** Far more sockets than a cluster has nodes that are being reached at one moment. */
const NEWEST = 64;

/**
 * An abort signal for many sockets, one after the other: Node's never stop listening, also once they are closed, so an outage of hours
 * would leave thousands of them behind. Only the newest are told, among which are all that may still be under way.
 */
export class SocketSignal {
  readonly #listeners = new Set<() => void>();

  constructor(private readonly signal: AbortSignal) {
    const abort = () => {
      for (const listener of this.#listeners) listener();
      this.#listeners.clear();
    };
    signal.addEventListener('abort', abort, { once: true });
  }

  get aborted(): boolean {
    return this.signal.aborted;
  }

  get reason(): unknown {
    return this.signal.reason;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    const [oldest] = this.#listeners;
    if (this.#listeners.size >= NEWEST) this.#listeners.delete(oldest!);
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }

  /** How many would be told. */
  get size(): number {
    return this.#listeners.size;
  }
}
