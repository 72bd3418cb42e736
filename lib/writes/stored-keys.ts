import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm';
import { columnName } from '../naming/column-value.js';
import { isMysql } from '../naming/database-name.js';
import { declaredUniques } from '../naming/pinned-row.js';
import { noteKey } from '../naming/stored-keys.js';
import { entityClock, storedTableClock } from '../naming/table-clocks.js';

/** A table and the columns of each of its keys that no two rows may share, as far as a row has one. */
interface StoredKeys {
  readonly schema?: string | undefined;
  readonly table: string;
  readonly keys: readonly (readonly string[])[];
  /** A row takes the place of another one that has its key. */
  readonly isReplacing?: boolean;
}

/** Asks a database for its unique keys. @returns remembers which of those that entities tell of are none */
export async function compareKeys(
  dataSource: DataSource,
  runner: QueryRunner,
  names: readonly string[],
): Promise<() => void> {
  const byClock = new Map<string, StoredKeys[]>();
  for (const stored of await askKeys(dataSource, runner, names)) {
    const clock = storedTableClock(dataSource, stored.schema, stored.table);
    byClock.set(clock, [...(byClock.get(clock) ?? []), stored]);
  }
  return () => {
    // Rows of a junction have no names.
    for (const metadata of dataSource.entityMetadatas.filter(({ isJunction }) => !isJunction)) {
      const all = byClock.get(entityClock(metadata)) ?? [];
      const isUnique = (columns: EntityMetadata['columns']) =>
        all.every(({ keys }) => isAmong(dataSource, keys, columns));
      noteKey(metadata, !isUnique(metadata.primaryColumns) || all.some(({ isReplacing }) => isReplacing));
      for (const key of declaredUniques(metadata)) noteKey(key, !isUnique(key.columns));
    }
  };
}

function isAmong(
  dataSource: DataSource,
  keys: readonly (readonly string[])[],
  columns: EntityMetadata['columns'],
): boolean {
  const names = columns.map(({ databaseName }) => columnName(dataSource, databaseName));
  return keys.some((key) => key.every((column) => names.includes(columnName(dataSource, column))));
}

/** An index of a table does not know what is in those that inherit from it. */
const POSTGRES = `
  SELECT n.nspname AS "schema", c.relname AS "table",
    (SELECT coalesce(json_agg(ARRAY(SELECT a.attname FROM unnest(x.indkey::int2[]) WITH ORDINALITY k(number, place)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number WHERE k.place <= x.indnkeyatts)), '[]')
      FROM pg_index x WHERE x.indrelid = c.oid AND x.indisunique AND x.indisvalid AND x.indpred IS NULL AND x.indexprs IS NULL
        AND (c.relkind = 'p' OR NOT EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhparent = c.oid))) AS "keys"
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND lower(c.relname) = ANY ($1::text[])`;

interface KeyColumn {
  readonly s?: string;
  readonly t: string;
  /** Its index; `null` for a table without. */
  readonly k: string | null;
  /** `null` for an expression. */
  readonly c: string | null;
  readonly replacing?: number;
}

const SQLITE = `
  SELECT m.name AS t, k.k AS k, k.c AS c, m.sql LIKE '%on%conflict%replace%' AS replacing
  FROM sqlite_master m LEFT JOIN (
    SELECT p.name AS t, 'primary key' AS k, x.name AS c FROM sqlite_master p JOIN pragma_table_info(p.name) x
      WHERE p.type = 'table' AND x.pk > 0
    UNION ALL SELECT p.name, l.name, i.name FROM sqlite_master p JOIN pragma_index_list(p.name) l JOIN pragma_index_info(l.name) i
      WHERE p.type = 'table' AND l."unique" = 1 AND l.partial = 0
  ) k ON k.t = m.name
  WHERE m.type IN ('table', 'view')`;

async function askKeys(
  dataSource: DataSource,
  runner: QueryRunner,
  names: readonly string[],
): Promise<readonly StoredKeys[]> {
  if (dataSource.options.type === 'postgres') return (await runner.query(POSTGRES, [names])) as StoredKeys[];
  if (!isMysql(dataSource)) return together((await runner.query(SQLITE)) as KeyColumn[]);
  const databases = [...new Set(dataSource.entityMetadatas.flatMap(({ database }) => database || []))];
  const places = ['DATABASE()', ...databases.map(() => '?')].join(', ');
  const sql = `
    SELECT t.table_schema AS s, t.table_name AS t, i.index_name AS k, i.column_name AS c FROM information_schema.tables t
    LEFT JOIN information_schema.statistics i
      ON i.table_schema = t.table_schema AND i.table_name = t.table_name AND i.non_unique = 0
    WHERE t.table_schema IN (${places})`;
  return together((await runner.query(sql, databases)) as KeyColumn[]);
}

function together(columns: readonly KeyColumn[]): StoredKeys[] {
  const tables = new Map<string, { readonly first: KeyColumn; readonly keys: Map<string, (string | null)[]> }>();
  for (const column of columns) {
    const { s, t, k, c } = column;
    const name = JSON.stringify([s, t]);
    const table = tables.get(name) ?? { first: column, keys: new Map<string, (string | null)[]>() };
    tables.set(name, table);
    if (k !== null) table.keys.set(k, [...(table.keys.get(k) ?? []), c]);
  }
  return [...tables.values()].map(({ first: { s, t, replacing }, keys }) => ({
    schema: s,
    table: t,
    keys: [...keys.values()].filter((key): key is string[] => !key.includes(null)),
    isReplacing: replacing === 1,
  }));
}
