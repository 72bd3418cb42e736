import type { EntityMetadata } from 'typeorm';
import { InvalidConfigurationError } from '../errors.js';

type RelationMetadata = EntityMetadata['relations'][number];

/** What cannot be a related entity. */
type Scalar =
  string | number | bigint | boolean | symbol | null | undefined | Date | Uint8Array | ((...args: never[]) => unknown);

type Related<V> =
  V extends Promise<infer U> ? Related<U> : V extends readonly (infer U)[] ? Related<U> : V extends Scalar ? never : V;

type Depth = [never, 0, 1, 2, 3];

/**
 * The relation paths of an entity, five levels deep: `'user'`, `'user.company'`. A name that is no property, or a property that
 * holds no entity, does not compile; that it is mapped as a relation is checked at boot.
 *
 * @publicApi
 */
export type RelationPath<Entity, D extends number = 4> = [D] extends [never]
  ? never
  : {
      [K in keyof Entity & string]-?: [Related<Entity[K]>] extends [never]
        ? never
        : K | `${K}.${RelationPath<Related<Entity[K]>, Depth[D]>}`;
    }[keyof Entity & string];

/** A relation to load, and what to load below it. */
export interface RelationNode {
  readonly relation: RelationMetadata;
  /** Its own query instead of a join. */
  readonly prefetch: boolean;
  readonly children: readonly RelationNode[];
}

interface Draft {
  relation: RelationMetadata;
  prefetch: boolean;
  children: Map<string, Draft>;
}

/**
 * The tree both lists describe. A path brings its parents along, as Django's `select_related('a__b')` does; a relation in both lists
 * is joined.
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
      if (!node) level.set(relation.propertyPath, (node = { relation, prefetch, children: new Map() }));
      level = node.children;
      owner = relation.inverseEntityMetadata;
      rest = rest.slice(relation.propertyPath.length + 1);
    }
    if (!path) throw unknownRelation(manager, option, path, path, metadata);
  }
}

function nodes(drafts: Map<string, Draft>): readonly RelationNode[] {
  return [...drafts.values()].map(({ relation, prefetch, children }) => ({
    relation,
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
