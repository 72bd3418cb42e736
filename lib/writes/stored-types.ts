import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm';
import { columnName, type ColumnSpelling, declaredSpelling } from '../naming/column-value.js';
import { isMysql } from '../naming/database-name.js';
import { noteColumn } from '../naming/stored-columns.js';
import { entityClock, storedTableClock } from '../naming/table-clocks.js';

type ColumnMetadata = EntityMetadata['columns'][number];
type Kind = ColumnSpelling['kind'];

/** A column as its database knows it. */
interface StoredColumn {
  readonly schema?: string | undefined;
  readonly table: string;
  readonly column: string;
  /** In lower case; of SQLite what it makes of that. */
  readonly type: string;
  /** It compares texts by more than what they are made of. */
  readonly isCollated?: boolean;
  readonly isNullable?: boolean;
  /** It counts on where it is given nothing. */
  readonly isCounting?: boolean;
  readonly isUnsigned?: boolean;
  /** With what it takes, `enum('a','b')`. */
  readonly definition?: string;
}

const WHOLE = ['tinyint', 'smallint', 'mediumint', 'int', 'bigint'];

const EXPECTED: Readonly<Record<'postgres' | 'mysql' | 'embedded', Partial<Record<Kind, readonly string[]>>>> = {
  postgres: {
    integer: ['int2', 'int4', 'int8'],
    uuid: ['uuid'],
    text: ['varchar', 'text', 'enum'],
    digest: ['varchar', 'text', 'enum'],
    boolean: ['bool'],
  },
  // Of its texts and their collations the tables tell.
  mysql: { integer: WHOLE, uuid: ['uuid'] },
  embedded: {
    integer: ['integer', 'numeric'],
    boolean: ['integer', 'numeric'],
    text: ['text'],
    digest: ['text'],
  },
};

/** Asks a database what its columns are. @returns remembers which of them are something else than their entities say */
export async function compareTypes(
  dataSource: DataSource,
  runner: QueryRunner,
  names: readonly string[],
): Promise<() => void> {
  const byPlace = new Map<string, StoredColumn[]>();
  for (const stored of await askColumns(dataSource, runner, names)) {
    const place = placeOf(
      storedTableClock(dataSource, stored.schema, stored.table),
      columnName(dataSource, stored.column),
    );
    byPlace.set(place, [...(byPlace.get(place) ?? []), stored]);
  }
  return () => {
    for (const column of dataSource.entityMetadatas.flatMap(({ columns }) => columns)) {
      const place = placeOf(entityClock(column.entityMetadata), columnName(dataSource, column.databaseName));
      const all = byPlace.get(place) ?? [];
      noteColumn(column, {
        isUnlike: all.some((stored) => isUnlike(dataSource, column, stored)),
        isAltering: isMysql(dataSource) && all.some((stored) => mayAlter(dataSource, column, stored)),
      });
    }
  };
}

function isUnlike(dataSource: DataSource, column: ColumnMetadata, { type, isCollated = false }: StoredColumn): boolean {
  const kind = declaredSpelling(column)?.kind;
  const expected = kind && EXPECTED[familyOf(dataSource)][kind];
  return isCollated || (expected !== undefined && !expected.includes(type));
}

/** What a server makes of a value that does not fit, where it is not strict, is known by what the entity says. */
function mayAlter(dataSource: DataSource, column: ColumnMetadata, stored: StoredColumn): boolean {
  if (column.isNullable && !stored.isNullable) return true;
  if (stored.isCounting && !column.isGenerated) return true;
  if (column.enum) return !column.enum.every((value) => stored.definition?.includes(`'${value}'`));
  if (!WHOLE.includes(stored.type)) return false;
  const keyed = column.referencedColumn ?? column;
  const declared = WHOLE.indexOf(dataSource.driver.normalizeType(keyed).replace('integer', 'int'));
  return WHOLE.indexOf(stored.type) < declared || keyed.unsigned !== stored.isUnsigned;
}

function familyOf(dataSource: DataSource): keyof typeof EXPECTED {
  if (isMysql(dataSource)) return 'mysql';
  return dataSource.options.type === 'postgres' ? 'postgres' : 'embedded';
}

const placeOf = (clock: string, column: string): string => JSON.stringify([clock, column]);

const POSTGRES = `
  SELECT n.nspname AS "schema", c.relname AS "table", a.attname AS "column",
    CASE WHEN b.typtype = 'e' THEN 'enum' ELSE b.typname END AS "type",
    coalesce(NOT l.collisdeterministic, false) AS "isCollated"
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_type t ON t.oid = a.atttypid JOIN pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND lower(c.relname) = ANY ($1::text[])`;

const SQLITE = `
  SELECT m.name AS "table", x.name AS "column", upper(x.type) AS "type", m.sql LIKE '%collate%' AS "isCollated"
  FROM sqlite_master m JOIN pragma_table_xinfo(m.name) x WHERE m.type = 'table'`;

interface InMysql {
  readonly s: string;
  readonly t: string;
  readonly c: string;
  readonly type: string;
  readonly definition: string;
  readonly nullable: string;
  readonly extra: string;
}

async function askColumns(
  dataSource: DataSource,
  runner: QueryRunner,
  names: readonly string[],
): Promise<readonly StoredColumn[]> {
  switch (familyOf(dataSource)) {
    case 'postgres':
      return (await runner.query(POSTGRES, [names])) as StoredColumn[];
    case 'mysql': {
      const databases = [...new Set(dataSource.entityMetadatas.flatMap(({ database }) => database || []))];
      const places = ['DATABASE()', ...databases.map(() => '?')].join(', ');
      const sql = `SELECT table_schema AS s, table_name AS t, column_name AS c, data_type AS type, column_type AS definition, is_nullable AS nullable, extra AS extra FROM information_schema.columns WHERE table_schema IN (${places})`;
      const rows = (await runner.query(sql, databases)) as InMysql[];
      return rows.map(({ s, t, c, type, definition, nullable, extra }) => ({
        schema: s,
        table: t,
        column: c,
        type: type.toLowerCase(),
        isNullable: nullable === 'YES',
        isCounting: /auto_increment/i.test(extra),
        isUnsigned: /unsigned/i.test(definition),
        definition,
      }));
    }
    default: {
      const rows = (await runner.query(SQLITE)) as {
        table: string;
        column: string;
        type: string;
        isCollated: number;
      }[];
      return rows.map(({ table, column, type, isCollated }) => {
        const affinity = affinityOf(type);
        return { table, column, type: affinity, isCollated: isCollated === 1 && affinity === 'text' };
      });
    }
  }
}

/** What SQLite makes of a type. */
function affinityOf(type: string): string {
  if (type.includes('INT')) return 'integer';
  if (/CHAR|CLOB|TEXT/.test(type)) return 'text';
  if (type === '' || type.includes('BLOB')) return 'none';
  return /REAL|FLOA|DOUB/.test(type) ? 'real' : 'numeric';
}
