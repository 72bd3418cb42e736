import {
  Column,
  Entity,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  Tree,
  TreeChildren,
  TreeParent,
  type EntityManager,
  type ObjectLiteral,
} from 'typeorm';
import type { EntitySet, SetMaker } from '../entity-set.js';
import { type EntityClass, property } from './decorate.js';

const kinds = ['closure-table', 'materialized-path', 'nested-set', 'adjacency-list'] as const;

const keys = {
  generated: [PrimaryGeneratedColumn(), () => ({})],
  string: [PrimaryColumn({ type: 'varchar', length: 40 }), (number: number) => ({ id: `node ${number}` })],
} as const satisfies Record<string, readonly [PropertyDecorator, (number: number) => ObjectLiteral]>;

/** Trees of every kind, whose bookkeeping columns and tables nobody declared. */
export const treeSets: SetMaker[] = kinds.flatMap((kind) =>
  Object.entries(keys).map(
    ([keyName, [key, row]]) =>
      () =>
        tree(`tree, ${kind}, key: ${keyName}`, kind, key, row),
  ),
);

function tree(
  name: string,
  kind: (typeof kinds)[number],
  key: PropertyDecorator,
  row: (number: number) => ObjectLiteral,
): EntitySet {
  class Branch {}
  const target = Branch as EntityClass;
  if (kind !== 'adjacency-list') Tree(kind)(target);
  property(target, 'id', key);
  property(target, 'name', Column({ type: 'varchar', length: 40 }));
  property(target, 'parent', TreeParent());
  property(target, 'children', TreeChildren());
  Entity()(target);
  return {
    name,
    entities: [target],
    managers: [
      { model: target },
      { model: target, joined: ['parent.parent'] },
      { model: target, prefetched: ['parent', 'children'] },
      { model: target, joined: ['children'], prefetched: ['children.children'] },
      { model: target, prefetched: ['children.children.children', 'children.parent'] },
    ],
    fill: async (manager: EntityManager) => {
      // A nested set has one root.
      const parents = [undefined, 1, 1, 2, 4];
      const nodes: ObjectLiteral[] = [];
      for (const [i, parent] of parents.entries()) {
        const node = { ...row(i + 1), name: `branch ${i + 1}`, ...(parent && { parent: nodes[parent - 1] }) };
        nodes.push(await manager.save(target, manager.create(target, node)));
      }
    },
  };
}
