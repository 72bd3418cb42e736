import type { DataSource, EntityMetadata } from 'typeorm';
import { columnName, type ColumnSpelling, declaredSpelling } from '../../naming/column-value.js';
import { isMysql } from '../../naming/database-name.js';
import { noteColumn } from '../../naming/stored-columns.js';
import { entityClock } from '../../naming/table-clocks.js';
import { byClock, type StoredColumn, type StoredTable } from './stored-tables.js';

type ColumnMetadata = EntityMetadata['columns'][number];
type Kind = ColumnSpelling['kind'];

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

/** Remembers which columns are something else than their entities say. */
export function noteColumns(dataSource: DataSource, tables: readonly StoredTable[]): void {
  const stored = byClock(dataSource, tables);
  for (const metadata of dataSource.entityMetadatas) {
    const columns = (stored.get(entityClock(metadata)) ?? []).flatMap((table) => table.columns);
    for (const column of metadata.columns) {
      const name = columnName(dataSource, column.databaseName);
      const all = columns.filter((each) => columnName(dataSource, each.name) === name);
      noteColumn(column, {
        isUnlike: all.some((each) => isUnlike(dataSource, column, each)),
        isAltering: all.some((each) => mayAlter(dataSource, column, each)),
      });
    }
  }
}

function isUnlike(dataSource: DataSource, column: ColumnMetadata, { type, isCollated = false }: StoredColumn): boolean {
  const kind = declaredSpelling(column)?.kind;
  const expected = kind && EXPECTED[familyOf(dataSource)][kind];
  return isCollated || (expected !== undefined && !expected.includes(type));
}

/** What a server makes of a value that does not fit, where it is not strict, is known by what the entity says. */
function mayAlter(dataSource: DataSource, column: ColumnMetadata, { type, inMysql: stored }: StoredColumn): boolean {
  if (!stored) return false;
  if (column.isNullable && !stored.isNullable) return true;
  if (stored.isCounting && !column.isGenerated) return true;
  if (column.enum) return !column.enum.every((value) => stored.definition.includes(`'${value}'`));
  if (!WHOLE.includes(type)) return false;
  const keyed = column.referencedColumn ?? column;
  const declared = WHOLE.indexOf(dataSource.driver.normalizeType(keyed).replace('integer', 'int'));
  return WHOLE.indexOf(type) < declared || keyed.unsigned !== stored.isUnsigned;
}

function familyOf(dataSource: DataSource): keyof typeof EXPECTED {
  if (isMysql(dataSource)) return 'mysql';
  return dataSource.options.type === 'postgres' ? 'postgres' : 'embedded';
}
