import type { DataSource, EntityMetadata } from 'typeorm';
import { dataSourceOf } from '../peers/typeorm.js';
import { EMBEDDED, exactText, integer, INTEGERS, uuid } from './exact-values.js';
import { isUnlike } from './stored-columns.js';
import { isRepeatable } from './stored-keys.js';
import { joinKeys, textKey } from './text-key.js';

type ColumnMetadata = EntityMetadata['columns'][number];

/**
 * Names a row by its primary key, as its clock is called. `undefined` where the database may compare the value differently than we do
 * (case, accents, trailing spaces, rounding): `'FOO'` and `'foo'` would be two clocks of one row, so the rows of such a table have none.
 */
export type RowKey = (valueOf: (column: ColumnMetadata) => unknown) => string | undefined;

const compiled = new WeakMap<EntityMetadata, RowKey>();
const spellings = new WeakMap<EntityMetadata, string>();

export function rowKey(metadata: EntityMetadata): RowKey {
  let key = compiled.get(metadata);
  if (!key) compiled.set(metadata, (key = compile(metadata)));
  return key;
}

/**
 * What tells two spellings of a table's rows apart: the columns of the key and how each is read. Entities that share a table may
 * know its rows by different keys.
 */
export function keySpelling(metadata: EntityMetadata): string {
  let spelling = spellings.get(metadata);
  if (spelling === undefined) spellings.set(metadata, (spelling = spell(metadata)));
  return spelling;
}

function spell(metadata: EntityMetadata): string {
  const { primaryColumns } = metadata;
  const dataSource = dataSourceOf(metadata);
  return primaryColumns.map((column) => `${column.databaseName}:${canonical(dataSource, column)?.kind ?? ''}`).join();
}

function compile(metadata: EntityMetadata): RowKey {
  const { primaryColumns } = metadata;
  const dataSource = dataSourceOf(metadata);
  const columns = primaryColumns.map((column) => ({ column, canonical: canonical(dataSource, column) }));
  if (!columns.length || columns.some(({ canonical: known }) => !known)) return () => undefined;
  return (valueOf) => {
    if (isRepeatable(metadata) || primaryColumns.some(isUnlike)) return undefined;
    const parts: string[] = [];
    for (const { column, canonical: known } of columns) {
      const part = known!.read(valueOf(column));
      if (part === undefined) return undefined;
      parts.push(part);
    }
    return textKey(joinKeys(parts));
  };
}

interface Canonical {
  readonly kind: string;
  /** How a value of the column reads when the database would call it equal. */
  readonly read: (value: unknown) => string | undefined;
}

/** `undefined` for a column we cannot speak for. */
function canonical(dataSource: DataSource, column: ColumnMetadata): Canonical | undefined {
  // A foreign key that is a primary key has the type of what it refers to.
  const keyed = column.referencedColumn ?? column;
  if (keyed.transformer || column.transformer || column.isArray || column.collation) return undefined;
  const type = dataSource.driver.normalizeType(keyed);
  const family = dataSource.options.type;
  if (INTEGERS.test(type)) return { kind: 'integer', read: integer };
  if (type === 'uuid' && (family === 'postgres' || family === 'mariadb')) return { kind: 'uuid', read: uuid };
  // PostgreSQL's deterministic collations and SQLite's BINARY compare bytes; MySQL's collations fold case and pad.
  const exactTypes = family === 'postgres' ? /^(character varying|varchar|text)$/ : /^(varchar|text)$/;
  if ((family === 'postgres' || EMBEDDED.test(family)) && exactTypes.test(type))
    return { kind: 'text', read: exactText };
  return undefined;
}
