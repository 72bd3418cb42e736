import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Image } from '../journal/change.js';
import type { Condition } from '../journal/condition.js';
import type { LoadedFootprint, Window } from '../journal/footprint.js';
import { columnName, columnValue, type ColumnValue } from '../naming/column-value.js';
import { entityClock } from '../naming/table-clocks.js';
import { declaredUniques } from '../naming/pinned-row.js';
import { isRepeatable } from '../naming/stored-keys.js';
import { tableIdentity } from '../naming/table-identity.js';
import { dataSourceOf } from '../peers/typeorm.js';
import type { EntityQuery } from '../query/entity-query.js';
import { partAt } from '../query/property-path.js';
import { asksRelated, namesParameters, saysSql } from '../query/where.js';
import { type AskedRows, askedRows, every, mayPassAbsent } from './asked-rows.js';
import { hasEagerCircle, withEagerRelations } from './eager-relations.js';
import { owns, relatedEntities, type RelationNode } from './relation-paths.js';
import { heldValue, heldValues, referredBy } from './held-values.js';
import { propertyOf } from './own-value.js';
import { requiredOnly } from './required-relations.js';
import { imagesOf, keyOf, namesOf, shownColumns } from './shown-rows.js';
import { orderOf, windowOf } from './windows.js';

type Column = EntityMetadata['columns'][number];
type Relation = EntityMetadata['relations'][number];

/** By clock; of a table without, any write counts. */
export type FootprintsOf = ReadonlyMap<string, readonly LoadedFootprint[]>;

/** Whether every foreign key of a relation is known to name a row that is there: the database sees to it. */
export type IsEnforced = (relation: Relation) => boolean;

const NOWHERE: FootprintsOf = new Map();

/** What a query found. */
interface FoundByQuery {
  /** `undefined` where it only counted them. */
  readonly entities?: readonly ObjectLiteral[] | undefined;
  /** The names of rows that it counted, as far as they are known. */
  readonly rows?: readonly string[] | undefined;
  /** Tables that a subquery of the load has read. */
  readonly wholeTables?: ReadonlySet<string> | undefined;
}

/** What the entries of a manager rest on in each table they read. */
export class EntityFootprints {
  readonly #nodes: readonly RelationNode[] | undefined;

  constructor(
    private readonly metadata: EntityMetadata,
    relations: readonly RelationNode[],
    /** Tables of which any write counts. */
    private readonly declared: ReadonlySet<string>,
    private readonly isEnforced: IsEnforced,
  ) {
    const nodes = hasEagerCircle(metadata) ? undefined : withEagerRelations(metadata, relations);
    this.#nodes = nodes && [metadata, ...relatedTo(nodes)].every(isPlainEntity) ? nodes : undefined;
  }

  of(query: EntityQuery, { entities, rows, wholeTables: apart = new Set() }: FoundByQuery): FootprintsOf {
    const nodes = this.#nodes;
    if (!nodes || saysMore(this.metadata, query)) return NOWHERE;
    const found = new Found(this.isEnforced, query.withDeleted === true, entities === undefined);
    found.addRoot(this.metadata, query, entities ? nodes : requiredOnly(nodes), entities, rows);
    for (const clock of this.declared) found.giveUp(clock);
    // Of a part of a list TypeORM asks for the keys first, in a query around the same one.
    if (!query.skip && query.take === undefined) for (const clock of apart) found.giveUp(clock);
    return found.all;
  }
}

/** What is made of one query and what it found. */
class Found {
  readonly #byClock = new Map<string, LoadedFootprint[]>();
  readonly #given = new Set<string>();

  constructor(
    private readonly isEnforced: IsEnforced,
    /** Whether rows are found that are soft-deleted, too. */
    private readonly withDeleted: boolean,
    /** Whether nothing is said of the rows but how many there are. */
    private readonly isCounted: boolean,
  ) {}

  get all(): FootprintsOf {
    for (const clock of this.#given) this.#byClock.delete(clock);
    return this.#byClock;
  }

  giveUp(clock: string): void {
    this.#given.add(clock);
  }

  addRoot(
    metadata: EntityMetadata,
    query: EntityQuery,
    nodes: readonly RelationNode[],
    entities: readonly ObjectLiteral[] | undefined,
    counted: readonly string[] | undefined,
  ): void {
    const { where, order, refinements = [] } = query;
    const refined = refinements.map((refinement): AskedRows => {
      const asked = askedRows(metadata, refinement.where);
      if (!refinement.isExcluded) return asked;
      return { ...asked, condition: ['untrue', asked.condition ?? ['and', []]] };
    });
    const asked = every([askedRows(metadata, where), ...refined]);
    const window = windowOf(metadata, query, order ?? metadata.orderBy, entities ?? []);
    this.#add(metadata, nodes, entities, { asked, order, select: query.select, window, counted });
  }

  /** Rows of one table, shown or only asked about, and all that is read through them. */
  #add(
    metadata: EntityMetadata,
    nodes: readonly RelationNode[],
    entities: readonly ObjectLiteral[] | undefined,
    place: Place,
  ): void {
    const { asked, order, select, window, isReferred, owners } = place;
    const dataSource = dataSourceOf(metadata);
    const named = (column: Column) => columnName(dataSource, column.databaseName);
    const filtering = new Set([...asked.columns, ...metadata.primaryColumns.map(named)]);
    for (const column of place.referenced ?? []) filtering.add(named(column));
    const conditions: Condition[] = asked.condition ? [asked.condition] : [];
    const { deleteDateColumn, discriminatorColumn, parentEntityMetadata } = metadata;
    if (deleteDateColumn && !this.withDeleted) {
      filtering.add(named(deleteDateColumn));
      conditions.push(['null', named(deleteDateColumn)]);
    }
    if (discriminatorColumn) {
      filtering.add(named(discriminatorColumn));
      if (parentEntityMetadata) conditions.push(ofClass(metadata, named(discriminatorColumn), discriminatorColumn));
    }
    if (place.leading) conditions.push(place.leading);
    if (owners) {
      for (const column of owners.columns) filtering.add(named(column));
      if (owners.condition) conditions.push(owners.condition);
    }
    const ordered = orderOf(metadata, order ?? metadata.orderBy);
    const relations = new Map<Relation, RelationNode | undefined>(
      [...asked.related.keys()].map((each) => [each, undefined]),
    );
    for (const relation of ordered.related.keys()) relations.set(relation, undefined);
    for (const node of nodes) relations.set(node.relation, node);
    const leading = new Set<string>();
    for (const [relation, node] of relations) {
      const isAsked = asked.related.has(relation) || ordered.related.has(relation);
      const decides = isAsked || mayHide(relation, node);
      // Which row it leads to decides what is shown, and unless it may lead to none, whether anything is.
      const columns = decides || !holdsKey(relation) ? filtering : leading;
      for (const column of ownColumns(relation)) columns.add(named(column));
      this.#addRelated(metadata, relation, node, isAsked, entities, {
        asked: asked.related.get(relation) ?? NOTHING_ASKED,
        order: ordered.related.get(relation),
        select: partAt(select, relation.propertyPath),
        ...(decides && window && { window: OF_ALL }),
      });
    }
    const clock = entityClock(metadata);
    const key = keyOf(metadata);
    const names = entities ? namesOf(metadata, entities) : place.counted;
    const shown = entities ? shownColumns(metadata, select) : [];
    const held = entities && heldValues(metadata, shown, nodes, entities);
    const filter = place.maybeAbsent ? undefined : allOf(conditions);
    const footprint: LoadedFootprint = {
      table: tableIdentity(metadata),
      key,
      rows: names,
      shown: [...new Set([...shown.map(named), ...leading])],
      filtering: [...filtering],
      ordering: this.isCounted ? [] : ordered.columns.map(named),
      ...(filter && { filter }),
      ...(window && { window }),
      ...(isReferred && { isReferred }),
      ...(held && { held }),
      images:
        names &&
        ((columns) => (entities ? imagesOf(metadata, entities, names, columns) : new Map(names.map(nothingOf)))),
    };
    this.#put(clock, footprint);
  }

  #addRelated(
    owner: EntityMetadata,
    relation: Relation,
    node: RelationNode | undefined,
    isAsked: boolean,
    parents: readonly ObjectLiteral[] | undefined,
    place: Pick<Place, 'asked' | 'order' | 'select' | 'window'>,
  ): void {
    const related = relation.inverseEntityMetadata;
    const isToOne = holdsKey(relation);
    // A filter on several related rows, or an order by them, says more than what each of them must be like.
    if (!isPlainEntity(related) || (isAsked && !isToOne)) return this.#giveUpRelated(relation);
    const entities = node && parents?.flatMap((parent) => (owns(node, parent) ? relatedEntities(node, parent) : []));
    const children = node?.children ?? [];
    const isReferred = this.isEnforced(relation);
    if (isToOne) {
      const referenced = relation.joinColumns.flatMap(({ referencedColumn }) => referencedColumn ?? []);
      // Where the related row decides whether its owner is shown, or where, those decide as well that nobody refers to yet.
      const isShownOnly = node && !isAsked && !mayHide(relation, node);
      const leading = isShownOnly && parents ? referredBy(owner, node, parents) : undefined;
      const areShown = isShownOnly && parents !== undefined && leadSomewhere(node, parents);
      const maybeAbsent = place.asked !== NOTHING_ASKED && mayPassAbsent(place.asked);
      // One that is referred to does not go unless its owner changes, where the database sees to it.
      const window = maybeAbsent && !isReferred ? OF_ALL : place.window;
      return this.#add(related, children, unique(entities), {
        ...place,
        window,
        isReferred: isReferred || areShown,
        referenced,
        leading,
        maybeAbsent,
      });
    }
    if (!parents) return this.#giveUpRelated(relation);
    if (relation.isManyToMany) {
      const { junctionEntityMetadata: junction } = relation;
      if (!junction) return this.#giveUpRelated(relation);
      const columns = relation.isManyToManyOwner ? junction.ownerColumns : junction.inverseColumns;
      this.#putJunction(junction, columns, parents, entities);
      return this.#add(related, children, unique(entities), { ...place, isReferred });
    }
    const columns = relation.inverseRelation?.joinColumns ?? [];
    if (!columns.length) return this.#giveUpRelated(relation);
    this.#add(related, children, unique(entities), { ...place, owners: ownedBy(owner, columns, parents) });
  }

  #putJunction(
    junction: EntityMetadata,
    columns: readonly Column[],
    parents: readonly ObjectLiteral[],
    /** What they are joined with, where it is shown. */
    members: readonly ObjectLiteral[] | undefined,
  ): void {
    const { condition } = ownedBy(junction, columns, parents);
    const others = columns === junction.ownerColumns ? junction.inverseColumns : junction.ownerColumns;
    const shown = members?.length ? ownedBy(junction, others, members).condition : undefined;
    const names = junction.columns.map(({ databaseName }) => columnName(dataSourceOf(junction), databaseName));
    this.#put(entityClock(junction), {
      key: [],
      // One that leads to nothing that is shown may go.
      rows: members?.length === 0 ? [] : undefined,
      shown: [],
      filtering: names,
      ordering: [],
      ...(condition && { filter: condition }),
      ...(shown?.[0] === 'in' && { held: { [shown[1]]: shown[2] } }),
    });
  }

  #giveUpRelated({ inverseEntityMetadata, junctionEntityMetadata }: Relation): void {
    this.giveUp(entityClock(inverseEntityMetadata));
    if (junctionEntityMetadata) this.giveUp(entityClock(junctionEntityMetadata));
  }

  #put(clock: string, footprint: LoadedFootprint): void {
    const known = this.#byClock.get(clock);
    if (known) known.push(footprint);
    else this.#byClock.set(clock, [footprint]);
  }
}

/** How rows of a table come to be read. */
interface Place {
  readonly asked: AskedRows;
  readonly order: unknown;
  readonly select: object | undefined;
  readonly window?: Window | undefined;
  /** The names of rows that are not shown, but counted. */
  readonly counted?: readonly string[] | undefined;
  /** It is filtered so that there may be no such row: then one that does not pass matters as well, when it comes or goes. */
  readonly maybeAbsent?: boolean;
  readonly isReferred?: boolean | undefined;
  /** What foreign keys lead to. */
  readonly referenced?: readonly Column[];
  /** What they hold, as far as that is known of all of them. */
  readonly leading?: Condition | undefined;
  /** The rows they belong to, by the foreign keys they hold. */
  readonly owners?: Owners | undefined;
}

interface Owners {
  readonly columns: readonly Column[];
  readonly condition: Condition | undefined;
}

/** What is read with a part of a list, and decides about rows that are not shown: what changes of it may move those that are. */
const OF_ALL: Window = { hasOffset: true, isFull: false, bounds: [] };

/** Of a row that was counted no more is known than what its query asks of all. */
const nothingOf = (row: string): [string, Image] => [row, {}];

const NOTHING_ASKED: AskedRows = { condition: undefined, columns: new Set(), related: new Map() };

/** Of a query whose rows are decided by more than columns of theirs and of what they lead to. */
function saysMore(metadata: EntityMetadata, { where, refinements = [] }: EntityQuery): boolean {
  const all = [where, ...refinements.map((refinement) => refinement.where)];
  if (all.some((each) => saysSql(each) || namesParameters(each))) return true;
  return refinements.some((refinement) => asksRelated(metadata, refinement.where));
}

/** Whether what is loaded of an entity is in its columns, and in what was asked for. */
function isPlainEntity(metadata: EntityMetadata): boolean {
  const { tableType, treeType, relationIds, columns } = metadata;
  if (tableType !== 'regular' && tableType !== 'entity-child') return false;
  // What TypeORM 0.3 can count for an entity.
  const { relationCounts = [] } = metadata as { relationCounts?: readonly unknown[] };
  if (treeType || relationIds.length || relationCounts.length) return false;
  return columns.every(({ isVirtualProperty }) => !isVirtualProperty);
}

function relatedTo(nodes: readonly RelationNode[]): EntityMetadata[] {
  return nodes.flatMap(({ relation, children }) => [relation.inverseEntityMetadata, ...relatedTo(children)]);
}

function allOf(conditions: readonly Condition[]): Condition | undefined {
  return conditions.length > 1 ? ['and', conditions] : conditions[0];
}

/** Whether the owner names the related row. */
function holdsKey({ isManyToOne, isOneToOneOwner }: Relation): boolean {
  return isManyToOne || isOneToOneOwner;
}

/** Whether an owner that leads to no row there may not be shown itself. */
function mayHide(relation: Relation, node: RelationNode | undefined): boolean {
  if (node?.prefetch) return false;
  return !relation.isNullable || (node !== undefined && requiredOnly(node.children).length > 0);
}

/** The columns of its owner that a relation goes by: a foreign key, or what one leads to. */
function ownColumns(relation: Relation): readonly Column[] {
  if (holdsKey(relation)) return relation.joinColumns;
  const columns = relation.inverseRelation?.joinColumns ?? [];
  return columns.flatMap(({ referencedColumn }) => (referencedColumn ? [referencedColumn] : []));
}

/**
 * Whether every foreign key of the owners is NULL or shows the row it refers to: a new row is that of none of them, unless two may have what
 * it refers to.
 */
function leadSomewhere(node: RelationNode, parents: readonly ObjectLiteral[]): boolean {
  if (!isKey(node.relation.inverseEntityMetadata, node.relation.joinColumns)) return false;
  return parents.every((parent) => {
    if (!owns(node, parent) || relatedEntities(node, parent).length) return true;
    return node.relation.joinColumns.some((column) => heldValue(column, parent, [node]) === null);
  });
}

/** Whether what foreign keys refer to is a key that no two rows of a table have. */
function isKey(metadata: EntityMetadata, joinColumns: readonly Column[]): boolean {
  const referenced = joinColumns.map(({ referencedColumn }) => referencedColumn);
  const isMet = (columns: readonly Column[]) => columns.every((column) => referenced.includes(column));
  if (metadata.primaryColumns.length && isMet(metadata.primaryColumns)) return !isRepeatable(metadata);
  return declaredUniques(metadata).some((key) => isMet(key.columns) && !isRepeatable(key));
}

/** One row may be shown in several places. */
function unique(entities: readonly ObjectLiteral[] | undefined): readonly ObjectLiteral[] | undefined {
  return entities && [...new Set(entities)];
}

/** The rows of a class and of those below it, in a table that holds others as well. */
function ofClass(metadata: EntityMetadata, name: string, column: Column): Condition {
  const values = [metadata, ...metadata.childEntityMetadatas].map((each) =>
    columnValue(column, each.discriminatorValue),
  );
  return values.every((value) => value !== undefined) ? ['in', name, values] : ['?'];
}

/** More owners than these are not named. */
const MOST_OWNERS = 1_000;

/** The rows that hold the key of one of these. */
function ownedBy(metadata: EntityMetadata, columns: readonly Column[], parents: readonly ObjectLiteral[]): Owners {
  const [column, ...more] = columns;
  if (!column || more.length || parents.length > MOST_OWNERS) return { columns, condition: undefined };
  const values = new Set<ColumnValue>();
  for (const parent of parents) {
    const held = column.referencedColumn && propertyOf(column.referencedColumn, parent);
    const value = held === undefined || held === null ? undefined : columnValue(column, held);
    if (value === undefined) return { columns, condition: undefined };
    values.add(value);
  }
  const name = columnName(dataSourceOf(column.entityMetadata), column.databaseName);
  return { columns, condition: ['in', name, [...values]] };
}
