// A database of its own for each combination, which goes even where its application was killed.
import { randomUUID } from 'node:crypto';

/** Imports a driver only when it is used: where nothing was installed yet, it could not be imported earlier. */
const servers = {
  postgres: {
    async execute(connectionString, sql) {
      const { Client } = await import('pg');
      const client = new Client({ connectionString });
      await client.connect();
      try {
        await client.query(sql);
      } finally {
        await client.end();
      }
    },
    drop: (name) => `DROP DATABASE ${name} WITH (FORCE)`,
  },
  mariadb: {
    async execute(url, sql) {
      const { createConnection } = await import('mysql2/promise');
      const connection = await createConnection(url);
      try {
        await connection.query(sql);
      } finally {
        await connection.end();
      }
    },
    drop: (name) => `DROP DATABASE ${name}`,
  },
};

/** Runs `work` with the environment of an application: the addresses it can be given, and a namespace. */
export async function withServices({ kind, database, store }, work) {
  if (!database || !store) return work({});
  const { execute, drop } = servers[kind];
  const name = `qscache_matrix_${randomUUID().replaceAll('-', '')}`;
  await execute(database, `CREATE DATABASE ${name}`);
  try {
    const url = Object.assign(new URL(database), { pathname: `/${name}` });
    return await work({ DATABASE_URL: url.href, REDIS_URL: store, CACHE_NAMESPACE: name });
  } finally {
    await execute(database, drop(name));
  }
}
