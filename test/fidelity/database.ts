import { randomUUID } from 'node:crypto';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseName, EntitySet } from './entity-set.js';

/** A database with a set's tables and rows. */
export interface FilledDatabase {
  readonly options: DataSourceOptions;
  drop(): Promise<void>;
}

/** A database of its own for a set, filled before any application is there to hear of it. */
export async function createDatabase(kind: DatabaseName, url: string, set: EntitySet): Promise<FilledDatabase> {
  if (kind === 'sqljs') return createInMemory(set);
  const database = `qscache_fidelity_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  const address = addressOf(url);
  // With a client of its own: an application watches every DataSource of its process, and these statements are not its business.
  const execute = kind === 'postgres' ? onPostgres : onMariadb;
  await execute(url, `CREATE DATABASE ${database}`);
  const drop = () => execute(url, `DROP DATABASE ${database}${kind === 'postgres' ? ' WITH (FORCE)' : ''}`);
  const options = { type: kind, ...address, database, poolSize: 2, ...entitiesOf(set) } as DataSourceOptions;
  try {
    await fill(set, kind, options, () => undefined);
  } catch (error) {
    await drop();
    throw error;
  }
  return { options, drop };
}

async function createInMemory(set: EntitySet): Promise<FilledDatabase> {
  const options = { type: 'sqljs', ...entitiesOf(set) } as DataSourceOptions;
  const database = await fill(set, 'sqljs', options, ({ manager }) =>
    (manager as unknown as { exportDatabase(): Uint8Array }).exportDatabase(),
  );
  return { options: { ...options, database } as DataSourceOptions, drop: async () => undefined };
}

async function fill<T>(
  set: EntitySet,
  kind: DatabaseName,
  options: DataSourceOptions,
  take: (dataSource: DataSource) => T,
): Promise<T> {
  const dataSource = await new DataSource({ ...options, synchronize: true } as DataSourceOptions).initialize();
  try {
    await set.fill(dataSource.manager, kind);
    return take(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

async function onPostgres(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function onMariadb(url: string, sql: string): Promise<void> {
  const { username: user, ...address } = addressOf(url);
  const connection = await mysql.createConnection({ ...address, user });
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}

function entitiesOf({ entities, options }: EntitySet) {
  return { entities, ...options };
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
