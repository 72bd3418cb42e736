import type { Counts, FromWorker, ReadRecord } from './messages.js';
import type { History } from './history.js';
import { Oracle, type Violation } from './oracle.js';
import { now } from './now.js';
import { Unheard } from './unheard.js';
import { workerOf } from './write-numbers.js';

/** How long word of a write may take to get here, in milliseconds. One that comes later makes the judgement milder, never wrong. */
const NEWS_MS = 1000;

/** Collects what the workers tell and judges each read once all that could excuse it is known. */
export class Judge {
  readonly violations: Violation[] = [];
  readonly errors: string[] = [];
  readonly counts: Counts = { hits: 0, misses: 0, joined: 0, storeFailures: 0 };
  readonly writes = { acknowledged: 0, failed: 0 };
  readonly unheard = new Unheard();
  /** When the first wrong read was found. */
  violatedAt = Infinity;
  reads = 0;
  #waiting: ReadRecord[] = [];

  constructor(
    private readonly oracle: Oracle,
    private readonly history: History,
    readonly mostUnheard: number,
    readonly nameOf: (worker: number) => string | undefined,
  ) {}

  get orphans(): number {
    return this.oracle.orphans;
  }

  get excused(): number {
    return this.oracle.excused;
  }

  /** Whoever is hardly ever heard is hardly ever judged. */
  get isSuspicious(): boolean {
    return (this.unheard.worst?.share ?? 0) > this.mostUnheard;
  }

  get isBroken(): boolean {
    return this.violations.length > 0 || this.errors.length > 0 || this.isSuspicious;
  }

  listen(message: FromWorker): void {
    switch (message.kind) {
      case 'begun':
        return this.oracle.begun(message.write, message.path, message.at);
      case 'settled':
        this.writes[message.outcome]++;
        if (message.outcome === 'acknowledged') this.unheard.count(this.#writerOf(message.write), message.unheard);
        return this.oracle.settled(message.write, message);
      case 'reads':
        this.#waiting.push(...message.reads);
        for (const name of Object.keys(this.counts) as (keyof Counts)[]) this.counts[name] += message.counts[name];
        return;
      case 'broken':
        this.errors.push(message.error);
        return;
      default:
    }
  }

  #writerOf(write: number): string {
    return this.nameOf(workerOf(write)) ?? 'nobody';
  }

  /** @param all nobody reads or writes any more */
  async judge(all = false): Promise<void> {
    const settled = all ? Infinity : now() - NEWS_MS;
    this.oracle.learn(await this.history.next());
    const ripe = this.#waiting.filter(({ ended }) => ended < settled);
    this.#waiting = this.#waiting.filter(({ ended }) => ended >= settled);
    for (const read of ripe) {
      const violation = this.oracle.check(read);
      if (violation) this.violations.push(violation);
    }
    this.reads += ripe.length;
    if (this.violations.length) this.violatedAt = Math.min(this.violatedAt, now());
  }
}
