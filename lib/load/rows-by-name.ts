import { Brackets, type DataSource, type EntityMetadata, type ObjectLiteral, type QueryRunner } from 'typeorm';
import type { Unseen } from '../cache/judgement.js';
import type { Image } from '../journal/change.js';
import type { LoadedFootprint } from '../journal/footprint.js';
import { columnName, columnValue, type ColumnValue, loadedValue, SOMETHING } from '../naming/column-value.js';
import { rowKey } from '../naming/row-key.js';
import { entityClock, entityDatabaseClock } from '../naming/table-clocks.js';
import { tableIdentity } from '../naming/table-identity.js';
import { keyOf } from './shown-rows.js';
import { withoutResultCache } from './without-result-cache.js';

type Column = EntityMetadata['columns'][number];

/** Rows by what changes call them, whatever entity they are and be they soft-deleted: some columns of each, in one statement. */
export class RowsByName {
  readonly #metadata: EntityMetadata | undefined;
  readonly #columns: readonly Column[];

  constructor(
    private readonly dataSource: DataSource,
    private readonly asked: Unseen,
    columns: ReadonlySet<string>,
  ) {
    const { clock, table, key } = asked;
    // What is dear comes last: most tables have another clock.
    const metadata = dataSource.entityMetadatas.find(
      (each) =>
        !each.parentEntityMetadata &&
        entityClock(each) === clock &&
        keyOf(each).join() === key.join() &&
        tableIdentity(each) === table,
    );
    this.#metadata = metadata;
    const isWanted = ({ databaseName }: Column) => columns.has(columnName(dataSource, databaseName));
    this.#columns = (metadata?.columns ?? []).filter((column) => isWanted(column) && canBeTold(column));
  }

  /** What is read; nothing where there is nothing to ask. */
  get clocks(): readonly string[] {
    return this.#metadata && this.#columns.length ? [this.asked.clock, entityDatabaseClock(this.#metadata)] : [];
  }

  /** Of those that are there. */
  async see(runner: QueryRunner): Promise<LoadedFootprint> {
    const metadata = this.#metadata!;
    const found = await this.#find(metadata, runner);
    const images = new Map<string, Image>();
    for (const row of found) {
      const name = rowKey(metadata)((column) => row[aliasOf(metadata, column)]);
      if (name !== undefined) images.set(name, this.#imageOf(metadata, row));
    }
    const { table, key } = this.asked;
    return { table, key, rows: [...images.keys()], shown: [], filtering: [], ordering: [], images: () => images };
  }

  #find(metadata: EntityMetadata, runner: QueryRunner): Promise<ObjectLiteral[]> {
    const builder = withoutResultCache(this.dataSource).createQueryBuilder(metadata.target, 'seen', runner);
    const named = ({ databaseName }: Column) => `${builder.escape('seen')}.${builder.escape(databaseName)}`;
    builder.select([]).withDeleted();
    for (const column of new Set([...metadata.primaryColumns, ...this.#columns]))
      builder.addSelect(named(column), aliasOf(metadata, column));
    this.asked.rows.forEach((row, i) => {
      const isRow = new Brackets((where) => {
        metadata.primaryColumns.forEach((column, j) => {
          const held = row[columnName(this.dataSource, column.databaseName)];
          where.andWhere(`${named(column)} = :seen_${i}_${j}`, { [`seen_${i}_${j}`]: parameter(held) });
        });
      });
      builder.orWhere(isRow);
    });
    return builder.getRawMany();
  }

  #imageOf(metadata: EntityMetadata, row: ObjectLiteral): Image {
    const image: Record<string, ColumnValue> = {};
    for (const column of this.#columns) {
      const held = row[aliasOf(metadata, column)] as unknown;
      // Of what we cannot speak for it is known at least that it is not NULL.
      const value = held === null ? null : (loadedValue(column, held) ?? SOMETHING);
      image[columnName(this.dataSource, column.databaseName)] = value;
    }
    return image;
  }
}

/** Nothing is said of what is not shown unasked. */
function canBeTold(column: Column): boolean {
  return columnValue(column, null) === null;
}

function aliasOf({ columns }: EntityMetadata, column: Column): string {
  return `seen_${columns.indexOf(column)}`;
}

/** What is said of a column without its kind; whole numbers that JavaScript has as such. */
function parameter(held: ColumnValue | undefined): unknown {
  const text = held?.slice(2);
  return held?.startsWith('i:') && Number.isSafeInteger(Number(text)) ? Number(text) : text;
}
