import type {
  DataSource,
  EntityMetadata,
  FindOptionsRelations,
  ObjectLiteral,
  QueryRunner,
  SelectQueryBuilder,
} from 'typeorm';
import { recordHydration } from '../codec/hydration.js';
import { copyQuery } from '../query/copy-query.js';
import type { EntityQuery } from '../query/entity-query.js';
import { partAt } from '../query/property-path.js';
import { copier } from './copy-entities.js';
import { countedRows } from './counted-rows.js';
import { hasEagerCircle, withEagerRelations } from './eager-relations.js';
import { keepKeys } from './keep-keys.js';
import { LoadTree } from './load-tree.js';
import { MOST_KEYED, rememberKeys } from './loaded-keys.js';
import { type Loaded, LoadedRows, UnpairedRowsError } from './loaded-rows.js';
import { type PartOfQuery, prefetchQuery, referredQuery } from './prefetch-query.js';
import { inOrderOfFind } from './property-order.js';
import { type Referred, referredName, referredTo } from './referred-rows.js';
import { refine } from './refine.js';
import { joinedOnly, owns, type RelationNode } from './relation-paths.js';
import { selectOrder } from './select-order.js';
import { withoutResultCache } from './without-result-cache.js';

/** Parents asked for in one statement, and values that tell them apart: PostgreSQL takes 65,535 parameters, SQLite 32,766. */
const PARENTS_PER_QUERY = 10_000;
const VALUES_PER_QUERY = 30_000;

/** Turns a query into entities, the way TypeORM's `find` does, with joins and one extra query per prefetched relation. */
export class EntityLoader {
  readonly #relations: readonly RelationNode[];
  readonly #all: LoadTree;
  /** For lists that load nothing of what is prefetched. */
  readonly #joined: LoadTree;
  /** Whether TypeORM may add the eager relations: a circle of them it would join without end. */
  readonly #loadEagerRelations: boolean;
  /** Of what is loaded here; a builder that is handed out asks as its owner likes. */
  readonly #uncached: DataSource;

  constructor(
    private readonly dataSource: DataSource,
    private readonly metadata: EntityMetadata,
    relations: readonly RelationNode[],
  ) {
    this.#uncached = withoutResultCache(dataSource);
    this.#loadEagerRelations = !hasEagerCircle(metadata);
    this.#relations = this.#loadEagerRelations ? relations : withEagerRelations(metadata, relations);
    this.#all = new LoadTree(metadata, this.#relations);
    this.#joined = new LoadTree(metadata, joinedOnly(this.#relations));
  }

  /** Without its prefetched relations: what one statement can say. */
  queryBuilder(
    query: EntityQuery,
    runner?: QueryRunner,
    withRelations = true,
    alias = this.metadata.name,
  ): SelectQueryBuilder<ObjectLiteral> {
    return this.#queryBuilder(this.dataSource, query, joinedRelations(this.#relations), runner, withRelations, alias);
  }

  /**
   * Entities as the database has them now, before any `@AfterLoad`: those run on every copy that is handed out, so a payload must
   * not already carry what they did.
   */
  async load(query: EntityQuery, runner: QueryRunner, prefetch: boolean): Promise<ObjectLiteral[]> {
    const tree = prefetch ? this.#all : this.#joined;
    const nodes = tree.nodesFor(query);
    return recordHydration(this.dataSource, () =>
      nodes.some(prefetches)
        ? this.#loadAndPrefetch(tree, nodes, query, runner)
        : this.#loadPlain(query, nodes, runner),
    );
  }

  async #loadPlain(query: EntityQuery, nodes: readonly RelationNode[], runner: QueryRunner): Promise<ObjectLiteral[]> {
    const builder = this.#loadingBuilder(query, nodes, runner);
    const { entities, raw } = await builder.getRawAndEntities();
    if (entities.length > MOST_KEYED) return entities;
    const rows = new LoadedRows(builder);
    try {
      rememberKeys(this.metadata, builder.alias, rows.roots(raw as ObjectLiteral[], entities), rows);
    } catch (error) {
      if (!(error instanceof UnpairedRowsError)) throw error;
    }
    return entities;
  }

  /**
   * With no joins but those that leave rows out: of a filter, an order, and of relations that must have a row and lack it. What is
   * selected does not matter to how many there are; TypeORM would count distinct values of it.
   */
  countBuilder(query: EntityQuery, runner: QueryRunner): SelectQueryBuilder<ObjectLiteral> {
    const { select: _, ...unselected } = query;
    const { joinAttributes } = this.queryBuilder(unselected, runner, false).expressionMap;
    const needed = new Set(joinAttributes.map(({ alias }) => alias.name));
    const builder = this.#queryBuilder(this.#uncached, unselected, joinedRelations(this.#relations), runner);
    const { expressionMap } = builder;
    // From below: what leaves rows out may hang on what does not.
    for (const { direction, alias, parentAlias } of expressionMap.joinAttributes.toReversed()) {
      if (direction === 'INNER') needed.add(alias.name);
      if (parentAlias !== undefined && needed.has(alias.name)) needed.add(parentAlias);
    }
    expressionMap.joinAttributes = expressionMap.joinAttributes.filter(({ alias }) => needed.has(alias.name));
    return builder;
  }

  /** @returns the rows' names as well, where they have any and are few */
  async count(query: EntityQuery, runner: QueryRunner): Promise<{ count: number; rows?: readonly string[] }> {
    const rows = await countedRows(this.metadata, this.countBuilder(query, runner));
    return rows ? { count: rows.length, rows } : { count: await this.countBuilder(query, runner).getCount() };
  }

  async #loadAndPrefetch(
    tree: LoadTree,
    nodes: readonly RelationNode[],
    query: EntityQuery,
    runner: QueryRunner,
  ): Promise<ObjectLiteral[]> {
    const builder = this.#loadingBuilder(query, nodes, runner);
    const { entities, raw } = await builder.getRawAndEntities();
    const rows = new LoadedRows(builder);
    try {
      const roots = rows.roots(raw as ObjectLiteral[], entities);
      rememberKeys(this.metadata, builder.alias, roots, rows);
      if (await this.#below(nodes, builder.alias, roots, rows, query, runner)) return entities;
    } catch (error) {
      if (!(error instanceof UnpairedRowsError)) throw error;
    }
    return this.#loadJoined(tree, query, runner);
  }

  /** Loads what is prefetched at and below these nodes; `false` when a parent could not be found again, or given its own copy. */
  async #below(
    nodes: readonly RelationNode[],
    alias: string,
    parents: readonly Loaded[],
    rows: LoadedRows,
    asked: PartOfQuery,
    runner: QueryRunner,
  ): Promise<boolean> {
    for (const node of nodes) {
      if (!prefetches(node)) continue;
      const owners = parents.filter(({ entity }) => owns(node, entity));
      if (!owners.length) continue;
      const below = part(asked, node.relation.propertyPath);
      if (node.prefetch) {
        if (!(await this.#prefetch(node, alias, owners, rows, below, runner))) return false;
      } else {
        const joined = rows.joined(alias, node, owners);
        if (!(await this.#below(node.children, joined.alias, joined.loaded, rows, below, runner))) return false;
      }
    }
    if (nodes.some(({ prefetch }) => prefetch)) {
      const settle = inOrderOfFind(nodes[0]!.owner, nodes);
      for (const { entity } of parents) settle(entity);
    }
    return true;
  }

  async #prefetch(
    node: RelationNode,
    alias: string,
    owners: readonly Loaded[],
    rows: LoadedRows,
    asked: PartOfQuery,
    runner: QueryRunner,
  ): Promise<boolean> {
    const { relation, owner } = node;
    const keys = new Map(owners.map(({ name, key }) => [name, key]));
    const found = new Map<string, unknown>();
    const referred = referredTo(node, alias, owners, rows, asked);
    if (referred && !(await this.#findReferred(node, referred, asked, runner, found))) return false;
    // An owner soft-deleted since it was loaded must not look as if it had nothing. Only then: relation ids would name soft-deleted rows.
    for (const withDeletedOwners of owner.deleteDateColumn && !asked.withDeleted ? [false, true] : [false]) {
      const missing = [...keys].filter(([name]) => !found.has(name)).map(([, key]) => key);
      if (!(await this.#find(node, missing, withDeletedOwners, asked, runner, found))) return false;
    }
    if (found.size < keys.size) return false;
    const copy = copier(relation.inverseEntityMetadata);
    const given = new Set<unknown>();
    for (const { name, entity } of owners) {
      const value = found.get(name);
      // `select: { users: {} }` asks for nothing, and gets no property.
      if (value === undefined) continue;
      const own = given.has(value) ? copy(value) : value;
      if (own === undefined) return false;
      relation.setEntityValue(entity, own);
      given.add(value);
    }
    return true;
  }

  /** What owners refer to by a foreign key, each row once. Who is not found may still have been deleted with its owner: that is asked again. */
  async #findReferred(
    { relation, children: declared }: RelationNode,
    { owners, keys }: Referred,
    asked: PartOfQuery,
    runner: QueryRunner,
    found: Map<string, unknown>,
  ): Promise<boolean> {
    const related = relation.inverseEntityMetadata;
    const children = childrenOf(related, declared);
    const entities = new Map<string, ObjectLiteral>();
    for (const some of chunks([...keys.values()], related)) {
      const builder = referredQuery(this.#uncached, related, children, asked, some, runner);
      const { entities: made, raw } = await builder.getRawAndEntities();
      const rows = new LoadedRows(builder);
      const loaded = rows.roots(raw as ObjectLiteral[], made);
      if (!(await this.#below(children, builder.alias, loaded, rows, asked, runner))) return false;
      for (const { key, entity } of loaded) {
        const name = referredName(related, key);
        if (name !== undefined) entities.set(name, entity);
      }
    }
    for (const [owner, name] of owners) {
      if (name === null) found.set(owner, null);
      else if (entities.has(name)) found.set(owner, entities.get(name));
    }
    return true;
  }

  /** One query after the other: a connection can only run one, and a second connection could deadlock a small pool. */
  async #find(
    node: RelationNode,
    keys: Keys,
    withDeletedOwners: boolean,
    asked: PartOfQuery,
    runner: QueryRunner,
    found: Map<string, unknown>,
  ): Promise<boolean> {
    const { relation, owner } = node;
    const related = relation.inverseEntityMetadata;
    const children = childrenOf(related, node.children);
    for (const some of chunks(keys, owner)) {
      const builder = prefetchQuery(this.#uncached, { ...node, children }, asked, some, withDeletedOwners, runner);
      const { entities, raw } = await builder.getRawAndEntities();
      const rows = new LoadedRows(builder);
      const parents = rows.roots(raw as ObjectLiteral[], entities);
      if (children.some(prefetches)) {
        const { alias, loaded } = rows.joined(builder.alias, node, parents);
        if (!(await this.#below(children, alias, loaded, rows, asked, runner))) return false;
      }
      for (const { name, entity } of parents) found.set(name, relation.getEntityValue(entity));
    }
    return true;
  }

  /**
   * Everything in one statement: for a key that does not survive the way through the driver (microseconds, a large number in
   * SQLite), for a parent that was deleted before its relations were asked for, and for what cannot be copied to several parents.
   */
  #loadJoined({ nodes }: LoadTree, query: EntityQuery, runner: QueryRunner): Promise<ObjectLiteral[]> {
    const { joinAttributes } = this.queryBuilder(query, runner).expressionMap;
    const insisted = new Set(joinAttributes.map(({ alias }) => alias.name));
    const builder = this.#loadingBuilder(query, allJoined(nodes), runner);
    // A prefetched relation leaves no row out.
    for (const join of builder.expressionMap.joinAttributes)
      if (!insisted.has(join.alias.name)) join.direction = 'LEFT';
    return builder.getMany();
  }

  #loadingBuilder(
    query: EntityQuery,
    nodes: readonly RelationNode[],
    runner: QueryRunner,
  ): SelectQueryBuilder<ObjectLiteral> {
    const builder = this.#queryBuilder(this.#uncached, query, joinedRelations(nodes), runner).callListeners(false);
    return query.take !== undefined || query.skip ? keepKeys(selectOrder(builder, this.#relations)) : builder;
  }

  #queryBuilder(
    dataSource: DataSource,
    { refinements = [], ...asked }: EntityQuery,
    relations: FindOptionsRelations<ObjectLiteral>,
    runner?: QueryRunner,
    withRelations = true,
    alias = this.metadata.name,
  ): SelectQueryBuilder<ObjectLiteral> {
    const query = copyQuery(asked);
    const builder = dataSource.createQueryBuilder(this.metadata.target, alias, runner);
    // MySQL has no OFFSET without LIMIT, and TypeORM refuses to write one.
    if (query.skip && query.take === undefined) query.take = Number.MAX_SAFE_INTEGER;
    builder.setFindOptions({
      ...query,
      ...(withRelations ? { relations } : {}),
      loadEagerRelations: withRelations && this.#loadEagerRelations,
      relationLoadStrategy: 'join',
      // A DataSource with `cache: { alwaysEnabled: true }` would feed us old rows.
      cache: false,
    });
    refine(builder, this.metadata, refinements, query.withDeleted);
    // TypeORM takes 0 for "no limit" where anything is joined.
    return query.take === 0 ? builder.limit(0) : builder;
  }
}

/** Those of a circle TypeORM does not join itself. */
function childrenOf(metadata: EntityMetadata, children: readonly RelationNode[]): readonly RelationNode[] {
  return hasEagerCircle(metadata) ? withEagerRelations(metadata, children) : children;
}

type Keys = readonly (readonly unknown[])[];

function* chunks(keys: Keys, { primaryColumns }: EntityMetadata): Generator<Keys> {
  const size = Math.min(PARENTS_PER_QUERY, Math.floor(VALUES_PER_QUERY / primaryColumns.length));
  for (let i = 0; i < keys.length; i += size) yield keys.slice(i, i + size);
}

function prefetches({ prefetch, children }: RelationNode): boolean {
  return prefetch || children.some(prefetches);
}

function part({ select, order, withDeleted }: PartOfQuery, path: string): PartOfQuery {
  return { select: partAt(select, path), order: partAt(order, path), withDeleted };
}

/** With the eager relations below those that were prefetched, as their own query would have joined them. */
function allJoined(nodes: readonly RelationNode[]): RelationNode[] {
  return nodes.map((node) => {
    const { relation, prefetch, children } = node;
    const below = prefetch ? withEagerRelations(relation.inverseEntityMetadata, children) : children;
    return { ...node, prefetch: false, children: allJoined(below) };
  });
}

/** `{ user: { company: true } }` */
function joinedRelations(nodes: readonly RelationNode[]): FindOptionsRelations<ObjectLiteral> {
  const tree: FindOptionsRelations<ObjectLiteral> = {};
  for (const { relation, prefetch, children } of nodes) {
    if (prefetch) continue;
    const path = relation.propertyPath.split('.');
    const name = path.pop()!;
    const level = path.reduce((parent, each) => (parent[each] ??= {}) as FindOptionsRelations<ObjectLiteral>, tree);
    level[name] = { ...(level[name] as object), ...joinedRelations(children) };
    if (!Object.keys(level[name] as object).length) level[name] = true;
  }
  return tree;
}
