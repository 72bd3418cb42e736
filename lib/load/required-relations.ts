import type { RelationNode } from './relation-paths.js';

/**
 * The relations that leave rows out, where TypeORM joins them so: those that a row must have, with nothing above them that it need not.
 * The others do not change how many rows there are, and a count does not read them.
 */
export function requiredOnly(nodes: readonly RelationNode[]): readonly RelationNode[] {
  return nodes
    .filter(({ relation, prefetch }) => !prefetch && relation.isWithJoinColumn && !relation.isNullable)
    .map((node) => ({ ...node, children: requiredOnly(node.children) }));
}
