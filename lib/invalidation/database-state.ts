import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { DataSource, QueryRunner } from 'typeorm';

/**
 * What a database is like that no statement of this process tells: its tables as the server knows them, and the migrations it has
 * run. Equal for two moments between which nobody migrated, synchronized, dropped or restored it.
 *
 * @throws whatever the database fails with
 */
export async function databaseState(dataSource: DataSource): Promise<string> {
  const runner = dataSource.createQueryRunner('master');
  try {
    const state = [await schemaOf(dataSource, runner), await migrationsOf(dataSource, runner)];
    return createHash('sha256').update(JSON.stringify(state)).digest('base64url');
  } finally {
    await runner.release();
  }
}

/** A table that is made again is another one, with the same columns or not. */
async function schemaOf(dataSource: DataSource, runner: QueryRunner): Promise<unknown> {
  switch (dataSource.options.type) {
    case 'postgres':
    case 'cockroachdb':
      return runner.query(POSTGRES);
    case 'mysql':
    case 'mariadb': {
      const databases = dataSource.entityMetadatas.map(({ database }) => database).filter((name) => name !== undefined);
      const places = ['DATABASE()', ...databases.map(() => '?')].join(', ');
      return Promise.all(
        MYSQL.map((sql) => runner.query(`${sql} WHERE table_schema IN (${places}) ORDER BY 1, 2, 3`, databases)),
      );
    }
    default: {
      const { database } = dataSource.options;
      const schema: unknown = await runner.query(
        'SELECT type, name, rootpage, sql FROM sqlite_master ORDER BY type, name',
      );
      if (typeof database !== 'string' || database === ':memory:') return schema;
      const { ino, birthtimeMs } = statSync(database);
      return [schema, await runner.query('PRAGMA schema_version'), ino, birthtimeMs];
    }
  }
}

/** TypeORM's own record, by whatever name. */
async function migrationsOf(dataSource: DataSource, runner: QueryRunner): Promise<unknown> {
  const { driver, options } = dataSource;
  const name = options.migrationsTableName ?? 'migrations';
  const { schema } = driver.options as { schema?: string };
  const table = driver.buildTableName(name, schema, driver.database);
  if (!(await runner.hasTable(table))) return undefined;
  return dataSource.createQueryBuilder(runner).select().from(table, name).orderBy('id').getRawMany();
}

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
