import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { InvalidConfigurationError } from '../errors.js';

type RelationMetadata = EntityMetadata['relations'][number];

/** What cannot be a related entity. */
type Scalar =
  string | number | bigint | boolean | symbol | null | undefined | Date | Uint8Array | ((...args: never[]) => unknown);

type Related<V> =
  V extends Promise<infer U> ? Related<U> : V extends readonly (infer U)[] ? Related<U> : V extends Scalar ? never : V;

type Depth = [never, 0, 1];

type PathsThrough<Property extends string, Entity, D extends number = 2> = [D] extends [never]
  ? never
  : [Entity] extends [never]
    ? never
    : Property | `${Property}.${PathsBelow<Entity, Depth[D]>}`;

type PathsBelow<Entity, D extends number> = {
  [K in keyof Entity & string]-?: PathsThrough<K, Related<Entity[K]>, D>;
}[keyof Entity & string];

/** Any of four names and more: each further level would multiply the paths, and of some hundred related entities the compiler bears three. */
type LongPath<Property extends string, Entity> = [Entity] extends [never]
  ? never
  : `${Property}.${string}.${string}.${string}`;

/**
 * The relation paths of an entity: `'user'`, `'user.company'`. A name that is no property, or a property that holds no entity, does
 * not compile, in a path of up to three names; of a longer one that is so for the first. That each is mapped as a relation is checked at
 * boot.
 *
 * @publicApi
 */
// Not itself a condition: declarations of code for all entities would then spell out every level instead of this name.
export type RelationPath<Entity> = {
  [K in keyof Entity & string]-?: PathsThrough<K, Related<Entity[K]>> | LongPath<K, Related<Entity[K]>>;
}[keyof Entity & string];

/** A relation to load, and what to load below it. */
export interface RelationNode {
  readonly relation: RelationMetadata;
  /** The entity it was found on: of single-table inheritance, the one that is queried, not the one that declares the relation. */
  readonly owner: EntityMetadata;
  /** Its own query instead of a join. */
  readonly prefetch: boolean;
  readonly children: readonly RelationNode[];
}

interface Draft {
  relation: RelationMetadata;
  owner: EntityMetadata;
  prefetch: boolean;
  children: Map<string, Draft>;
}

/**
 * The tree both lists describe. A path brings its parents along, as Django's `select_related('a__b')` does; a relation in both lists
 * is joined, and so is an eager one, which TypeORM joins whatever it is asked.
 *
 * @throws {InvalidConfigurationError} when a path names no relation
 */
export function relationTree(
  manager: string,
  metadata: EntityMetadata,
  joined: readonly string[],
  prefetched: readonly string[],
): readonly RelationNode[] {
  const roots = new Map<string, Draft>();
  for (const [paths, option, prefetch] of [
    [joined, 'relatedObjects', false],
    [prefetched, 'prefetchRelatedObjects', true],
  ] as const) {
    for (const path of paths) add(path, option, prefetch);
  }
  return nodes(roots);

  function add(path: string, option: string, prefetch: boolean): void {
    let level = roots;
    let owner = metadata;
    let rest = path;
    while (rest) {
      // The longest match first: a relation inside an embedded entity has a dotted path of its own.
      const relation = owner.relations
        .filter(({ propertyPath }) => rest === propertyPath || rest.startsWith(`${propertyPath}.`))
        .sort((a, b) => b.propertyPath.length - a.propertyPath.length)[0];
      if (!relation) throw unknownRelation(manager, option, path, rest, owner);
      let node = level.get(relation.propertyPath);
      if (!node) {
        const own = prefetch && !relation.isEager;
        if (own) insistOnKey(manager, path, owner);
        level.set(relation.propertyPath, (node = { relation, owner, prefetch: own, children: new Map() }));
      }
      level = node.children;
      owner = relation.inverseEntityMetadata;
      rest = rest.slice(relation.propertyPath.length + 1);
    }
    if (!path) throw unknownRelation(manager, option, path, path, metadata);
  }
}

/** The loaded entities of a relation, however many. */
export function relatedEntities({ relation }: RelationNode, owner: ObjectLiteral): ObjectLiteral[] {
  const value: unknown = relation.getEntityValue(owner, true);
  if (Array.isArray(value)) return value as ObjectLiteral[];
  return value ? [value as ObjectLiteral] : [];
}

/** Whether TypeORM sets the relation on an entity of this class: with single-table inheritance, not on those of its siblings. */
export function owns({ relation, owner }: RelationNode, entity: ObjectLiteral): boolean {
  const prototype: unknown = Object.getPrototypeOf(entity);
  const own = owner.childEntityMetadatas.find(
    ({ target }) => typeof target === 'function' && target.prototype === prototype,
  );
  return (own ?? owner).relations.includes(relation);
}

/** Without the prefetched ones. */
export function joinedOnly(relations: readonly RelationNode[]): readonly RelationNode[] {
  return relations
    .filter(({ prefetch }) => !prefetch)
    .map((node) => ({ ...node, children: joinedOnly(node.children) }));
}

/** Prefetched relations find their owners by the primary key. */
export function canBePrefetched({ primaryColumns }: EntityMetadata): boolean {
  return primaryColumns.length > 0 && primaryColumns.every(({ isSelect }) => isSelect);
}

function insistOnKey(manager: string, path: string, owner: EntityMetadata): void {
  if (canBePrefetched(owner)) return;
  const { name, primaryColumns } = owner;
  const lack = primaryColumns.length ? 'does not select its primary key' : 'has no primary key';
  throw new InvalidConfigurationError(
    'QSCACHE_PREFETCH_WITHOUT_KEY',
    `${manager}.prefetchRelatedObjects names "${path}", but ${name} ${lack}, so its rows could not be told apart when their relations arrive. Name the relation in relatedObjects instead: then it is joined.`,
  );
}

function nodes(drafts: Map<string, Draft>): readonly RelationNode[] {
  return [...drafts.values()].map(({ relation, owner, prefetch, children }) => ({
    relation,
    owner,
    prefetch,
    children: nodes(children),
  }));
}

function unknownRelation(manager: string, option: string, path: string, rest: string, owner: EntityMetadata): Error {
  const known = owner.relations.map(({ propertyPath }) => propertyPath).join(', ') || 'none';
  return new InvalidConfigurationError(
    'QSCACHE_UNKNOWN_RELATION',
    `${manager}.${option} names "${path}", but ${owner.name} has no relation "${rest.split('.')[0]}", so nothing could be loaded for it. Its relations are: ${known}.`,
  );
}
