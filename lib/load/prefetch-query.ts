import {
  type DataSource,
  type EntityMetadata,
  EntityPropertyNotFoundError,
  type ObjectLiteral,
  type QueryRunner,
  type SelectQueryBuilder,
} from 'typeorm';
import { DriverUtils } from 'typeorm/driver/DriverUtils.js';
import { dataSourceOf } from '../peers/typeorm.js';
import { properties } from '../query/properties.js';
import { partAt } from '../query/property-path.js';
import { member } from '../query/where.js';
import { hasEagerCircle } from './eager-relations.js';
import { inHalves } from './in-halves.js';
import type { RelationNode } from './relation-paths.js';

/** What a query says of one of its relations. */
export interface PartOfQuery {
  readonly select?: object | undefined;
  readonly order?: object | undefined;
  /** Whether rows are found that are soft-deleted, too. */
  readonly withDeleted?: boolean | undefined;
}

/** The rows of a prefetched relation, each with the key of its owner. An owner without any comes back as well: it is still there. */
export function prefetchQuery(
  dataSource: DataSource,
  { relation, owner, children }: RelationNode,
  { select, order, withDeleted }: PartOfQuery,
  keys: readonly (readonly unknown[])[],
  withDeletedOwners: boolean,
  runner: QueryRunner,
): SelectQueryBuilder<ObjectLiteral> {
  const builder = dataSource.createQueryBuilder(owner.target, 'owner', runner).callListeners(false).cache(false);
  const related = relation.inverseEntityMetadata;
  if (withDeleted) builder.withDeleted();
  // A key that is a relation's own property cannot be selected alone.
  if (owner.primaryColumns.every((column) => column.relationMetadata?.propertyPath !== column.propertyPath)) {
    builder.select(owner.primaryColumns.map(({ propertyPath }) => `owner.${propertyPath}`));
  }
  builder.leftJoin(`owner.${relation.propertyPath}`, 'related');
  builder.addSelect(select ? selected(related, 'related', select) : ['related']);
  joinBelow(builder, related, 'related', children, select);
  if (order) addOrder(builder, related, 'related', order);
  // What is asked for goes before the order that the entity has of its own.
  else addOwnOrder(builder, related);
  // After the joins, so that it is about owners only.
  if (withDeletedOwners) builder.withDeleted();
  return builder.where(keyIn(builder, 'owner', owner, keys));
}

/** The rows that foreign keys name, without their owners. */
export function referredQuery(
  dataSource: DataSource,
  related: EntityMetadata,
  children: readonly RelationNode[],
  { order, withDeleted }: PartOfQuery,
  keys: readonly (readonly unknown[])[],
  runner: QueryRunner,
): SelectQueryBuilder<ObjectLiteral> {
  const builder = dataSource.createQueryBuilder(related.target, 'related', runner).callListeners(false).cache(false);
  if (withDeleted) builder.withDeleted();
  joinBelow(builder, related, 'related', children);
  if (order) addOrder(builder, related, 'related', order);
  return builder.where(keyIn(builder, 'related', related, keys));
}

/** The keys as the driver gave them: through a transformer they might not come back as they were. */
function keyIn(
  builder: SelectQueryBuilder<ObjectLiteral>,
  alias: string,
  { primaryColumns }: EntityMetadata,
  keys: readonly (readonly unknown[])[],
): string {
  const names = primaryColumns.map(({ databaseName }) => `${builder.escape(alias)}.${builder.escape(databaseName)}`);
  if (names.length === 1) {
    builder.setParameter(
      'keys',
      keys.map(([value]) => parameterOf(builder, primaryColumns[0]!, value)),
    );
    return `${names[0]} IN (:...keys)`;
  }
  const conditions = keys.map((key, i) => {
    key.forEach((value, place) =>
      builder.setParameter(`key_${i}_${place}`, parameterOf(builder, primaryColumns[place]!, value)),
    );
    return `(${names.map((name, place) => `${name} = :key_${i}_${place}`).join(' AND ')})`;
  });
  return inHalves(conditions, 'OR');
}

/** The driver of PostgreSQL parses JSON, and would take an array back for one of PostgreSQL's, a text for JSON's own. */
function parameterOf(
  builder: SelectQueryBuilder<ObjectLiteral>,
  { type, isArray }: EntityMetadata['columns'][number],
  value: unknown,
): unknown {
  if (type !== 'jsonb' || !DriverUtils.isPostgresFamily(dataSourceOf(builder).driver)) return value;
  return isArray && Array.isArray(value) ? value.map((item) => JSON.stringify(item)) : JSON.stringify(value);
}

function joinBelow(
  builder: SelectQueryBuilder<ObjectLiteral>,
  metadata: EntityMetadata,
  parent: string,
  nodes: readonly RelationNode[],
  select?: object,
): void {
  for (const { relation, prefetch, children } of nodes) {
    if (prefetch) continue;
    const { inverseEntityMetadata: related, propertyPath } = relation;
    const alias = aliasBelow(builder, parent);
    const below = partAt(select, propertyPath);
    builder.leftJoin(`${parent}.${propertyPath}`, alias);
    builder.addSelect(below ? selected(related, alias, below) : [alias]);
    joinBelow(builder, related, alias, children, below);
  }
  // Those of a circle are among the nodes.
  if (hasEagerCircle(metadata)) return;
  // As `find` does below a relation that was asked for: one level, not the eager relations of eager ones.
  for (const relation of metadata.eagerRelations) {
    if (nodes.some((node) => node.relation === relation)) continue;
    builder.leftJoinAndSelect(`${parent}.${relation.propertyPath}`, aliasBelow(builder, parent));
  }
}

/** Short: a database cuts a name that is too long, and two may become one. */
function aliasBelow(builder: SelectQueryBuilder<ObjectLiteral>, parent: string): string {
  return `${parent}_${builder.expressionMap.joinAttributes.length}`;
}

/** What TypeORM's `select` option takes: columns, and those of embedded objects. */
function selected(metadata: EntityMetadata, alias: string, select: object, prefix = ''): string[] {
  return properties(select).flatMap(([property, value]) => {
    const path = prefix + property;
    if (value === undefined || value === false) return [];
    const { column, embedded, relation } = member(metadata, path);
    if (column) return [`${alias}.${path}`];
    if (embedded) return selected(metadata, alias, value as object, `${path}.`);
    if (!relation) throw new EntityPropertyNotFoundError(path, metadata);
    return [];
  });
}

function addOrder(
  builder: SelectQueryBuilder<ObjectLiteral>,
  metadata: EntityMetadata,
  alias: string,
  order: unknown,
  prefix = '',
): void {
  if (typeof order !== 'object' || order === null) return;
  for (const [property, value] of Object.entries(order) as [string, unknown][]) {
    if (value === undefined) continue;
    const path = prefix + property;
    const relation = metadata.findRelationWithPropertyPath(path);
    if (metadata.findColumnWithPropertyPathStrict(path)) {
      const { direction, nulls } = typeof value === 'object' ? (value as Ordering) : { direction: value };
      const descends = direction === 'DESC' || direction === 'desc' || direction === -1;
      builder.addOrderBy(`${alias}.${path}`, descends ? 'DESC' : 'ASC', nullsOrder(nulls));
    } else if (relation) {
      const below = aliasBelow(builder, alias);
      builder.leftJoin(`${alias}.${path}`, below);
      addOrder(builder, relation.inverseEntityMetadata, below, value);
    } else if (metadata.findEmbeddedWithPropertyPath(path)) {
      addOrder(builder, metadata, alias, value, `${path}.`);
    }
  }
}

function addOwnOrder(builder: SelectQueryBuilder<ObjectLiteral>, { orderBy }: EntityMetadata): void {
  for (const [path, value] of Object.entries(orderBy ?? {})) {
    const { order, nulls } = typeof value === 'object' ? value : { order: value };
    builder.addOrderBy(`related.${path}`, order, nulls);
  }
}

interface Ordering {
  readonly direction?: unknown;
  readonly nulls?: string;
}

function nullsOrder(nulls: string | undefined): 'NULLS FIRST' | 'NULLS LAST' | undefined {
  if (nulls?.toLowerCase() === 'first') return 'NULLS FIRST';
  return nulls?.toLowerCase() === 'last' ? 'NULLS LAST' : undefined;
}
