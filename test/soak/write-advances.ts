import { AsyncLocalStorage } from 'node:async_hooks';

/** Stands for a debt that nobody will pay: an advance failed, and no event says that it is owed. */
export const NEVER_PAID = Number.MAX_SAFE_INTEGER;

/**
 * What became of the advances of one write. It is unheard when an event said that an advance failed, no later attempt went
 * through, and no hold blocks in its place. Then its process owes it to the store, which excuses the reads of others until it is paid. An
 * advance given up without a word excuses nothing.
 */
export class WriteAdvances {
  readonly #underWay = new Set<string>();
  /** The debt that each of those that failed has left. */
  readonly #failed = new Map<string, number>();

  /** The last debt it left; `undefined` for a write that was heard. */
  get owed(): number | undefined {
    return this.#failed.size ? Math.max(...this.#failed.values()) : undefined;
  }

  advancing(advance: string): void {
    this.#underWay.add(advance);
  }

  advanced(advance: string): void {
    this.#underWay.delete(advance);
    this.#failed.delete(advance);
  }

  /** An event said so: of whatever is under way, for events do not name writes. */
  saidToBeOwed(debt: number, isHeld: (advance: string) => boolean): void {
    for (const advance of this.#underWay) if (!isHeld(advance)) this.#failed.set(advance, debt);
  }

  /** Follows what was said to be owed, if anything was. */
  saidToHaveFailed(isHeld: (advance: string) => boolean): void {
    for (const advance of this.#underWay)
      if (!isHeld(advance) && !this.#failed.has(advance)) this.#failed.set(advance, NEVER_PAID);
  }
}

export const currentWrite = new AsyncLocalStorage<WriteAdvances>();
