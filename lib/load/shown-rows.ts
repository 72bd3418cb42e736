import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Image } from '../journal/change.js';
import type { KeyColumn } from '../journal/footprint.js';
import { columnName, columnSpelling, type ColumnValue, loadedValue } from '../naming/column-value.js';
import { rowKey } from '../naming/row-key.js';
import { isRepeatable } from '../naming/stored-keys.js';
import { dataSourceOf } from '../peers/typeorm.js';
import { ownValue, propertyOf } from './own-value.js';

type Column = EntityMetadata['columns'][number];

/** More rows of one table than these are not named. */
const MOST_ROWS = 5_000;

/** What rows are named by. */
export function keyOf(metadata: EntityMetadata): KeyColumn[] {
  const { primaryColumns } = metadata;
  if (isRepeatable(metadata)) return [];
  const spelled = primaryColumns.map((column) => ({ column, spelling: columnSpelling(column) }));
  if (!spelled.every(({ spelling }) => spelling && spelling.kind !== 'folded')) return [];
  const dataSource = dataSourceOf(metadata);
  return spelled.map(({ column, spelling }) => [columnName(dataSource, column.databaseName), spelling!.kind[0]!]);
}

/** `undefined` where one has no name, or there are too many. */
export function namesOf(metadata: EntityMetadata, entities: readonly ObjectLiteral[]): string[] | undefined {
  if (entities.length > MOST_ROWS) return undefined;
  const name = rowKey(metadata);
  const names: string[] = [];
  for (const entity of entities) {
    const row = name((column) => column.getEntityValue(entity));
    if (row === undefined) return undefined;
    names.push(row);
  }
  return names;
}

function hydrated(column: Column, entity: ObjectLiteral): unknown {
  const { relationMetadata, referencedColumn } = column;
  if (!relationMetadata || !referencedColumn) return propertyOf(column, entity);
  const related = ownValue(entity, relationMetadata.propertyName);
  // That a related row was not found does not say that none is referred to.
  return typeof related === 'object' && related !== null ? propertyOf(referencedColumn, related) : undefined;
}

/** What was found in these columns, as far as we can speak for it. */
export function imagesOf(
  metadata: EntityMetadata,
  entities: readonly ObjectLiteral[],
  names: readonly string[],
  columns: ReadonlySet<string>,
): ReadonlyMap<string, Image> {
  const dataSource = dataSourceOf(metadata);
  const known = metadata.columns
    .filter((column) => columnSpelling(column) ?? column.isDeleteDate)
    .map((column) => ({ column, name: columnName(dataSource, column.databaseName) }))
    .filter(({ name }) => columns.has(name));
  const images = new Map<string, Image>();
  if (!known.length) return images;
  names.forEach((row, i) => {
    const image: Record<string, ColumnValue> = {};
    for (const { column, name } of known) {
      const held = hydrated(column, entities[i]!);
      const value = held === undefined ? undefined : loadedValue(column, held);
      if (value !== undefined) image[name] = value;
    }
    images.set(row, image);
  });
  return images;
}

/**
 * As TypeORM selects: what a selection names, or all but what is never selected unasked. A foreign key that no property holds shows nothing but
 * the row it leads to.
 */
export function shownColumns({ columns: all }: EntityMetadata, select: object | undefined): Column[] {
  const columns = all.filter(
    ({ isVirtual, isPrimary, relationMetadata }) => !isVirtual || isPrimary || !relationMetadata,
  );
  const named = select && columns.filter((column) => column.isPrimary || isSelected(select, column.propertyPath));
  const isNamed = ({ relationMetadata, propertyPath }: Column) =>
    !relationMetadata && isSelected(select!, propertyPath);
  if (named?.some(isNamed)) return named;
  return columns.filter(({ isSelect }) => isSelect);
}

function isSelected(select: object, path: string): boolean {
  let level: unknown = select;
  for (const name of path.split('.')) {
    if (level === true) return true;
    if (typeof level !== 'object' || level === null) return false;
    level = (level as Record<string, unknown>)[name];
  }
  return level === true || (typeof level === 'object' && level !== null);
}
