import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Renews the holds of living writers, so that only a dead one's reaches its deadline, however long a statement or a COMMIT takes. One
 * clock goes for all of them: a hold that stands when it strikes is renewed.
 */
export class HoldKeeper<H> {
  /** With what was asked for it and not answered yet, where there is that. */
  readonly #kept = new Map<H, Promise<unknown> | undefined>();
  #isRunning = false;
  #isClosed = false;

  constructor(
    private readonly intervalMs: number,
    /** Never rejects. */
    private readonly renew: (hold: H) => Promise<unknown>,
  ) {}

  /** @param asked for it, and not answered yet. Never rejects. */
  keep(hold: H, asked: Promise<unknown>): void {
    this.#await(hold, asked);
    if (!this.#isRunning && !this.#isClosed) void this.#run();
  }

  /** Once this resolves nothing is asked for it any more: what came after the hold was settled would leave an orphan. */
  async drop(hold: H): Promise<void> {
    const asked = this.#kept.get(hold);
    this.#kept.delete(hold);
    await asked;
  }

  /** What stands is left to its deadline; what is asked for is still waited for by whoever settles it. */
  close(): void {
    this.#isClosed = true;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#kept.size > 0 && !this.#isClosed) {
      await sleep(this.intervalMs, undefined, { ref: false });
      if (this.#isClosed) return;
      for (const [hold, asked] of this.#kept) if (!asked) this.#await(hold, this.renew(hold));
    }
    this.#isRunning = false;
  }

  #await(hold: H, asked: Promise<unknown>): void {
    const answered = asked.then(() => {
      if (this.#kept.has(hold)) this.#kept.set(hold, undefined);
    });
    this.#kept.set(hold, answered);
  }
}
