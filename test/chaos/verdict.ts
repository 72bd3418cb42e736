import { candidates } from './candidates/names.js';
import type { Figures } from './figures.js';
import type { RoundRecord } from './round.js';
import { LONGEST_CLOSE_MS, MOST_EXTRA_MS } from './settings.js';

/** What ours promises and did not keep in this round; nothing is asked of others. */
export function missesOf({ fault, candidate }: Pick<RoundRecord, 'fault' | 'candidate'>, figures: Figures): string[] {
  if (candidates[candidate].family !== 'ours') return [];
  const { failed, failure, judgement, unhandled, closeMs, later } = figures;
  const { before, healed } = judgement;
  const stale = healed.own + healed.others;
  const misses: string[] = [];
  if (failed) misses.push(`${failed} requests failed while the database was up: ${failure}`);
  if (before.own + before.others) misses.push(`${before.own + before.others} stale reads before the fault`);
  if (stale)
    misses.push(`${stale} stale reads after the healing (${healed.own} of what the process had written itself)`);
  if (unhandled.length) misses.push(`${unhandled.length} unhandled rejections: ${unhandled[0]}`);
  if (!(closeMs <= LONGEST_CLOSE_MS))
    misses.push(`closing took ${closeMs.toFixed(0)} ms, and may take ${LONGEST_CLOSE_MS}`);
  if (fault === 'black-hole') {
    if (Number.isNaN(later.p99))
      misses.push('reads took so long that there were no later ones, and may take no longer than without a cache');
    else if (later.p99 > MOST_EXTRA_MS)
      misses.push(
        `later reads took ${later.p99.toFixed(1)} ms more than without a cache (p99), and may take ${MOST_EXTRA_MS}`,
      );
  }
  return misses;
}
