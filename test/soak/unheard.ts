/** Fewer writes than that say little of a process. */
const ENOUGH = 30;

/** Per process how many of its acknowledged writes went unheard. */
export class Unheard {
  readonly #writes = new Map<number, { acknowledged: number; unheard: number }>();

  count(worker: number, unheard: boolean): void {
    const writes = this.#writes.get(worker) ?? { acknowledged: 0, unheard: 0 };
    this.#writes.set(worker, writes);
    writes.acknowledged++;
    if (unheard) writes.unheard++;
  }

  get total(): number {
    return [...this.#writes.values()].reduce((sum, { unheard }) => sum + unheard, 0);
  }

  /** The process that was heard the least, and the share of its writes that nobody heard. */
  get worst(): { readonly worker: number; readonly share: number } | undefined {
    return [...this.#writes]
      .filter(([, { acknowledged }]) => acknowledged >= ENOUGH)
      .map(([worker, { acknowledged, unheard }]) => ({ worker, share: unheard / acknowledged }))
      .sort((a, b) => b.share - a.share)[0];
  }
}
