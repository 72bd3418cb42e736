import type { HistoryRow, Violation, WriteTimes } from './oracle.js';
import type { Judge } from './judge.js';
import { workerOf } from './write-numbers.js';

/** Violations told in full. */
const TOLD = 3;

export interface Faults {
  readonly kills: number;
  readonly evictions: number;
  readonly migrations: number;
  readonly outages: ReadonlyMap<string, number>;
}

export function report(judge: Judge, { kills, evictions, migrations, outages }: Faults): string {
  const { hits, near, unasked, judged, misses, joined, storeFailures } = judge.counts;
  const { acknowledged, failed } = judge.writes;
  const { made, paid, lost } = judge.debts;
  const count = (kind: Violation['kind']) => judge.violations.filter((violation) => violation.kind === kind).length;
  return [
    `reads: ${judge.reads}`,
    `hit ratio: ${(hits / Math.max(hits + misses, 1)).toFixed(2)} (${joined} joined a load)`,
    `near: ${near} times a process had an entry in hand that was still stored`,
    `judged: ${judged} times journals found an entry true (${(judged / Math.max(hits, 1)).toFixed(2)} for each hit)`,
    `unasked: ${unasked} times it was shown without a question`,
    `writes: ${acknowledged} acknowledged, ${failed} failed`,
    `kills: ${kills} (${judge.orphans} committed writes left behind)`,
    `evictions: ${evictions}`,
    `migrations: ${migrations}`,
    `outages: ${[...outages].map(([outage, count]) => `${count} ${outage}`).join(', ') || 0}`,
    `store failures: ${storeFailures}`,
    `debts: ${made} made, ${paid} paid, ${lost} lost`,
    unheard(judge),
    ...late(judge),
    `stale reads: ${count('stale')}${writersMissed(judge)}`,
    `dirty reads: ${count('dirty')}`,
    ...judge.errors.map((error) => `failed: ${error}`),
    ...judge.violations.slice(0, TOLD).map(tell),
  ].join('\n');
}

function unheard({ unheard: { total, worst }, writes, excused, mostUnheard, isSuspicious }: Judge): string {
  const share = percent(total / Math.max(writes.acknowledged, 1));
  const most = worst ? `; at worst ${percent(worst.share)} of the ${worst.part}'s` : '';
  const verdict = isSuspicious
    ? `\nfailed: More than ${percent(mostUnheard)} of the ${worst?.part}'s writes went unheard, so nobody could be asked to know them. Look at its store failures.`
    : '';
  return `unheard writes: ${total} (${share}${most}), which excused ${excused} stale reads${verdict}`;
}

/** What was shown after another process had replaced it, within the time that is told. */
function late({ lateness: { mostMs, reads, worstMs } }: Judge): string[] {
  if (mostMs === 0) return [];
  return [
    `late reads: ${reads}, of what others had replaced at most ${Math.ceil(worstMs)} ms before; bound ${mostMs} ms`,
  ];
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

/** Whose writes the stale reads did not know. */
function writersMissed({ violations, nameOf }: Judge): string {
  const missed = new Map<string, number>();
  for (const { kind, expected } of violations) {
    if (kind !== 'stale' || !expected[0]) continue;
    const name = nameOf(workerOf(expected[0].write)) ?? 'nobody';
    missed.set(name, (missed.get(name) ?? 0) + 1);
  }
  const told = [...missed].map(([name, count]) => `${count} of the ${name}'s`).join(', ');
  return told && ` (did not know writes: ${told})`;
}

function tell({ kind, read, set, row, expected }: Violation): string {
  const shown = set.shown.find(([name]) => name === row);
  const seen = !shown ? 'absent' : shown[1] === null ? 'there' : `with stamp ${shown[1]}`;
  const since = (moment: number) => (Number.isFinite(moment) ? `${(moment - read.begun).toFixed(1)} ms` : 'never');
  const state = ({ stamp, present, path, write, begun, acknowledged }: HistoryRow & WriteTimes) =>
    `    ${present ? `stamp ${stamp}` : 'gone'} by ${path || 'the first insert'} (write ${write}), begun ${since(begun)}, to be seen from ${since(acknowledged)}`;
  return [
    `${kind}: ${read.what} in worker ${read.worker}, ${(read.ended - read.begun).toFixed(1)} ms long, showed row ${row} of ${set.table} ${seen}; times from its beginning:`,
    ...expected.slice(0, 5).map(state),
    `    all it showed: ${JSON.stringify(read.sets)}`,
  ].join('\n');
}
