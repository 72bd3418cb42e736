import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { STANDING_MS } from '../../lib/store/standings.js';
import { Crew } from './crew.js';
import { createDatabase } from './database.js';
import { Evictions } from './evictions.js';
import { History } from './history.js';
import { Judge } from './judge.js';
import { parseOptions } from './options.js';
import { castOf, modes } from './modes.js';
import { Network } from './network.js';
import { Oracle } from './oracle.js';
import { Random } from './random.js';
import { report } from './report.js';
import { holdMs, type SoakSettings } from './settings.js';
import { Soak } from './soak.js';
import { workerOf } from './write-numbers.js';

// npm run soak -- --seconds 60 [--mode latency|resets|bursts|outages] [--tracking] [--database mariadb] [--seed N] [--break late-fill|...]: see CONTRIBUTING.md

const options = parseOptions(process.argv.slice(2));
const { database: kind, mode, without, tracking, seconds, seed, fault } = options;
const name = `qscache_soak_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
const settings: SoakSettings = {
  options,
  databaseUrl: urlOf(kind === 'postgres' ? 'QSCACHE_TEST_POSTGRES_URL' : 'QSCACHE_TEST_MARIADB_URL'),
  databaseName: name,
  redisUrl: urlOf('QSCACHE_TEST_REDIS_URL'),
  namespace: name,
};
console.log(
  `soak: ${mode}${tracking ? ', tracking' : ''}, ${kind}, ${seconds} seconds, seed ${seed}${fault ? `, broken on purpose: ${fault}` : ''}`,
);

const { dataSource, drop } = await createDatabase({ ...settings, kind });
const redis = new Redis(settings.redisUrl);
const random = new Random(seed);
const evictions = new Evictions(redis, name, random);
const oracle = new Oracle(holdMs[kind], workerOf, tracking ? STANDING_MS : 0);
const judge = new Judge(oracle, new History(dataSource), modes[mode].mostUnheard, (worker): string | undefined =>
  crew.nameOf(worker),
);
const network = new Network(settings.redisUrl);
const cast = castOf(mode, without);
const crew = new Crew(
  settings,
  network,
  (message) => judge.listen(message),
  (worker, at) => oracle.died(worker, at),
);
try {
  const soak = new Soak({
    crew,
    evictions,
    judge,
    oracle,
    random,
    network,
    staging: modes[mode],
    cast,
    holdMs: holdMs[kind],
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => soak.interrupt());
  await soak.run(seconds);
  console.log(report(judge, soak));
  process.exitCode = judge.isBroken ? 1 : 0;
} finally {
  await evictions.removeAll();
  redis.disconnect();
  network.close();
  await drop();
}

function urlOf(variable: string): string {
  const url = process.env[variable];
  if (url) return url;
  const reason = process.env[`${variable}_SKIPPED`] ?? 'it is not set';
  throw new Error(`The soak needs ${variable}, and there is none: ${reason}. Set it to the URL of a server.`);
}
