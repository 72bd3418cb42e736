import type { RelationNode } from './relation-paths.js';

/**
 * The relations that may leave rows out: those that a row must have, and what is above them. TypeORM joins some of them otherwise, which costs
 * a miss. All others do not change how many rows there are, and a count does not read them.
 */
export function requiredOnly(nodes: readonly RelationNode[]): readonly RelationNode[] {
  return nodes
    .filter(({ prefetch }) => !prefetch)
    .map((node) => ({ ...node, children: requiredOnly(node.children) }))
    .filter(({ relation, children }) => children.length || (relation.isWithJoinColumn && !relation.isNullable));
}
