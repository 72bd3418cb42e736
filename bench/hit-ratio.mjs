// node bench/hit-ratio.mjs [--scenario NAME] [--operations N] [--seed N] [--json]: how many reads of several loads are hits, beside other kinds of
// caches. Same operations, same order, one run; every read is compared with what was written.
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { judged, lossesOf, tableOf, tableOfShares } from './hit-ratio/harness/report.mjs';
import { runScenario } from './hit-ratio/harness/run.mjs';
import { scenarios } from './hit-ratio/index.mjs';
import { tableAsText } from './table.mjs';

const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    operations: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const operations = Number(values.operations);
if (!(Number.isSafeInteger(operations) && operations > 0)) {
  throw new Error(`--operations ${values.operations} leaves nothing to count. Give a whole number above 0.`);
}
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed)) {
  throw new Error(
    `--seed ${values.seed} cannot be given again, so the run could not be repeated. Give a whole number.`,
  );
}
const chosen = scenarios.filter(({ name }) => values.scenario === undefined || name === values.scenario);
if (chosen.length === 0) {
  const known = scenarios.map(({ name }) => name).join(', ');
  throw new Error(`--scenario ${values.scenario} is none, so there is nothing to count. Give one of ${known}.`);
}

// In the JSON all is told at the end, and nothing else is.
const tell = (text) => values.json || console.log(`${text}\n`);
tell(`${operations} operations per scenario, seed ${seed}. Hits of all reads, of details and of lists:`);
const results = [];
for (const scenario of chosen) {
  const result = judged(scenario, await runScenario(scenario, { operations, seed }));
  results.push(result);
  tell(tableAsText(tableOf(result)));
  if (result.lost.length)
    tell(`Hits of the ideal cache that ours has not, by what they were lost to:\n${lossesOf(result)}`);
}
tell(tableAsText(tableOfShares(results)));
if (values.json) console.log(JSON.stringify({ operations, seed, scenarios: results }, undefined, 2));
