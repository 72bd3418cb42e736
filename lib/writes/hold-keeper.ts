import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Renews the holds of living writers, so that only a dead one's reaches its deadline, however long a statement or a COMMIT takes. One
 * clock goes for all of them: a hold that stands when it strikes is renewed.
 */
export class HoldKeeper<H> {
  /** With the renewal under way, where there is one. */
  readonly #kept = new Map<H, Promise<unknown> | undefined>();
  #isRunning = false;
  #isClosed = false;

  constructor(
    private readonly intervalMs: number,
    /** Never rejects. */
    private readonly renew: (hold: H) => Promise<unknown>,
  ) {}

  keep(hold: H): void {
    this.#kept.set(hold, undefined);
    if (!this.#isRunning && !this.#isClosed) void this.#run();
  }

  /** Once this resolves no renewal is under way or will be: one that came after the hold was settled would leave an orphan. */
  async drop(hold: H): Promise<void> {
    const renewal = this.#kept.get(hold);
    this.#kept.delete(hold);
    await renewal;
  }

  /** What stands is left to its deadline; a renewal under way is still waited for by whoever settles its hold. */
  close(): void {
    this.#isClosed = true;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#kept.size > 0 && !this.#isClosed) {
      await sleep(this.intervalMs, undefined, { ref: false });
      if (this.#isClosed) return;
      for (const [hold, renewal] of this.#kept) if (!renewal) this.#renew(hold);
    }
    this.#isRunning = false;
  }

  #renew(hold: H): void {
    const renewal = this.renew(hold).then(() => {
      if (this.#kept.has(hold)) this.#kept.set(hold, undefined);
    });
    this.#kept.set(hold, renewal);
  }
}
