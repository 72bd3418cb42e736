// node bench/bursts.mjs [--sizes 1000,10000,100000], with the servers in QSCACHE_BENCH_POSTGRES_URL and QSCACHE_BENCH_REDIS_URL: what
// many readers at one moment cost. Every burst has a process of its own, so that the peak of its memory is its own.
import 'reflect-metadata';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { oursInMemory, oursOnIoRedis, oursOnKeyvRedis } from './candidates/ours.mjs';
import { openServices } from './services.mjs';
import { QsCacheCore } from '../dist/qs-cache.core.js';

const STORES = { memory: oursInMemory, '@keyv/redis': oursOnKeyvRedis, 'ioredis-yet': oursOnIoRedis };
const KEYS = [1, 1_000];

const cell = (text) => String(text).padStart(11);
const line = (name, cells) => `${name.padEnd(34)}${cells.map(cell).join('')}`;

if (process.send) await measure(JSON.parse(process.argv[2]));
else await main();

async function main() {
  const { values } = parseArgs({ options: { sizes: { type: 'string', default: '1000,10000,100000' } } });
  const services = await openServices(process.env);
  const { id, database, redisUrl } = services;
  try {
    console.log(line('', ['', 'queries', 'questions', 'fills', 'ms', 'MB more']));
    for (const store of Object.keys(STORES).slice(0, redisUrl ? undefined : 1)) {
      for (const keys of KEYS) {
        for (const readers of values.sizes.split(',').map(Number)) {
          const task = { store, keys, readers, id: `${id}-${keys}-${readers}`, redisUrl, url: database.url };
          const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(task)]);
          const [code] = await once(child, 'exit');
          if (code !== 0)
            throw new Error(`${readers} readers of ${keys} keys on ${store}: the process ended with ${code}.`);
        }
      }
    }
  } finally {
    await services.close();
  }
}

async function measure({ store, keys, readers, id, redisUrl, url }) {
  const services = await openServices({
    ...(url && { QSCACHE_BENCH_POSTGRES_URL: url }),
    ...(redisUrl && { QSCACHE_BENCH_REDIS_URL: redisUrl }),
  });
  const candidate = await STORES[store]({ ...services, id });
  const calls = countCalls(candidate.app.get(QsCacheCore, { strict: false }).store);
  const burst = () => Promise.all(Array.from({ length: readers }, (_, i) => candidate.examples.get(1 + (i % keys))));
  try {
    for (const state of ['cold', 'warm']) {
      const before = { ...calls, queries: candidate.queries(), began: performance.now() };
      const idleKb = process.memoryUsage.rss() / 1024;
      await burst();
      const tookMs = performance.now() - before.began;
      const name = `${readers.toLocaleString('en')} of ${keys === 1 ? 'one key' : `${keys} keys`}, ${store}`;
      console.log(
        line(name, [
          state,
          candidate.queries() - before.queries,
          calls.read - before.read,
          calls.put - before.put,
          tookMs.toFixed(0),
          ((process.resourceUsage().maxRSS - idleKb) / 1024).toFixed(0),
        ]),
      );
      await candidate.app.get(QsCacheCore, { strict: false }).readThrough.settled();
    }
  } finally {
    await candidate.close();
    await services.close();
  }
}

function countCalls(store) {
  const calls = { read: 0, put: 0 };
  for (const name of Object.keys(calls)) {
    const real = store[name].bind(store);
    store[name] = (...args) => {
      calls[name]++;
      return real(...args);
    };
  }
  return calls;
}
