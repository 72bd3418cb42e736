import { realpathSync } from 'node:fs';
import type { DataSource } from 'typeorm';
import { safeError } from '../events/safe-error.js';
import { inMemoryId } from './database-identity.js';

/** What the server itself calls the database a DataSource reaches, and where its names without a schema lead. */
interface DatabaseName {
  readonly database: string;
  /** By table name, for mapped tables that name no schema. */
  readonly schemas: ReadonlyMap<string, string>;
}

const asked = new WeakMap<DataSource, DatabaseName>();

/**
 * Asks the database for its name, once per `initialize()`: its clocks go by it. Two applications may reach one database through
 * different hosts, poolers and aliases, and must advance and read the same clocks.
 *
 * The server is left out on purpose: a failover or an upgrade puts another one behind the same address while processes run, some of
 * which would know the old one and some the new. Databases of one name that share a store so share clocks, which costs misses.
 *
 * @returns why it could not be asked: then its configured name stands
 */
export async function askDatabaseName(dataSource: DataSource): Promise<string | undefined> {
  try {
    asked.set(dataSource, await nameOf(dataSource));
    return undefined;
  } catch (error) {
    asked.delete(dataSource);
    return safeError(error).message;
  }
}

/** The database's part of a clock's name. */
export function databaseName(dataSource: DataSource): string {
  const known = asked.get(dataSource);
  if (known) return known.database;
  const database = dataSource.driver.database ?? dataSource.options.database;
  return typeof database === 'string' && !isInMemory(dataSource) ? database : inMemoryId(dataSource);
}

/** The schema a table's name leads to where it says none. */
export function schemaOf(dataSource: DataSource, table: string): string | undefined {
  if (!isPostgres(dataSource)) return undefined;
  return asked.get(dataSource)?.schemas.get(table) ?? dataSource.driver.schema ?? 'public';
}

async function nameOf(dataSource: DataSource): Promise<DatabaseName> {
  const schemas = new Map<string, string>();
  switch (dataSource.options.type) {
    case 'postgres':
    case 'cockroachdb': {
      const rows = await askPostgres(dataSource);
      for (const { table, schema } of rows) if (table !== null && schema !== null) schemas.set(table, schema);
      return { database: rows[0]!.name, schemas };
    }
    case 'mysql':
    case 'mariadb': {
      const [{ name }] = (await query(dataSource, 'SELECT DATABASE() AS name')) as [{ name: string | null }];
      return { database: name ?? '', schemas };
    }
    default: {
      const { database } = dataSource.options;
      // Two paths may lead to one file.
      const file = typeof database === 'string' && !isInMemory(dataSource) ? realpathSync(database) : undefined;
      return { database: file ?? inMemoryId(dataSource), schemas };
    }
  }
}

interface PostgresName {
  readonly name: string;
  /** `null` in the one row there is where no table is found. */
  readonly table: string | null;
  readonly schema: string | null;
}

/**
 * Its name, with each table whose entity names no schema and where PostgreSQL finds it; those it does not have yet are made in the first
 * of the path. One statement: an application waits for it to start.
 */
async function askPostgres(dataSource: DataSource): Promise<PostgresName[]> {
  const unqualified = dataSource.entityMetadatas.filter(({ schema }) => !schema).map(({ tableName }) => tableName);
  const sql =
    'SELECT current_database() AS name, found."table", found."schema" FROM (SELECT 1) AS one LEFT JOIN ' +
    '(SELECT t.name AS "table", n.nspname AS "schema" FROM unnest($1::text[]) AS t(name) ' +
    'JOIN pg_class c ON c.oid = to_regclass(quote_ident(t.name)) JOIN pg_namespace n ON n.oid = c.relnamespace) AS found ON true';
  return (await query(dataSource, sql, [unqualified])) as PostgresName[];
}

async function query(dataSource: DataSource, sql: string, parameters?: unknown[]): Promise<unknown> {
  const runner = dataSource.createQueryRunner('master');
  try {
    return await runner.query(sql, parameters);
  } finally {
    await runner.release();
  }
}

export function isPostgres({ options: { type } }: DataSource): boolean {
  return type === 'postgres' || type === 'cockroachdb';
}

export function isMysql({ options: { type } }: DataSource): boolean {
  return type === 'mysql' || type === 'mariadb';
}

const isInMemory = ({ options: { type, database } }: DataSource): boolean =>
  type === 'sqljs' || database === ':memory:';
