import { setImmediate as breathe } from 'node:timers/promises';
import { now } from './now.js';
import type { Random } from './random.js';
import type { ReadLog } from './read-log.js';
import { randomRead, type Readers } from './reads.js';

/** One read after the other. A read that rejects ends the soak: the cache is never in the way. */
export class ReadLoop {
  stopped = false;

  constructor(
    private readonly readers: Readers,
    private readonly random: Random,
    private readonly log: ReadLog,
  ) {}

  async run(): Promise<void> {
    while (!this.stopped) {
      const [what, read] = randomRead(this.readers, this.random);
      const begun = now();
      const sets = await read();
      this.log.add({ what, begun, ended: now(), sets });
      // A run of hits alone would never let a timer fire.
      await breathe();
    }
  }
}
