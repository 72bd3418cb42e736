// node bench/http/main.mjs [--seconds N], with the servers in QSCACHE_BENCH_POSTGRES_URL and QSCACHE_BENCH_REDIS_URL: what a cache makes
// of requests to a Nest application on Express. This process sends them; each application has processes of its own.
import autocannon from 'autocannon';
import assert from 'node:assert/strict';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine } from '../machine.mjs';
import { mustNotAsk } from '../measure.mjs';
import { openDataSource, openServices } from '../services.mjs';
import { tableAsText } from '../table.mjs';

const CONNECTIONS = 32;
const WARM_UP_SECONDS = 1;
const ROUTES = { 'list 100': 'list', detail: 'detail' };
const VARIANTS = [
  { variant: 'uncached', name: 'uncached' },
  { variant: 'interceptor', name: "Nest's CacheInterceptor", cached: true },
  { variant: 'nearOff', name: 'qscache, near off', cached: true },
  { variant: 'near', name: 'qscache, near', cached: true },
  { variant: 'tracking', name: 'qscache, near, tracking', cached: true },
];

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '3' } } });
const seconds = Number(values.seconds);
if (!(seconds >= 1)) throw new Error(`--seconds ${values.seconds} leaves no time to measure. Give 1 or more.`);

// Interrupted, it still ends its servers and drops its database and its keys.
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => interruption.abort(new Error(`interrupted by ${signal}`)));
}

cluster.setupPrimary({ exec: fileURLToPath(new URL('server.mjs', import.meta.url)) });
const services = await openServices(process.env);
try {
  if (!services.redis || !services.database.url) {
    throw new Error('A server is missing, so there is nothing to compare. Start PostgreSQL and Redis.');
  }
  const { dataSource } = await openDataSource(services);
  const run = await describeMachine(dataSource, services.redis);
  await dataSource.destroy();
  const rows = [];
  const expected = {};
  for (const processes of [1, 2]) {
    for (const candidate of VARIANTS) {
      console.log(`Measuring ${candidate.name}, ${inWords(processes)}...`);
      const cells = await measure(candidate, processes, expected);
      rows.push([`${candidate.name}, ${inWords(processes)}`, ...cells]);
    }
  }
  const table = {
    title: `${CONNECTIONS} connections`,
    note: 'Requests per second and the 99th percentile of their milliseconds. Who sends them works on the same processors.',
    columns: Object.keys(ROUTES).flatMap((route) => [route, 'p99']),
    rows,
  };
  const lines = Object.entries(run).map(([what, is]) => `${what.padEnd(9)} ${is}`);
  console.log(`\n${lines.join('\n')}\n\n${tableAsText(table)}\n`);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await services.close();
}

async function measure(candidate, processes, expected) {
  const workers = await start(candidate.variant, processes);
  try {
    const cells = [];
    for (const [name, route] of Object.entries(ROUTES)) {
      const url = `http://127.0.0.1:${workers.port}/${route}`;
      await send(url, WARM_UP_SECONDS);
      await mustAnswer(candidate, url, name, expected);
      const before = await workers.queries();
      const { requests, latency } = await send(url, seconds);
      mustNotAsk(candidate, (await workers.queries()) - before, requests.total);
      cells.push(Math.round(requests.average).toLocaleString('en'), `${latency.p99}`);
    }
    return cells;
  } finally {
    await workers.close();
  }
}

/** Node gives all workers one port, and each of them connections in turn. */
async function start(variant, processes) {
  const HTTP_BENCH = JSON.stringify({
    variant,
    namespace: services.id,
    postgresUrl: services.database.url,
    redisUrl: services.redisUrl,
  });
  const workers = Array.from({ length: processes }, () => cluster.fork({ HTTP_BENCH }));
  const told = await Promise.all(workers.map((worker) => answerOf(worker)));
  return {
    port: told[0].port,
    async queries() {
      const counts = await Promise.all(workers.map((worker) => answerOf(worker, 'queries')));
      return counts.reduce((sum, { queries }) => sum + queries, 0);
    },
    close: () => Promise.all(workers.filter((worker) => worker.isConnected()).map(end)),
  };
}

async function answerOf(worker, question) {
  const signal = interruption.signal;
  const ended = new AbortController();
  const answer = once(worker, 'message', { signal: ended.signal });
  const exit = once(worker, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`A server ended with ${code} before it answered, so there is nothing to measure.`);
  });
  try {
    signal.throwIfAborted();
    if (question) worker.send(question);
    const [told] = await Promise.race([answer, exit]);
    return told;
  } finally {
    ended.abort();
    await Promise.allSettled([answer, exit]);
  }
}

async function end(worker) {
  const exited = once(worker, 'exit');
  worker.send('close');
  await exited;
}

async function send(url, duration) {
  interruption.signal.throwIfAborted();
  const result = await autocannon({ url, connections: CONNECTIONS, duration });
  const failed = result.errors + result.non2xx;
  if (failed > 0) throw new Error(`${failed} requests of ${url} failed, so the figures are not of what was asked for.`);
  return result;
}

/** What the first variant answers, which is uncached, every other one must. */
async function mustAnswer({ name }, url, shape, expected) {
  const body = await (await fetch(url)).json();
  const answer = Array.isArray(body)
    ? body.toSorted((a, b) => a.id - b.id)
    : { ...body, users: body.users.toSorted((a, b) => a.id - b.id) };
  expected[shape] ??= answer;
  assert.deepEqual(answer, expected[shape], `${name} does not answer the ${shape} that TypeORM finds`);
}

function inWords(processes) {
  return processes === 1 ? 'one process' : 'two processes';
}
