import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { entities, seed } from './entities.mjs';

/** A database and names in Redis that nobody else has, gone again after `close()`. Either server may be missing. */
export async function openServices({ QSCACHE_BENCH_POSTGRES_URL: postgresUrl, QSCACHE_BENCH_REDIS_URL: redisUrl }) {
  const id = `qscache_bench_${randomUUID().replaceAll('-', '')}`;
  const postgres = postgresUrl ? await createDatabase(postgresUrl, id) : undefined;
  const redis = redisUrl ? new Redis(redisUrl) : undefined;
  const address = postgres ? { type: 'postgres', url: postgres.url } : { type: 'sqljs' };
  return {
    /** Part of every name used in Redis. */
    id,
    database: { ...address, entities, synchronize: true },
    redis,
    redisUrl,
    async close() {
      await postgres?.drop();
      if (redis) await deleteKeys(redis, id);
      redis?.disconnect();
    },
  };
}

/** A DataSource whose statements are counted. */
export async function openDataSource({ database }, options) {
  const statements = new StatementCounter();
  const dataSource = await new DataSource({ ...database, logger: statements, ...options }).initialize();
  await fill(dataSource);
  return { dataSource, statements };
}

/** On a server the first DataSource fills the database for all; with sql.js each has one of its own. */
export async function fill({ manager }) {
  if (!(await manager.exists('Example'))) await seed(manager);
}

/** A logger, because TypeORM tells it of every statement. */
export class StatementCounter {
  count = 0;

  logQuery() {
    this.count++;
  }

  logQueryError() {}
  logQuerySlow() {}
  logSchemaBuild() {}
  logMigration() {}
  log() {}
}

async function createDatabase(url, name) {
  const execute = async (sql) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  await execute(`CREATE DATABASE ${name}`);
  return {
    url: Object.assign(new URL(url), { pathname: `/${name}` }).href,
    drop: () => execute(`DROP DATABASE ${name} WITH (FORCE)`),
  };
}

/** Others may use this Redis as well: only keys with our id in their names go. */
async function deleteKeys(redis, id) {
  for await (const keys of redis.scanStream({ match: `*${id}*`, count: 1000 })) {
    if (keys.length > 0) await redis.unlink(keys);
  }
}
