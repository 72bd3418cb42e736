import type { EntityMetadata } from 'typeorm';
import type { EntityQuery } from '../query/entity-query.js';
import { properties } from '../query/properties.js';
import { partAt, valueAt } from '../query/property-path.js';
import { member } from '../query/where.js';
import { canBePrefetched, type RelationNode } from './relation-paths.js';

type Relation = RelationNode['relation'];

/** What a query says that ties a joined relation to its statement, or must be able to tell the owners of another one apart. */
type Asked = Pick<EntityQuery, 'where' | 'order' | 'select'>;

/** What a query says of one entity, in all its alternatives. */
interface Mentions {
  readonly parts: readonly object[];
  readonly select?: object | undefined;
}

/**
 * What is joined and what has a query of its own. Two to-many relations joined beside each other make the product of their rows: 20 by 20
 * of one owner are 400 rows, not 40. So one stays joined, with what is joined below it, where rows add up, and the others are loaded as if
 * they were prefetched. Not those that the query filters or orders by: which rows there are, and in which order, one statement says.
 */
export class LoadTree {
  /** For queries that say nothing of relations. */
  #plain: readonly RelationNode[] | undefined;

  constructor(
    private readonly metadata: EntityMetadata,
    /** As declared. */
    readonly nodes: readonly RelationNode[],
  ) {}

  nodesFor({ where, order, select }: Asked): readonly RelationNode[] {
    const { metadata, nodes } = this;
    const mentions: Mentions = { parts: objectsIn([where, order]), select };
    if (select || mentionedIn(metadata, mentions.parts).size) return apart(metadata, nodes, mentions, false);
    return (this.#plain ??= apart(metadata, nodes, { parts: [] }, false));
  }
}

function apart(
  metadata: EntityMetadata,
  nodes: readonly RelationNode[],
  mentions: Mentions,
  multiplies: boolean,
): readonly RelationNode[] {
  const mentioned = mentionedIn(metadata, mentions.parts);
  // A filter joins as well what nobody loads.
  const others = [...mentioned].filter(([relation]) => !nodes.some((node) => node.relation === relation));
  let isTaken = multiplies || hasEagerMany(metadata) || others.some((each) => mentionsMany(...each));
  const results = new Map<RelationNode, RelationNode>();
  // Those that cannot leave the statement take the place in it.
  const mustStay = (node: RelationNode) => !node.prefetch && staysMany(node, mentioned);
  for (const node of nodes.toSorted((a, b) => Number(mustStay(b)) - Number(mustStay(a)))) {
    const { relation, owner, children } = node;
    const related = relation.inverseEntityMetadata;
    const select = partAt(mentions.select, relation.propertyPath);
    const below = { parts: node.prefetch ? [] : (mentioned.get(relation) ?? []), select };
    const leaves = isTaken && !mentioned.has(relation) && isMany(relation) && canLeave(node, mentions.select);
    const prefetch = node.prefetch || leaves;
    const isBeside = isTaken && !prefetch;
    isTaken ||= !prefetch && leadsToMany(node, mentioned.get(relation));
    results.set(node, { relation, owner, prefetch, children: apart(related, children, below, isBeside) });
  }
  return nodes.map((node) => results.get(node)!);
}

/** Owners are told apart by their keys. */
function canLeave({ relation, owner }: RelationNode, select?: object): boolean {
  if (relation.isEager || !canBePrefetched(owner)) return false;
  return !select || owner.primaryColumns.every(({ propertyPath }) => valueAt(select, propertyPath) === true);
}

/** Whether what is joined here makes several rows of one owner's. */
function leadsToMany({ relation, children }: RelationNode, parts: readonly object[] = []): boolean {
  if (mentionsMany(relation, parts) || hasEagerMany(relation.inverseEntityMetadata)) return true;
  return children.some((child) => !child.prefetch && leadsToMany(child));
}

/** Whether it does so even without those that can leave. */
function staysMany({ relation, owner, children }: RelationNode, mentioned: Mentioned): boolean {
  const parts = mentioned.get(relation);
  if (isMany(relation)) return parts !== undefined || relation.isEager || !canBePrefetched(owner);
  const related = relation.inverseEntityMetadata;
  if (mentionsMany(relation, parts ?? []) || hasEagerMany(related)) return true;
  const below = mentionedIn(related, parts ?? []);
  return children.some((child) => !child.prefetch && staysMany(child, below));
}

type Mentioned = ReadonlyMap<Relation, readonly object[]>;

function mentionedIn(metadata: EntityMetadata, parts: readonly object[], prefix = ''): Map<Relation, object[]> {
  const mentioned = new Map<Relation, object[]>();
  const add = (relation: Relation, more: readonly object[]) =>
    mentioned.set(relation, [...(mentioned.get(relation) ?? []), ...more]);
  for (const part of parts) {
    for (const [property, value] of properties(part)) {
      if (value === undefined) continue;
      const { embedded, relation } = member(metadata, prefix + property);
      if (relation) add(relation, objectsIn([value]));
      if (!embedded) continue;
      for (const inner of mentionedIn(metadata, objectsIn([value]), `${embedded}.`)) add(...inner);
    }
  }
  return mentioned;
}

function mentionsMany(relation: Relation, parts: readonly object[]): boolean {
  if (isMany(relation)) return true;
  return [...mentionedIn(relation.inverseEntityMetadata, parts)].some((below) => mentionsMany(...below));
}

/** TypeORM joins these itself. */
function hasEagerMany(metadata: EntityMetadata, seen: readonly EntityMetadata[] = []): boolean {
  if (seen.includes(metadata)) return false;
  return metadata.eagerRelations.some(
    (relation) => isMany(relation) || hasEagerMany(relation.inverseEntityMetadata, [...seen, metadata]),
  );
}

function isMany({ isOneToMany, isManyToMany }: Relation): boolean {
  return isOneToMany || isManyToMany;
}

function objectsIn(values: readonly unknown[]): object[] {
  return values.flat().filter((value) => typeof value === 'object' && value !== null);
}
