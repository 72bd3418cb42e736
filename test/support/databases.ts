import { randomUUID } from 'node:crypto';
import mysql from 'mysql2/promise';
import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { describe } from 'vitest';
import { dropAfterwards } from './own-databases.js';
import { describeWith } from './services.js';

export type DatabaseName = 'postgres' | 'mariadb' | 'sqljs';

/** The kinds of databases every integration spec runs on; see `describeDatabases`. */
export interface TestDatabase {
  readonly name: DatabaseName;
  /**
   * Options for a new, empty database of its own, dropped when the spec file ends. Two DataSources on one database share one
   * answer: `const options = await database.options()`, then `new DataSource({ ...options, entities, synchronize: true })`.
   */
  options(): Promise<DataSourceOptions>;
}

/** One `describe` per kind of database, real servers included; a kind that cannot be had is skipped with its reason. */
export function describeDatabases(
  title: string,
  body: (database: TestDatabase) => void,
  names: readonly DatabaseName[] = ['sqljs', 'postgres', 'mariadb'],
): void {
  for (const name of names) {
    const suite = (url: string) => body({ name, options: () => create[name](url) });
    if (name === 'sqljs') describe(`${title} (sqljs)`, () => suite(':memory:'));
    else describeWith(name, `${title} (${name})`, suite);
  }
}

const create: Record<DatabaseName, (url: string) => Promise<DataSourceOptions>> = {
  sqljs: async () => ({ type: 'sqljs' }),
  postgres: createPostgres,
  mariadb: createMariadb,
};

async function createPostgres(url: string): Promise<DataSourceOptions> {
  const database = uniqueName();
  const execute = async (sql: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await execute(`CREATE DATABASE ${database}`);
  // FORCE: a failed spec may have left a connection open, and the database should go all the same.
  dropAfterwards(() => execute(`DROP DATABASE ${database} WITH (FORCE)`));
  return { type: 'postgres', ...addressOf(url), database };
}

async function createMariadb(url: string): Promise<DataSourceOptions> {
  const database = uniqueName();
  const { username: user, ...address } = addressOf(url);
  const execute = async (sql: string) => {
    const connection = await mysql.createConnection({ ...address, user });
    try {
      await connection.query(sql);
    } finally {
      await connection.end();
    }
  };
  await execute(`CREATE DATABASE ${database}`);
  dropAfterwards(() => execute(`DROP DATABASE ${database}`));
  return { type: 'mariadb', ...address, username: user, database };
}

function uniqueName(): string {
  return `qscache_test_${randomUUID().replaceAll('-', '')}`;
}

/** In parts, because TypeORM lets the scheme of a `url` override `type`. */
function addressOf(url: string) {
  const { hostname, port, username, password } = new URL(url);
  return {
    host: hostname,
    ...(port && { port: Number(port) }),
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
}
