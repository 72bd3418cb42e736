import type { DataSource, DataSourceOptions, QueryRunner } from 'typeorm';

/** What belongs to a DataSource: an entity's metadata, a query runner, a query builder. TypeORM 1 calls it so, 0.3 its `connection`. */
type Owned = { readonly dataSource: DataSource } | { readonly connection: DataSource };

/** The DataSource something of TypeORM's belongs to. */
export function dataSourceOf(owned: Owned): DataSource {
  return 'dataSource' in owned ? owned.dataSource : owned.connection;
}

/** What TypeORM does with `null` and `undefined` in a filter: 1.x throws unless it was told otherwise, 0.3 passes over them. */
export function invalidWhereValues(owned: Owned): Required<WhereValues> {
  const unsaid = 'dataSource' in owned ? 'throw' : 'ignore';
  const { undefined: ofUndefined, null: ofNull } = dataSourceOf(owned).options.invalidWhereValuesBehavior ?? {};
  return { undefined: ofUndefined ?? unsaid, null: ofNull ?? unsaid };
}

type WhereValues = NonNullable<DataSourceOptions['invalidWhereValuesBehavior']>;

/** Whether a runner's `query()` waits for what its listeners do after a statement. MySQL's of 0.3 looks for that before the server answers. */
export function awaitsListenersAfter(runner: QueryRunner): boolean {
  return 'dataSource' in runner || !/^(mysql|mariadb)$/.test(dataSourceOf(runner).options.type);
}
