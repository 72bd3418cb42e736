import { IDEAL, OURS } from './names.mjs';

/** Of the hits an ideal cache has, the share that ours is to have. */
const TARGET = 0.95;

/** A scenario's figures with the share of the ideal's hits that ours has, and whether that is enough. */
export function judged({ name, about }, { tallies, writes, needless }) {
  const share = tallies[OURS].all.hits / tallies[IDEAL].all.hits;
  const lost = [...needless].sort(([, one], [, other]) => other - one).map(([to, hits]) => ({ to, hits }));
  return { name, about, writes, tallies, share, target: TARGET, passes: share >= TARGET, lost };
}

/** What our misses were lost to that the ideal cache does not have. */
export function lossesOf({ lost }) {
  return lost.map(({ to, hits }) => `${String(hits).padStart(8)}  ${to}`).join('\n');
}

/** For a terminal: see `tableAsText`. */
export function tableOf({ name, about, tallies, writes }) {
  const { reads } = tallies[OURS].all;
  return {
    title: name,
    note: `${about}\n${reads} reads, ${writes} writes`,
    columns: ['all', 'details', 'lists', "of the ideal's"],
    rows: Object.entries(tallies).map(([cache, { all, details, lists }]) => [
      cache,
      ...[all, details, lists].map(percent),
      (all.hits / tallies[IDEAL].all.hits).toFixed(2),
    ]),
  };
}

/** What is left to do. */
export function tableOfShares(results) {
  const passed = results.filter(({ passes }) => passes);
  return {
    title: "Hits of the ideal cache's",
    note: `${passed.length} of ${results.length} pass. One that fails does not fail the command: it says what is left to do.`,
    columns: ['share', 'target', 'result'],
    rows: results.map(({ name, share, target, passes }) => [
      name,
      share.toFixed(2),
      `at least ${target}`,
      passes ? 'pass' : 'FAIL',
    ]),
  };
}

const percent = ({ hits, reads }) => (reads === 0 ? '-' : `${((100 * hits) / reads).toFixed(1)} %`);
