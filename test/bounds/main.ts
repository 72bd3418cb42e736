import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { RedisServer } from '../support/redis-server.js';
import { cacheDetails } from './details.js';

// npm run bounds [-- --details 1000000]: see CONTRIBUTING.md

const { values } = parseArgs({ options: { details: { type: 'string', default: '1000000' } } });
const details = Number(values.details);
const { hostname, port, username, password, pathname } = new URL(process.env['QSCACHE_TEST_POSTGRES_URL']!);
const options = {
  type: 'postgres',
  host: hostname,
  ...(port && { port: Number(port) }),
  username: decodeURIComponent(username),
  password: decodeURIComponent(password),
} as const;
const server = await new DataSource({ ...options, database: pathname.slice(1) }).initialize();
const database = `qscache_bounds_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
const redis = await RedisServer.start();
try {
  await server.query(`CREATE DATABASE ${database}`);
  const run = await cacheDetails(details, { ...options, database } as DataSourceOptions, redis.admin, redis.url, true);
  const { before, most, after, tookMs } = run;
  const MB = 1024 * 1024;
  const megabytes = (bytes: number) => `${(bytes / MB).toFixed(1)} MB`;
  console.log(
    [
      `details ${details} in ${(tookMs / 1_000).toFixed(0)} s, at most ${most} keys at once`,
      `keys in Redis: ${before.keys} before, ${after.keys} when their time was over`,
      `memory of Redis: ${megabytes(before.redisBytes)} before, ${megabytes(after.redisBytes)} after`,
      `heap of the process: ${megabytes(before.heapBytes)} before, ${megabytes(after.heapBytes)} after`,
    ].join('\n'),
  );
  // What the process remembers of the last ten thousand of everything is a few megabytes.
  const isBounded =
    after.keys <= before.keys &&
    after.redisBytes < before.redisBytes + 8 * MB &&
    after.heapBytes < before.heapBytes + 64 * MB;
  if (!isBounded) console.log('failed: something stays');
  process.exitCode = isBounded ? 0 : 1;
} finally {
  await server.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  await server.destroy();
  await redis.stop();
}
