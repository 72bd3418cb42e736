import { readFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';

const PACKAGES = [
  'typeorm',
  'cache-manager',
  'keyv',
  '@keyv/redis',
  'cache-manager-ioredis-yet',
  'ioredis',
  'bentocache',
];

/** What the figures depend on besides our code. */
export async function describeMachine(dataSource, redis) {
  const processors = cpus();
  return {
    cpu: `${processors.length} x ${processors[0].model.trim()}, ${platform()} ${arch()}`,
    node: process.versions.node,
    database: await databaseVersion(dataSource),
    redis: redis ? /redis_version:(\S+)/.exec(await redis.info('server'))[1] : 'none',
    packages: PACKAGES.map((name) => `${name} ${packageVersion(name)}`).join(', '),
  };
}

async function databaseVersion(dataSource) {
  if (dataSource.options.type === 'postgres') {
    const [{ server_version: version }] = await dataSource.query('SHOW server_version');
    return `PostgreSQL ${version}`;
  }
  const [{ version }] = await dataSource.query('SELECT sqlite_version() AS version');
  return `sql.js (SQLite ${version}, in this process)`;
}

function packageVersion(name) {
  return JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
}
