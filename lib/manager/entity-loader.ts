import {
  type DataSource,
  type EntityMetadata,
  type FindManyOptions,
  type FindOptionsRelations,
  FindOptionsUtils,
  type ObjectLiteral,
  type QueryRunner,
  type SelectQueryBuilder,
} from 'typeorm';
import { recordHydration } from '../codec/hydration.js';
import { copier } from './copy-entities.js';
import { copyQuery } from './copy-query.js';
import { rowName } from './pinned-row.js';
import { setValueAt, valueAt } from './property-path.js';
import { queryText } from './query-text.js';
import type { RelationNode } from './relation-paths.js';

/** The part of TypeORM's find options a query set can carry. */
export type EntityQuery = Pick<FindManyOptions<ObjectLiteral>, 'where' | 'order' | 'select' | 'skip' | 'take'>;

/** Parents asked for in one statement: PostgreSQL takes 65,535 parameters, SQLite 32,766. */
const PARENTS_PER_QUERY = 10_000;

/** Turns a query into entities, the way TypeORM's `find` does, with joins and one extra query per prefetched relation. */
export class EntityLoader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly metadata: EntityMetadata,
    private readonly relations: readonly RelationNode[],
  ) {}

  /** Without its prefetched relations: what one statement can say. */
  queryBuilder(
    asked: EntityQuery,
    runner?: QueryRunner,
    withRelations = true,
    alias = this.metadata.name,
  ): SelectQueryBuilder<ObjectLiteral> {
    const query = copyQuery(asked);
    const builder = this.dataSource.createQueryBuilder(this.metadata.target, alias, runner);
    // MySQL has no OFFSET without LIMIT, and TypeORM refuses to write one.
    if (query.skip && query.take === undefined) query.take = Number.MAX_SAFE_INTEGER;
    return builder.setFindOptions({
      ...query,
      ...(withRelations ? { relations: joinedRelations(this.relations) } : { loadEagerRelations: false }),
      relationLoadStrategy: 'join',
      // A DataSource with `cache: { alwaysEnabled: true }` would feed us old rows.
      cache: false,
    });
  }

  /**
   * Entities as the database has them now, before any `@AfterLoad`: those run on every copy that is handed out, so a payload must
   * not already carry what they did.
   */
  async load(query: EntityQuery, runner: QueryRunner, prefetch: boolean): Promise<ObjectLiteral[]> {
    const select = prefetch && query.select && withKeys(this.metadata, this.relations, query.select);
    const asked = select ? { ...query, select } : query;
    return recordHydration(this.dataSource, async () => {
      const entities = await this.queryBuilder(asked, runner).callListeners(false).getMany();
      if (prefetch && entities.length) await this.#prefetchBelow(this.relations, entities, runner);
      return entities;
    });
  }

  /** One query after the other: a connection can only run one, and a second connection could deadlock a small pool. */
  async #prefetchBelow(
    nodes: readonly RelationNode[],
    parents: readonly ObjectLiteral[],
    runner: QueryRunner,
  ): Promise<void> {
    for (const node of nodes) {
      const owners = parents.filter((parent) => owns(node, parent));
      if (node.prefetch) await this.#prefetch(node, owners, runner);
      const children = owners.flatMap((owner) => relatedEntities(node, owner));
      if (children.length) await this.#prefetchBelow(node.children, children, runner);
    }
  }

  async #prefetch(
    { relation, children }: RelationNode,
    parents: readonly ObjectLiteral[],
    runner: QueryRunner,
  ): Promise<void> {
    const owner = relation.entityMetadata;
    // A key may be an instance that shows nothing of itself: what the database knows it by does.
    const idOf = (parent: ObjectLiteral) => rowName(owner, parent) ?? queryText(owner.getEntityIdMap(parent));
    const byId = new Map(parents.map((parent) => [idOf(parent), owner.getEntityIdMap(parent)!]));
    const ids = [...byId.values()];
    const found = new Map<string, unknown>();
    for (let i = 0; i < ids.length; i += PARENTS_PER_QUERY) {
      const builder = this.dataSource
        .createQueryBuilder(owner.target, 'owner', runner)
        .callListeners(false)
        .cache(false);
      // A key that is itself a foreign key cannot be selected alone.
      if (owner.primaryColumns.every((column) => !column.relationMetadata)) {
        builder.select(owner.primaryColumns.map(({ propertyPath }) => `owner.${propertyPath}`));
      }
      builder.innerJoinAndSelect(`owner.${relation.propertyPath}`, 'related');
      joinBelow(builder, 'related', children);
      FindOptionsUtils.joinEagerRelations(builder, 'related', relation.inverseEntityMetadata);
      // A parent soft-deleted since it was loaded must not look as if it had nothing. After the joins, so that it is about parents only.
      if (owner.deleteDateColumn) builder.withDeleted();
      for (const row of await builder.whereInIds(ids.slice(i, i + PARENTS_PER_QUERY)).getMany()) {
        found.set(idOf(row), relation.getEntityValue(row, true));
      }
    }
    const none = relation.isOneToMany || relation.isManyToMany ? () => [] : () => null;
    const copy = copier(relation.inverseEntityMetadata);
    const given = new Set<unknown>();
    for (const parent of parents) {
      const value = found.get(idOf(parent)) ?? none();
      relation.setEntityValue(parent, given.has(value) ? copy(value) : value);
      given.add(value);
    }
  }
}

/** Prefetched relations are found by their owner's key: without it, every one of them would look empty. */
function withKeys(metadata: EntityMetadata, nodes: readonly RelationNode[], select: object): object {
  const selected = copyQuery(select);
  if (nodes.some(({ prefetch }) => prefetch)) {
    for (const { propertyPath } of metadata.primaryColumns) setValueAt(selected, propertyPath, true);
  }
  for (const { relation, children } of nodes) {
    const below = valueAt(selected, relation.propertyPath);
    if (typeof below === 'object' && below !== null) {
      setValueAt(selected, relation.propertyPath, withKeys(relation.inverseEntityMetadata, children, below));
    }
  }
  return selected;
}

/** The loaded entities of a relation, however many. */
export function relatedEntities({ relation }: RelationNode, owner: ObjectLiteral): ObjectLiteral[] {
  const value: unknown = relation.getEntityValue(owner, true);
  if (Array.isArray(value)) return value as ObjectLiteral[];
  return value ? [value as ObjectLiteral] : [];
}

/** Whether the entity is of the class, or a subclass of it, that declares the relation. */
export function owns({ relation }: RelationNode, entity: ObjectLiteral): boolean {
  const { target } = relation.entityMetadata;
  return typeof target !== 'function' || entity instanceof target;
}

function joinBelow(builder: SelectQueryBuilder<ObjectLiteral>, parent: string, nodes: readonly RelationNode[]): void {
  for (const { relation, prefetch, children } of nodes) {
    if (prefetch) continue;
    const alias = `${parent}_${relation.propertyPath.replaceAll('.', '_')}`;
    builder.leftJoinAndSelect(`${parent}.${relation.propertyPath}`, alias);
    joinBelow(builder, alias, children);
    FindOptionsUtils.joinEagerRelations(builder, alias, relation.inverseEntityMetadata);
  }
}

/** `{ user: { company: true } }` */
function joinedRelations(nodes: readonly RelationNode[]): FindOptionsRelations<ObjectLiteral> {
  const tree: FindOptionsRelations<ObjectLiteral> = {};
  for (const { relation, prefetch, children } of nodes) {
    if (prefetch) continue;
    const path = relation.propertyPath.split('.');
    const name = path.pop()!;
    const level = path.reduce((parent, part) => (parent[part] ??= {}) as FindOptionsRelations<ObjectLiteral>, tree);
    level[name] = { ...(level[name] as object), ...joinedRelations(children) };
    if (!Object.keys(level[name] as object).length) level[name] = true;
  }
  return tree;
}
