import type { DataSource, EntityMetadata, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { DriverUtils } from 'typeorm/driver/DriverUtils.js';
import { dataSourceOf } from '../peers/typeorm.js';
import { copyQuery } from '../query/copy-query.js';
import type { Refinement } from '../query/entity-query.js';
import { asksRelated, type Where } from '../query/where.js';
import { inHalves } from './in-halves.js';

type Builder = SelectQueryBuilder<ObjectLiteral>;

/** A condition as TypeORM writes it, `:parameters` and all. */
interface Written {
  readonly sql: string;
  readonly parameters: ObjectLiteral;
}

/**
 * Narrows a query of an entity, which has its own filter already, down to the rows of which every refinement is true. Whatever is added
 * to it later may name parameters as it likes.
 *
 * @param withDeleted whether related rows that are soft-deleted count, too
 */
export function refine(
  builder: Builder,
  metadata: EntityMetadata,
  refinements: readonly Refinement[],
  withDeleted = false,
): void {
  nameOwnApart(builder);
  if (!refinements.length) return;
  const all = refinements.map((refinement, i) => {
    const write = asksRelated(metadata, refinement.where) ? ofRelated : ofRow;
    return renamed(write(builder, metadata, refinement, withDeleted), `qscache_${i}_`);
  });
  const conditions = all.map(({ sql }) => sql);
  builder.andWhere(inHalves(conditions, 'AND'));
  for (const { parameters } of all) builder.setParameters(parameters);
}

/** `Raw` names parameters as it likes, and so may a cast in another condition: `::text`. */
function nameOwnApart({ expressionMap }: Builder): void {
  const { wheres, parameters } = expressionMap;
  const apart = (sql: string) => renamed({ sql, parameters }, 'qscache_own_');
  expressionMap.parameters = apart('').parameters;
  // What find options say is written as text.
  for (const where of wheres) where.condition = apart(where.condition as string).sql;
}

/** Of the row alone: the condition as it stands, or that it is not true. */
function ofRow(outer: Builder, metadata: EntityMetadata, { where, isExcluded }: Refinement): Written {
  const builder = filtered(dataSourceOf(outer), metadata, outer.alias, where);
  // What find options say is written as text.
  const said = builder.expressionMap.wheres.map(({ condition }) => `(${condition as string})`);
  const sql = said.join(' AND ') || '1 = 1';
  return { sql: isExcluded ? `(${sql}) IS NOT TRUE` : sql, parameters: builder.getParameters() };
}

/** Of related rows: that the row is among those found, or is not. */
function ofRelated(
  outer: Builder,
  metadata: EntityMetadata,
  { where, isExcluded }: Refinement,
  withDeleted: boolean,
): Written {
  const alias = outer.alias.toLowerCase() === 'same' ? 'itself' : 'same';
  // After the joins: whether a deleted row counts is for the query around this one to say, of its related rows for the filter.
  const builder = filtered(dataSourceOf(outer), metadata, alias, where, withDeleted).withDeleted();
  builder.select('1');
  const column = (of: string, name: string) => `${outer.escape(of)}.${outer.escape(name)}`;
  const equals = metadata.tableType === 'view' ? equalsOrBothNull(dataSourceOf(outer)) : '=';
  for (const { databaseName } of metadata.primaryColumns)
    builder.andWhere(`${column(alias, databaseName)} ${equals} ${column(outer.alias, databaseName)}`);
  const sql = `${isExcluded ? 'NOT ' : ''}EXISTS (${builder.getQuery()})`;
  return { sql, parameters: builder.getParameters() };
}

/** The rows that `find` would find, with no joins but those of the filter. */
function filtered(
  dataSource: DataSource,
  { target }: EntityMetadata,
  alias: string,
  where: Where<ObjectLiteral>,
  withDeleted = false,
): Builder {
  return dataSource
    .createQueryBuilder<ObjectLiteral>(target, alias)
    .setFindOptions({ where: copyQuery(where), withDeleted, loadEagerRelations: false, relationLoadStrategy: 'join' });
}

/** Under names that no other condition of the statement has: every builder counts from 0, and `Raw` names as it likes. */
function renamed({ sql, parameters }: Written, prefix: string): Written {
  return {
    // Exactly what TypeORM's drivers take for a parameter.
    sql: sql.replaceAll(/:(\.\.\.)?([A-Za-z0-9_.]+)/g, (text, isList: string | undefined, name: string) =>
      Object.hasOwn(parameters, name) ? `:${isList ?? ''}${prefix}${name}` : text,
    ),
    parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [prefix + name, value])),
  };
}

/** What a view calls its key may be NULL. */
function equalsOrBothNull({ driver }: DataSource): string {
  if (DriverUtils.isPostgresFamily(driver)) return 'IS NOT DISTINCT FROM';
  return DriverUtils.isMySQLFamily(driver) ? '<=>' : 'IS';
}
