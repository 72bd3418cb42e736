/** Fewer writes than that say little. */
const ENOUGH = 30;

/** Per part of the cast how many of its acknowledged writes went unheard. */
export class Unheard {
  readonly #writes = new Map<string, { acknowledged: number; unheard: number }>();

  count(part: string, unheard: boolean): void {
    const writes = this.#writes.get(part) ?? { acknowledged: 0, unheard: 0 };
    this.#writes.set(part, writes);
    writes.acknowledged++;
    if (unheard) writes.unheard++;
  }

  get total(): number {
    return [...this.#writes.values()].reduce((sum, { unheard }) => sum + unheard, 0);
  }

  /** Who was heard the least, and the share of the writes that nobody heard. */
  get worst(): { readonly part: string; readonly share: number } | undefined {
    return [...this.#writes]
      .filter(([, { acknowledged }]) => acknowledged >= ENOUGH)
      .map(([part, { acknowledged, unheard }]) => ({ part, share: unheard / acknowledged }))
      .sort((a, b) => b.share - a.share)[0];
  }
}
