// node bench/main.mjs [--seconds N] [--only SECTION] [--json FILE] [--write], with the servers in QSCACHE_BENCH_POSTGRES_URL and
// QSCACHE_BENCH_REDIS_URL.
import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { chart } from './chart.mjs';
import { describeMachine } from './machine.mjs';
import { formatResults } from './results.mjs';
import { sections } from './sections/index.mjs';
import { openDataSource, openServices } from './services.mjs';
import { tableAsText } from './table.mjs';
import { judge, tableOfTargets } from './targets.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '1.5' },
    only: { type: 'string' },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
if (!(seconds > 0)) throw new Error(`--seconds ${values.seconds} leaves no time to measure. Give a number above 0.`);
const chosen = sections.filter(({ name }) => values.only === undefined || name === values.only);
if (chosen.length === 0) {
  const known = sections.map(({ name }) => name).join(', ');
  throw new Error(`--only ${values.only} is no section, so there is nothing to measure. Give one of ${known}.`);
}
if (values.write && values.only !== undefined) {
  throw new Error('--write replaces the results of a full run, and --only leaves most of one out. Give one of them.');
}

// Interrupted, it still drops its database and its keys.
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => interruption.abort(new Error(`interrupted by ${signal}`)));
}

const services = await openServices(process.env);
try {
  if (values.write && !(services.redis && services.database.url)) {
    throw new Error(
      '--write keeps the results of a full run, and a server is missing. Start PostgreSQL and Redis, or leave it out.',
    );
  }
  const command = ['npm run bench', ...(process.argv.length > 2 ? ['--'] : []), ...process.argv.slice(2)].join(' ');
  const run = { command, date: new Date().toISOString().slice(0, 10), ...(await machine()) };
  const results = {};
  const tables = [];
  for (const { name, needsRedis, measure } of chosen) {
    if (needsRedis && !services.redis) {
      console.log(`Without ${name}, because there is no Redis.`);
      continue;
    }
    console.log(`Measuring ${name}...`);
    const { figures, table } = await measure({ services, seconds, signal: interruption.signal });
    results[name] = figures;
    tables.push(table);
  }
  const judged = judge(results);
  tables.push(tableOfTargets(judged));

  const lines = Object.entries(run).map(([what, is]) => `${what.padEnd(9)} ${is}`);
  console.log(`\n${[lines.join('\n'), ...tables.map(tableAsText)].join('\n\n')}\n`);
  if (values.json) await writeFile(values.json, `${JSON.stringify({ ...run, results, targets: judged }, null, 2)}\n`);
  if (values.write) {
    await writeFile(new URL('RESULTS.md', import.meta.url), formatResults({ run, tables }));
    await writeFile(new URL('results.svg', import.meta.url), chart(results));
  }
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await services.close();
}

async function machine() {
  const { dataSource } = await openDataSource(services);
  try {
    return await describeMachine(dataSource, services.redis);
  } finally {
    await dataSource.destroy();
  }
}
