import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './now.js';
import type { ScrollCacheManager } from './managers.js';
import type { Random } from './random.js';
import type { ReadLog } from './read-log.js';
import { randomRead, type Readers } from './reads.js';

const READS = 3000;

/** Now and then thousands of reads at once, as when a page is linked to, or an entry of several MB: whatever stands behind them waits. */
export class BurstLoop {
  stopped = false;

  constructor(
    private readonly readers: Readers,
    private readonly scrolls: ScrollCacheManager,
    private readonly random: Random,
    private readonly log: ReadLog,
  ) {}

  async run(): Promise<void> {
    while (!this.stopped) {
      await sleep(this.random.between(200, 1200));
      // Their entry lives for a second only, so that it is mostly filled anew.
      if (this.random.chance(0.5)) await this.scrolls.all();
      else await Promise.all(Array.from({ length: READS }, () => this.#read()));
    }
  }

  async #read(): Promise<void> {
    const [what, read] = randomRead(this.readers, this.random);
    const begun = now();
    const sets = await read();
    this.log.add({ what, begun, ended: now(), sets });
  }
}
