import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BaseCacheManager } from '../../../../lib/index.js';
import { Category, Folder, Section, treeEntities } from '../../../fixtures/entities/write-paths-trees.entities.js';
import type { Observer, Scene, WritePath } from './scene.js';

@Injectable()
export class CategoryCacheManager extends BaseCacheManager<Category> {
  model = Category;
  override relatedObjects = ['parent'] as const;
  override prefetchRelatedObjects = ['children'] as const;
}

@Injectable()
export class FolderCacheManager extends BaseCacheManager<Folder> {
  model = Folder;
  override relatedObjects = ['parent'] as const;
  override prefetchRelatedObjects = ['children'] as const;
}

@Injectable()
export class SectionCacheManager extends BaseCacheManager<Section> {
  model = Section;
  override relatedObjects = ['parent'] as const;
  override prefetchRelatedObjects = ['children'] as const;
}

type Node = Category | Folder | Section;

/** Everywhere: 1 is the root of 2 and 3, and 4 is a child of 2. */
const NODES = "(1, 'root', NULL), (2, 'branch', 1), (3, 'twig', 1), (4, 'leaf', 2)";

export const trees: Scene = {
  name: 'trees',
  entities: treeEntities,
  managers: [CategoryCacheManager, FolderCacheManager, SectionCacheManager],
  reset: [
    'DELETE FROM wp_category_closure',
    // Rows that refer to their own table go leaves first.
    ...['category', 'folder', 'section'].flatMap((table) => [
      `UPDATE wp_${table} SET parent_id = NULL`,
      `DELETE FROM wp_${table}`,
    ]),
    `INSERT INTO wp_category (id, name, parent_id) VALUES ${NODES}`,
    'INSERT INTO wp_category_closure (id_ancestor, id_descendant) VALUES (1,1),(2,2),(3,3),(4,4),(1,2),(1,3),(1,4),(2,4)',
    `INSERT INTO wp_folder (id, name, parent_id, mpath) VALUES (1, 'root', NULL, '1.'), (2, 'branch', 1, '1.2.'),
      (3, 'twig', 1, '1.3.'), (4, 'leaf', 2, '1.2.4.')`,
    `INSERT INTO wp_section (id, name, parent_id, nsleft, nsright) VALUES (1, 'root', NULL, 1, 8), (2, 'branch', 1, 2, 5),
      (3, 'twig', 1, 6, 7), (4, 'leaf', 2, 3, 4)`,
  ],
  observers: [...nodes(CategoryCacheManager), ...nodes(FolderCacheManager), ...nodes(SectionCacheManager)],
  paths: [
    ...treePaths('closure table', Category),
    ...treePaths('materialized path', Folder),
    ...treePaths('nested set', Section),
  ],
};

function nodes(manager: Observer['manager']): Observer[] {
  return [
    { sees: 'root', manager, id: 1 },
    { sees: 'branch', manager, id: 2 },
    { sees: 'twig', manager, id: 3 },
    { sees: 'leaf', manager, id: 4 },
    { sees: 'all', manager },
  ];
}

function treePaths(kind: string, model: new () => Node): WritePath[] {
  const node = (manager: EntityManager, id: number) =>
    manager.findOneOrFail(model, { where: { id }, relations: { parent: true } });
  return [
    {
      title: `${kind}: save a leaf`,
      write: async (m) => m.save(Object.assign(new model(), { name: 'new', parent: await node(m, 3) })),
    },
    {
      title: `${kind}: rename a node`,
      write: async (m) => m.save(Object.assign(await node(m, 2), { name: 'bough' })),
    },
    {
      title: `${kind}: move a branch`,
      write: async (m) => m.save(Object.assign(await node(m, 2), { parent: await node(m, 3) })),
    },
    { title: `${kind}: remove a leaf`, write: async (m) => m.remove(await node(m, 4)) },
  ];
}
