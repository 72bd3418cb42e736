import { faults } from './faults.js';
import { judge, type Judgement } from './judge.js';
import type { ReadRecord, WorkerRecord } from './messages.js';
import { above, type Quantiles, quantiles } from './quantiles.js';
import type { RoundRecord } from './round.js';
import { FIRST_REQUESTS } from './settings.js';

const MB = 1_048_576;

/** A line of the table. Durations in milliseconds. */
export interface Figures {
  readonly requests: number;
  /** Reads and writes that rejected, showed nothing or did not end: while the database is up there is no reason for any. */
  readonly failed: number;
  /** Those of them whose database was down. */
  readonly excused: number;
  readonly failure: string | undefined;
  /** The same reads without a cache, during the fault where the database is up. */
  readonly baseline: Quantiles;
  /** How much longer than those the first reads of the fault took, in the processes it meets, and the later ones. */
  readonly first: Quantiles;
  readonly later: Quantiles;
  readonly writes: number;
  readonly writeMs: Quantiles;
  readonly debtsMade: number;
  readonly debtsPaid: number;
  readonly debtsLost: number;
  /** Processes that owed something when the round ended. */
  readonly owing: number;
  readonly judgement: Judgement;
  readonly unhandled: readonly string[];
  readonly grownMb: number;
  readonly closeMs: number;
}

export function figuresOf(round: RoundRecord): Figures {
  const { fault, workers, faultAt, healedAt, rssBytes, closing } = round;
  const { meets, databaseUp } = faults[fault];
  const met = meets === 'all' ? workers : workers.slice(0, -1);
  const inFault = ({ begun, ended }: Timed) => ended >= faultAt && begun < healedAt;
  const first = met.flatMap(({ reads }) => reads.filter(inFault).slice(0, FIRST_REQUESTS));
  const later = met.flatMap(({ reads }) => reads.filter(inFault).slice(FIRST_REQUESTS));
  const uncached = met.flatMap((worker) =>
    worker.baseline.filter((read) => (databaseUp ? inFault(read) : read.ended < faultAt)),
  );
  const baseline = quantiles(uncached.map(durationOf));
  const all = workers.flatMap(requestsOf);
  const failures = all.filter(({ error }) => error !== undefined);
  const excused = databaseUp ? [] : failures.filter(inFault);
  const writes = met.flatMap((worker) => worker.writes.filter(inFault));
  const count = (name: string) => workers.flatMap(({ events }) => events.filter((event) => event.name === name)).length;
  return {
    requests: all.length,
    failed: failures.length - excused.length,
    excused: excused.length,
    failure: failures.find((request) => !excused.includes(request))?.error,
    baseline,
    first: above(quantiles(first.map(durationOf)), baseline),
    later: above(quantiles(later.map(durationOf)), baseline),
    writes: workers.flatMap((worker) => worker.writes.filter(inFault)).length,
    writeMs: quantiles(writes.map(durationOf)),
    debtsMade: count('debt:made'),
    debtsPaid: count('debt:paid'),
    debtsLost: count('debt:lost'),
    owing: workers.filter(owesAtTheEnd).length,
    judgement: judge(round),
    unhandled: [...workers.flatMap(({ unhandled }) => unhandled), ...closing.unhandled],
    grownMb: Math.max(...workers.map((worker, i) => (worker.rssBytes - rssBytes[i]!) / MB)),
    closeMs: closing.ms,
  };
}

interface Timed {
  readonly begun: number;
  readonly ended: number;
}

const durationOf = ({ begun, ended }: Timed): number => ended - begun;

interface Request extends Timed {
  readonly error: string | undefined;
}

function requestsOf({ reads, writes }: WorkerRecord): Request[] {
  return [
    ...reads.map((read) => ({ begun: read.begun, ended: read.ended, error: failureOf(read) })),
    ...writes.map(({ begun, ended, error }) => ({ begun, ended, error: error ?? unended(ended, 'write') })),
  ];
}

function failureOf({ ended, error, shown }: ReadRecord): string | undefined {
  return error ?? unended(ended, 'read') ?? (shown?.length ? undefined : 'a row that is there was not shown');
}

const unended = (ended: number, what: string) => (ended === Infinity ? `a ${what} never ended` : undefined);

/** There is one table, so a payment that is told pays all of it. */
function owesAtTheEnd({ events }: WorkerRecord): boolean {
  return events.findLast(({ name }) => name === 'debt:made' || name === 'debt:paid')?.name === 'debt:made';
}
