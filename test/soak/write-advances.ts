import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * What became of the advances of one write. It is unheard when an event said that an advance failed, no later attempt went
 * through, and no hold blocks in its place: documented, and not the soak's subject. An advance given up without a word excuses nothing.
 */
export class WriteAdvances {
  readonly #underWay = new Set<string>();
  readonly #failed = new Set<string>();

  get unheard(): boolean {
    return this.#failed.size > 0;
  }

  advancing(advance: string): void {
    this.#underWay.add(advance);
  }

  advanced(advance: string): void {
    this.#underWay.delete(advance);
    this.#failed.delete(advance);
  }

  /** An event said so: of whatever is under way, for events do not name writes. */
  saidToHaveFailed(isHeld: (advance: string) => boolean): void {
    for (const advance of this.#underWay) if (!isHeld(advance)) this.#failed.add(advance);
  }
}

export const currentWrite = new AsyncLocalStorage<WriteAdvances>();
