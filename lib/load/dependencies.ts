import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { type Dependency, ROWS_PER_TABLE } from '../cache/dependency.js';
import type { IdentifiedRow } from '../naming/identified-row.js';
import { keySpelling, rowKey } from '../naming/row-key.js';
import { entityDatabaseClock, entityClock } from '../naming/table-clocks.js';
import type { EntityQuery } from '../query/entity-query.js';
import { properties } from '../query/properties.js';
import { owns, relatedEntities, type RelationNode } from './relation-paths.js';

/**
 * What an entry depends on. Rows where only a write to those rows can change what it shows: the root of a get that pins a unique
 * key, and to-one rows whose foreign key their owner holds. Every write to the table for all else.
 */
export class EntityDependencies {
  /** Tables of which any write counts, whatever the query. */
  readonly #coarse = new Set<string>();
  /** Tables whose rows may be told apart. */
  readonly #fine = new Set<string>();
  readonly #root: string;
  /** Of queries that mention no further table. */
  #plain: { readonly of: number; readonly clocks: readonly string[] } | undefined;

  constructor(
    private readonly metadata: EntityMetadata,
    private readonly relations: readonly RelationNode[],
    /** Tables the manager declares or earlier loads were seen to read. */
    private readonly declared: ReadonlySet<string>,
    /** Whether entities are made of the rows: only then TypeORM reads more along with them than it is asked for. */
    private readonly makesEntities = true,
  ) {
    this.#root = entityClock(metadata);
    this.#coarse.add(entityDatabaseClock(metadata));
    if (makesEntities) addAutomatic(metadata, this.#coarse);
    this.#addRelations(relations);
  }

  /** The clock of every table a load may read, so that an as-of can be taken of each beforehand. */
  clocks(query: EntityQuery): readonly string[] {
    const { where, order, refinements } = query;
    if (where !== undefined || order !== undefined || refinements !== undefined) return this.#clocks(query);
    // Until another load is seen to read a table nobody knew of.
    if (this.#plain?.of !== this.declared.size) this.#plain = { of: this.declared.size, clocks: this.#clocks({}) };
    return this.#plain.clocks;
  }

  /** The dependencies of a list, or of a get whose filter pins no row: any write to any of its tables. */
  ofTables(query: EntityQuery): Dependency[] {
    return this.clocks(query).map((clock) => ({ clock }));
  }

  /** What a get by primary key is known to show before it was loaded. */
  ofIdentified({ row }: Pick<IdentifiedRow, 'row'>): Dependency[] {
    return row === undefined ? [] : [{ clock: this.#root, rows: [row], key: keySpelling(this.metadata) }];
  }

  /** The dependencies of a get whose filter pins one row. */
  ofRow(query: EntityQuery, root: ObjectLiteral): Dependency[] {
    const rows: Rows = new Map();
    for (const clock of this.#coarseFor(query)) rows.set(clock, 'all');
    addRow(rows, this.metadata, root);
    addRelated(rows, this.relations, root);
    return this.clocks(query).map((clock) => {
      const found = rows.get(clock);
      if (!found || found === 'all' || found.names.size > ROWS_PER_TABLE) return { clock };
      return { clock, rows: [...found.names], key: found.key };
    });
  }

  #clocks(query: EntityQuery): readonly string[] {
    return [...new Set([this.#root, ...this.#fine, ...this.#coarseFor(query)])];
  }

  #coarseFor({ where, order, refinements = [] }: EntityQuery): Set<string> {
    const clocks = new Set([...this.#coarse, ...this.declared]);
    for (const mentioned of [where, order, ...refinements.map((refinement) => refinement.where)])
      addMentioned(this.metadata, mentioned, clocks);
    return clocks;
  }

  #addRelations(nodes: readonly RelationNode[]): void {
    for (const { relation, children } of nodes) {
      const related = relation.inverseEntityMetadata;
      this.#coarse.add(entityDatabaseClock(related));
      if (relation.isManyToOne || relation.isOneToOneOwner) this.#fine.add(entityClock(related));
      else addRelationTables(relation, this.#coarse);
      if (this.makesEntities) addAutomatic(related, this.#coarse);
      this.#addRelations(children);
    }
  }
}

/** What TypeORM reads along with an entity without being asked: eager relations and relation ids. */
function addAutomatic(metadata: EntityMetadata, clocks: Set<string>, seen = new Set<EntityMetadata>()): void {
  if (seen.has(metadata)) return;
  seen.add(metadata);
  for (const each of [metadata, ...metadata.childEntityMetadatas]) {
    for (const relation of each.eagerRelations) {
      addRelationTables(relation, clocks);
      addAutomatic(relation.inverseEntityMetadata, clocks, seen);
    }
    for (const { relation } of each.relationIds) addRelationTables(relation, clocks);
  }
}

function addRelationTables(relation: EntityMetadata['relations'][number], clocks: Set<string>): void {
  clocks.add(entityDatabaseClock(relation.inverseEntityMetadata)).add(entityClock(relation.inverseEntityMetadata));
  if (relation.junctionEntityMetadata) clocks.add(entityClock(relation.junctionEntityMetadata));
}

/** The tables a filter or an order walks through. */
function addMentioned(metadata: EntityMetadata, mentioned: unknown, clocks: Set<string>, prefix = ''): void {
  if (typeof mentioned !== 'object' || mentioned === null) return;
  if (Array.isArray(mentioned)) for (const each of mentioned) addMentioned(metadata, each, clocks, prefix);
  for (const [property, value] of properties(mentioned)) {
    const path = prefix + property;
    const relation = metadata.findRelationWithPropertyPath(path);
    if (relation) {
      addRelationTables(relation, clocks);
      addMentioned(relation.inverseEntityMetadata, value, clocks);
    } else if (metadata.findEmbeddedWithPropertyPath(path)) {
      addMentioned(metadata, value, clocks, `${path}.`);
    }
  }
}

/** By clock, the rows that are shown and what they are named by. */
type Rows = Map<string, { readonly names: Set<string>; readonly key: string } | 'all'>;

function addRelated(rows: Rows, nodes: readonly RelationNode[], parent: ObjectLiteral): void {
  for (const node of nodes) {
    if (!owns(node, parent)) continue;
    const { relation, children } = node;
    const related = relatedEntities(node, parent);
    if (relation.isManyToOne || relation.isOneToOneOwner) {
      // Nothing there today may be a soft-deleted row restored tomorrow.
      if (!related.length) rows.set(entityClock(relation.inverseEntityMetadata), 'all');
      for (const row of related) addRow(rows, relation.inverseEntityMetadata, row);
    }
    for (const row of related) addRelated(rows, children, row);
  }
}

function addRow(rows: Rows, metadata: EntityMetadata, row: ObjectLiteral): void {
  const clock = entityClock(metadata);
  const known = rows.get(clock);
  if (known === 'all') return;
  const name = rowKey(metadata)((column) => column.getEntityValue(row));
  const key = keySpelling(metadata);
  // Two entities on one table may name its rows by different keys.
  if (name === undefined || (known && known.key !== key)) rows.set(clock, 'all');
  else if (known) known.names.add(name);
  else rows.set(clock, { names: new Set([name]), key });
}
