import type { Counts, DebtCounts, FromWorker, ReadRecord } from './messages.js';
import type { History } from './history.js';
import { type Lateness, Oracle, type Violation } from './oracle.js';
import { now } from './now.js';
import { Unheard } from './unheard.js';
import { workerOf } from './write-numbers.js';

/** How long word of a write may take to get here, in milliseconds. One that comes later makes the judgement milder, never wrong. */
const NEWS_MS = 1000;

/** Collects what the workers tell and judges each read once all that could excuse it is known. */
export class Judge {
  readonly violations: Violation[] = [];
  readonly errors: string[] = [];
  readonly counts: Counts = { hits: 0, near: 0, unasked: 0, judged: 0, misses: 0, joined: 0, storeFailures: 0 };
  readonly writes = { acknowledged: 0, failed: 0 };
  readonly unheard = new Unheard();
  readonly #debts = new Map<number, DebtCounts>();
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

  /** Of all processes. */
  get debts(): DebtCounts {
    const sum = (count: keyof DebtCounts) =>
      [...this.#debts.values()].reduce((total, debts) => total + debts[count], 0);
    return { made: sum('made'), paid: sum('paid'), lost: sum('lost') };
  }

  get orphans(): number {
    return this.oracle.orphans;
  }

  get excused(): number {
    return this.oracle.excused;
  }

  get lateness(): Lateness {
    return this.oracle.lateness;
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
        if (message.outcome === 'acknowledged')
          this.unheard.count(this.#writerOf(message.write), message.owed !== undefined);
        return this.oracle.settled(message.write, message);
      case 'reads':
        this.#waiting.push(...message.reads);
        for (const name of Object.keys(this.counts) as (keyof Counts)[]) this.counts[name] += message.counts[name];
        return;
      case 'paid':
        return this.oracle.paid(message.worker, message.upTo, message.at);
      case 'debts':
        this.#debts.set(message.worker, message);
        if (message.isLast) this.#askForDebts(message.worker, message);
        return;
      case 'broken':
        this.errors.push(message.error);
        return;
      default:
    }
  }

  /** Whoever ends has paid what it owed, or has said that it is lost. */
  #askForDebts(worker: number, { made, paid, lost }: DebtCounts): void {
    const silent = made - paid - lost;
    if (silent)
      this.errors.push(`Worker ${worker} ended and never said what became of ${silent} of its ${made} debts.`);
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
