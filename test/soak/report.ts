import type { HistoryRow, Violation, WriteTimes } from './oracle.js';
import type { Judge } from './judge.js';

/** Violations told in full. */
const TOLD = 3;

export interface Faults {
  readonly kills: number;
  readonly evictions: number;
}

export function report(judge: Judge, { kills, evictions }: Faults): string {
  const { hits, misses, joined, storeFailures } = judge.counts;
  const { acknowledged, failed, unheard } = judge.writes;
  const count = (kind: Violation['kind']) => judge.violations.filter((violation) => violation.kind === kind).length;
  return [
    `reads: ${judge.reads}`,
    `hit ratio: ${(hits / Math.max(hits + misses, 1)).toFixed(2)} (${joined} joined a load)`,
    `writes: ${acknowledged} acknowledged, ${failed} failed`,
    `kills: ${kills} (${judge.orphans} committed writes left behind)`,
    `evictions: ${evictions}`,
    `store failures: ${storeFailures} (${unheard} writes unheard)`,
    `stale reads: ${count('stale')}`,
    `dirty reads: ${count('dirty')}`,
    ...judge.errors.map((error) => `failed: ${error}`),
    ...judge.violations.slice(0, TOLD).map(tell),
  ].join('\n');
}

function tell({ kind, read, set, row, expected }: Violation): string {
  const shown = set.shown.find(([name]) => name === row);
  const seen = !shown ? 'absent' : shown[1] === null ? 'there' : `with stamp ${shown[1]}`;
  const since = (moment: number) => (Number.isFinite(moment) ? `${(moment - read.begun).toFixed(1)} ms` : 'never');
  const state = ({ stamp, present, path, write, begun, acknowledged }: HistoryRow & WriteTimes) =>
    `    ${present ? `stamp ${stamp}` : 'gone'} by ${path || 'the first insert'} (write ${write}), begun ${since(begun)}, to be seen from ${since(acknowledged)}`;
  return [
    `${kind}: ${read.what}, ${(read.ended - read.begun).toFixed(1)} ms long, showed row ${row} of ${set.table} ${seen}; times from its beginning:`,
    ...expected.slice(0, 5).map(state),
    `    all it showed: ${JSON.stringify(read.sets)}`,
  ].join('\n');
}
