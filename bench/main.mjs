// node bench/main.mjs [--seconds N] [--json FILE], with the servers in QSCACHE_BENCH_POSTGRES_URL and QSCACHE_BENCH_REDIS_URL.
import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { openCandidates } from './candidates/index.mjs';
import { describeMachine } from './machine.mjs';
import { measure } from './measure.mjs';
import { formatReport } from './report.mjs';
import { openServices } from './services.mjs';
import { shapes } from './shapes.mjs';
import { verify } from './verify.mjs';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '1.5' }, json: { type: 'string' } },
});
const seconds = Number(values.seconds);
if (!(seconds > 0)) throw new Error(`--seconds ${values.seconds} leaves no time to measure. Give a number above 0.`);

// Interrupted, it still drops its database and its keys.
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => interruption.abort(new Error(`interrupted by ${signal}`)));
}

const services = await openServices(process.env);
const candidates = [];
try {
  for await (const candidate of openCandidates(services)) candidates.push(candidate);
  await verify(candidates, shapes);
  const results = [];
  for (const shape of shapes) {
    console.log(`Measuring ${shape.name}...`);
    const figures = await measure(candidates, shape, { seconds, signal: interruption.signal });
    results.push({ shape: shape.name, figures });
  }
  const machine = await describeMachine(candidates[0].dataSource, services.redis);
  const command = ['npm run bench', ...(process.argv.length > 2 ? ['--'] : []), ...process.argv.slice(2)].join(' ');
  console.log(`\n${formatReport({ run: { command, ...machine }, results, candidates })}`);
  if (values.json) await writeFile(values.json, `${JSON.stringify({ command, ...machine, results }, null, 2)}\n`);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  for (const candidate of candidates.reverse()) await candidate.close();
  await services.close();
}
