// A database of its own for each combination, which goes even where its application was killed.
import { randomUUID } from 'node:crypto';

/** Runs `work` with the environment of an application: the addresses it can be given, and a namespace. */
export async function withServices({ database, store }, work) {
  if (!database || !store) return work({});
  const name = `qscache_matrix_${randomUUID().replaceAll('-', '')}`;
  await execute(database, `CREATE DATABASE ${name}`);
  try {
    const url = Object.assign(new URL(database), { pathname: `/${name}` });
    return await work({ DATABASE_URL: url.href, REDIS_URL: store, CACHE_NAMESPACE: name });
  } finally {
    await execute(database, `DROP DATABASE ${name} WITH (FORCE)`);
  }
}

async function execute(connectionString, sql) {
  // Only now: where nothing was installed yet, it could not be imported earlier.
  const { Client } = await import('pg');
  const client = new Client({ connectionString });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
