import type { EntityMetadata } from 'typeorm';
import { type Change, changeText, type Image } from '../journal/change.js';
import { type ColumnValue, columnValue, SOMETHING } from '../naming/column-value.js';
import { isMysql, isPostgres } from '../naming/database-name.js';
import { isAltering } from '../naming/stored-columns.js';
import { dataSourceOf } from '../peers/typeorm.js';
import type { KnownTables } from './known-tables.js';
import type { PlainTable } from './stored/plain-tables.js';
import type { GivenValue, GivenValues, TableChange } from './sql/statement-effect.js';
import type { MappedColumns, TableMap } from './table-map.js';

type ColumnMetadata = EntityMetadata['columns'][number];

/** What a statement's change of a table is read with. */
export interface StatementReading {
  readonly parameters: readonly unknown[];
  readonly tables: TableMap;
  readonly known: KnownTables;
}

/** The same of one table. */
interface TableReading extends StatementReading {
  readonly columns: MappedColumns;
  readonly plain: PlainTable;
}

/** More rows are told as any rows. */
const MOST_IMAGES = 50;

/** `i:` and as many digits as any database takes for a whole number. */
const LONGEST_INTEGER = 20;

/**
 * What a statement says it does to the table of a clock, for the clock's journal, an upsert two things; `undefined` where more may have
 * happened, or nobody can tell: then it may have changed anything.
 */
export function statementChanges(
  written: TableChange,
  clock: string,
  reading: StatementReading,
): readonly Change[] | undefined {
  const { tables, known } = reading;
  const table = known.get(clock);
  const columns = tables.columnsOf(clock);
  if (!table || !columns || !written.isTold || mayHoldSql(reading)) return undefined;
  if (table.followsItself && movesKeys(written, tables)) return undefined;
  const changes = changesOf(written, { ...reading, columns, plain: table });
  return changes?.every((change) => change !== undefined) ? changes : undefined;
}

function changesOf(written: TableChange, reading: TableReading): readonly (Change | undefined)[] | undefined {
  const { table, action, inserted, conflict } = written;
  if (action !== 'upsert') return [changeOf(written, reading)];
  if (!conflict) return undefined;
  const insert: TableChange = { table, action: 'insert', ...(inserted && { inserted }) };
  const rows = imagesOf(conflict.rows, (row) => imageOf(row, reading, storedValue));
  const assigned = reading.tables.assigned(table, conflict.assigned)!;
  const update = changeOf({ table, action: 'update', assigned, values: conflict.values }, reading);
  return [changeOf(insert, reading), update && { ...update, rows }];
}

/** For a journal: where its rows take too much room there, of any rows. */
export function changeTextOf(change: Change): string | undefined {
  return changeText(change) ?? changeText({ ...change, rows: undefined });
}

function changeOf(written: TableChange, reading: TableReading): Change | undefined {
  const { tables, plain } = reading;
  const at = Date.now();
  switch (written.action) {
    case 'insert': {
      const rows = imagesOf(written.inserted, (row) => imageOf(row, reading, storedValue));
      return { action: 'insert', at, rows, assigned: [], values: {} };
    }
    case 'update': {
      if (!written.assigned) return undefined;
      const assigned = [...new Set([...written.assigned, ...plain.computed].map(tables.columnName))];
      const values = imageOf(written.values ?? new Map(), reading, storedValue);
      return { action: 'update', at, rows: rowsBefore(written, reading), assigned, values };
    }
    case 'delete':
      return { action: 'delete', at, rows: rowsBefore(written, reading), assigned: [], values: {} };
    default:
      return undefined;
  }
}

/** MySQL's driver writes arrays as lists and objects as assignments: then the text is not the one that runs. */
function mayHoldSql({ parameters, tables }: StatementReading): boolean {
  return (
    isMysql(tables.dataSource) &&
    parameters.some(
      (value) => typeof value === 'object' && value !== null && !(value instanceof Date) && !Buffer.isBuffer(value),
    )
  );
}

function movesKeys({ table, action, assigned, conflict }: TableChange, tables: TableMap): boolean {
  if (action === 'upsert') return tables.hasKeyAmong(table, conflict?.assigned);
  return action === 'delete' || (action === 'update' && tables.hasKeyAmong(table, assigned));
}

function rowsBefore({ rows }: TableChange, reading: TableReading): readonly Image[] | undefined {
  return imagesOf(rows?.alternatives, (row) => imageOf(row, reading, comparedValue));
}

/** `undefined` for any row: there are too many, or nothing is known of one of them. */
function imagesOf(
  rows: readonly GivenValues[] | undefined,
  imageOfRow: (row: GivenValues) => Image,
): readonly Image[] | undefined {
  if (!rows || rows.length > MOST_IMAGES) return undefined;
  const images = rows.map(imageOfRow);
  return images.every((image) => Object.keys(image).length > 0) ? images : undefined;
}

type Read = (column: ColumnMetadata, value: unknown) => ColumnValue | undefined;

function imageOf(row: GivenValues, reading: TableReading, read: Read): Image {
  const { parameters, tables, columns, plain } = reading;
  const image = Object.create(null) as Record<string, ColumnValue>;
  for (const [name, given] of row) {
    const column = tables.columnName(name);
    const mapped = columns.get(column);
    // Of another default only the database knows.
    if ('isDefault' in given && !plain.nullByDefault.some((each) => tables.columnName(each) === column)) continue;
    const value = mapped && agreed(mapped, valueOf(given, parameters), read);
    if (value !== undefined) image[column] = value;
  }
  return image;
}

/** Entities may map one table: what they do not agree about is not known. */
function agreed(mapped: readonly ColumnMetadata[], value: unknown, read: Read): ColumnValue | undefined {
  const [first, ...others] = mapped.map((column) => read(column, value));
  return others.every((other) => other === first) ? first : undefined;
}

/** What a column holds that equals a value. */
function comparedValue(column: ColumnMetadata, value: unknown): ColumnValue | undefined {
  const read = columnValue(column, value);
  // A larger one is no integer any more, for some databases.
  return read?.startsWith('i:') && read.length > LONGEST_INTEGER ? undefined : read;
}

/** Stands for the time of day among the values a statement gives. */
const NOW = Symbol('now');

/** What a column holds once it was given a value: a database may store another one than it was given. */
function storedValue(column: ColumnMetadata, value: unknown): ColumnValue | undefined {
  // Of a column nobody is told of, neither whether it is NULL.
  if (value === NOW) return column.isNullable && columnValue(column, null) === null ? SOMETHING : undefined;
  if (isAltering(column)) return undefined;
  // MySQL makes of NULL what it likes where it may not stay.
  if (value === null) return column.isNullable && !column.isGenerated ? null : undefined;
  const read = comparedValue(column, value);
  // It counts on.
  if (read === 'i:0' && column.isGenerated) return undefined;
  // PostgreSQL cuts off what stands behind a column's length, if these are spaces.
  const isCut = typeof value === 'string' && value.endsWith(' ') && isPostgres(dataSourceOf(column.entityMetadata));
  return isCut ? undefined : read;
}

function valueOf(given: GivenValue, parameters: readonly unknown[]): unknown {
  if ('isNow' in given) return NOW;
  // Asked for where that is what it is.
  if ('isDefault' in given) return null;
  return 'parameter' in given ? parameters[given.parameter] : given.literal;
}
