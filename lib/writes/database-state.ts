import { statSync } from 'node:fs';
import type { DataSource, QueryRunner } from 'typeorm';

/** Something of a database, and what it is like: DataSources that look at different things must not take them for each other. */
export interface DatabaseState {
  readonly of: readonly string[];
  readonly state: unknown;
}

/**
 * What a database is like that no statement of this process tells: its tables as the server knows them, and the migrations it has
 * run. Equal for two moments between which nobody migrated, synchronized, dropped or restored it.
 *
 * @throws whatever the database fails with
 */
export async function databaseState(dataSource: DataSource): Promise<readonly DatabaseState[]> {
  const runner = dataSource.createQueryRunner('master');
  try {
    const migrations = await migrationsOf(dataSource, runner);
    return [await schemaOf(dataSource, runner), ...(migrations ? [migrations] : [])];
  } finally {
    await runner.release();
  }
}

/** A table that is made again is another one, with the same columns or not. */
async function schemaOf(dataSource: DataSource, runner: QueryRunner): Promise<DatabaseState> {
  switch (dataSource.options.type) {
    case 'postgres':
    case 'cockroachdb':
      return { of: ['schema'], state: await runner.query(POSTGRES) };
    case 'mysql':
    case 'mariadb': {
      const mapped = dataSource.entityMetadatas.map(({ database }) => database).filter((name) => name !== undefined);
      const databases = [...new Set(mapped)].sort();
      const places = ['DATABASE()', ...databases.map(() => '?')].join(', ');
      const state = await Promise.all(
        MYSQL.map((sql) => runner.query(`${sql} WHERE table_schema IN (${places}) ORDER BY 1, 2, 3`, databases)),
      );
      return { of: ['schema', ...databases], state };
    }
    default: {
      const { database } = dataSource.options;
      const schema: unknown = await runner.query(
        'SELECT type, name, rootpage, sql FROM sqlite_master ORDER BY type, name',
      );
      if (typeof database !== 'string' || database === ':memory:') return { of: ['schema'], state: schema };
      const { ino, birthtimeMs } = statSync(database);
      return { of: ['schema'], state: [schema, await runner.query('PRAGMA schema_version'), ino, birthtimeMs] };
    }
  }
}

/** TypeORM's own record, by whatever name and in whatever schema; `undefined` where there is none. */
async function migrationsOf(dataSource: DataSource, runner: QueryRunner): Promise<DatabaseState | undefined> {
  const { driver, options } = dataSource;
  const name = options.migrationsTableName ?? 'migrations';
  const { schema } = driver.options as { schema?: string };
  const table = driver.buildTableName(name, schema, driver.database);
  if (!(await runner.hasTable(table))) return undefined;
  const run: unknown = await dataSource
    .createQueryBuilder(runner)
    .select()
    .from(table, name)
    .orderBy('id')
    .getRawMany();
  return { of: ['migrations', table], state: [run, await everRun(dataSource, runner, table)] };
}

/** A migration that was run and reverted leaves no row, but has taken a number. */
async function everRun(dataSource: DataSource, runner: QueryRunner, table: string): Promise<unknown> {
  const escaped = table
    .split('.')
    .map((part) => dataSource.driver.escape(part))
    .join('.');
  switch (dataSource.options.type) {
    case 'postgres':
      return runner.query(NUMBERED_POSTGRES, [escaped]);
    case 'mysql':
    case 'mariadb':
      // Unlike the catalogue, which MySQL reads from a cache a day old.
      return runner.query(`SHOW CREATE TABLE ${escaped}`);
    case 'cockroachdb':
      // Its numbers are moments.
      return undefined;
    default:
      if (!(await runner.hasTable('sqlite_sequence'))) return undefined;
      return runner.query('SELECT seq FROM sqlite_sequence WHERE name = ?', [table]);
  }
}

const NUMBERED_POSTGRES = `
  SELECT last_value FROM pg_sequences
  WHERE format('%I.%I', schemaname, sequencename)::regclass = pg_get_serial_sequence($1, 'id')::regclass`;

const POSTGRES = `
  WITH relations AS (
    SELECT c.oid, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  ), parts(part) AS (
    SELECT concat_ws(':', a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod)
      FROM pg_attribute a JOIN relations r ON r.oid = a.attrelid WHERE a.attnum > 0 AND NOT a.attisdropped
    UNION ALL SELECT concat_ws(':', oid, pg_get_viewdef(oid)) FROM relations WHERE relkind IN ('v', 'm')
    UNION ALL SELECT concat_ws(':', oid, enumlabel) FROM pg_enum
    UNION ALL SELECT oid::text FROM pg_database WHERE datname = current_database()
  )
  SELECT md5(string_agg(part, ',' ORDER BY part)) AS parts FROM parts`;

const MYSQL = [
  'SELECT table_schema AS s, table_name AS t, create_time AS c FROM information_schema.tables',
  'SELECT table_schema AS s, table_name AS t, column_name AS c, column_type AS y FROM information_schema.columns',
  'SELECT table_schema AS s, table_name AS t, view_definition AS d FROM information_schema.views',
];
