/** How many reads there were of each kind, and how many of them were hits. */
export class Tally {
  #counts = { detail: { hits: 0, reads: 0 }, list: { hits: 0, reads: 0 } };

  add(kind, isHit) {
    const count = this.#counts[kind];
    count.reads++;
    if (isHit) count.hits++;
  }

  get details() {
    return this.#counts.detail;
  }

  get lists() {
    return this.#counts.list;
  }

  get all() {
    const { details, lists } = this;
    return { hits: details.hits + lists.hits, reads: details.reads + lists.reads };
  }

  toJSON() {
    const { all, details, lists } = this;
    return { all, details, lists };
  }
}
