import type { EntityMetadata } from 'typeorm';
import type { RelationNode } from './relation-paths.js';

const circular = new WeakMap<EntityMetadata, boolean>();

/** Whether eager relations lead back to an entity they came from. TypeORM joins such a circle without end. */
export function hasEagerCircle(metadata: EntityMetadata): boolean {
  let found = circular.get(metadata);
  if (found === undefined) circular.set(metadata, (found = closes(metadata, new Set())));
  return found;
}

function closes(metadata: EntityMetadata, path: ReadonlySet<string>): boolean {
  if (path.has(metadata.tablePath)) return true;
  const here = new Set([...path, metadata.tablePath]);
  return metadata.eagerRelations.some(({ inverseEntityMetadata }) => closes(inverseEntityMetadata, here));
}

/**
 * The nodes, and the eager relations beside and below them as if they had been asked for. A circle ends where
 * `relationLoadStrategy: 'query'` ends it: before a table that the chain of eager relations has been through.
 */
export function withEagerRelations(
  metadata: EntityMetadata,
  nodes: readonly RelationNode[],
  chain: ReadonlySet<string> = new Set(),
): readonly RelationNode[] {
  const below = new Set([...chain, metadata.tablePath]);
  const asked = nodes.map((node) => {
    const { relation, children } = node;
    const passed = relation.isEager ? below : new Set<string>();
    return { ...node, children: withEagerRelations(relation.inverseEntityMetadata, children, passed) };
  });
  const automatic = metadata.eagerRelations
    .filter((relation) => !nodes.some((node) => node.relation === relation))
    .filter(({ inverseEntityMetadata }) => !chain.has(inverseEntityMetadata.tablePath))
    .map((relation) => ({
      relation,
      owner: metadata,
      prefetch: false,
      children: withEagerRelations(relation.inverseEntityMetadata, [], below),
    }));
  return [...asked, ...automatic];
}
