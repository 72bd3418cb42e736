import { In, Like } from 'typeorm';
import { Author, Comment, Cover, Post, Reaction, Tag } from '../../../fixtures/entities/write-paths.entities.js';
import type { WritePath } from './scene.js';
import { isTypeOrm0 } from '../../../support/typeorm.js';

/** What EntityManager and Repository write with entities, criteria and partial entities. */
export const repositoryPaths: readonly WritePath[] = [
  { title: 'save inserts', write: (m) => m.save(Post, { slug: 'new', title: 'new' }) },
  {
    title: 'save inserts the first member',
    write: (m) => m.save(Post, { slug: 'new', author: { id: 2 }, tags: [{ id: 2 }] }),
  },
  { title: 'save updates', write: (m) => m.save(Post, { id: 1, title: 'changed' }) },
  { title: 'save updates a unique key', write: (m) => m.save(Post, { id: 1, slug: 'renamed' }) },
  {
    title: 'save changes nothing',
    write: async (m) => m.save(await m.findOneByOrFail(Post, { id: 1 })),
  },
  {
    title: 'save updates several',
    write: (m) =>
      m.save(Post, [
        { id: 1, title: 'changed' },
        { id: 2, title: 'changed' },
      ]),
  },
  { title: 'save moves a to-one', write: (m) => m.save(Post, { id: 1, author: { id: 2 } }) },
  { title: 'save sets a to-one', write: (m) => m.save(Comment, { id: 3, post: { id: 1 } }) },
  { title: 'save sets a one-to-one', write: (m) => m.save(Cover, { id: 2, post: { id: 1 } }) },
  { title: 'save moves a one-to-one', write: (m) => m.save(Cover, { id: 1, post: { id: 1 } }) },
  { title: 'save updates a one-to-one', write: (m) => m.save(Cover, { id: 1, image: 'changed' }) },
  { title: 'delete of a one-to-one', write: (m) => m.delete(Cover, 1) },
  { title: 'save clears a to-one', write: (m) => m.save(Comment, { id: 1, post: null }) },
  { title: 'save updates a to-one', write: (m) => m.save(Author, { id: 1, name: 'anna' }) },
  { title: 'save changes only a many-to-many', write: (m) => m.save(Post, { id: 1, tags: [{ id: 2 }] }) },
  { title: 'save changes a many-to-many from its inverse', write: (m) => m.save(Tag, { id: 2, posts: [{ id: 1 }] }) },
  {
    title: 'save cascades inserts and updates',
    write: (m) => m.save(Post, { id: 1, comments: [{ id: 1, body: 'changed' }, { id: 5 }, { body: 'new' }] }),
  },
  { title: 'save nullifies orphans', write: (m) => m.save(Post, { id: 1, comments: [{ id: 5 }] }) },
  { title: 'save deletes orphans', write: (m) => m.save(Post, { id: 1, notes: [] }) },
  { title: 'save moves children to another parent', write: (m) => m.save(Author, { id: 2, posts: [{ id: 1 }] }) },
  { title: 'save without listeners', write: (m) => m.save(Post, { id: 1, title: 'changed' }, { listeners: false }) },
  {
    title: 'save without a transaction',
    write: (m) => m.save(Post, { id: 1, title: 'changed', tags: [] }, { transaction: false }),
  },
  {
    title: 'save in chunks',
    write: (m) =>
      m.save(
        Post,
        [
          { id: 1, title: 'x' },
          { id: 2, title: 'y' },
        ],
        { chunk: 1 },
      ),
  },
  { title: 'remove', write: async (m) => m.remove(await m.findOneByOrFail(Post, { id: 1 })) },
  { title: 'remove several', write: async (m) => m.remove(await m.findBy(Post, { id: In([1, 2]) })) },
  {
    title: 'remove without listeners',
    write: async (m) => m.remove(await m.findOneByOrFail(Post, { id: 1 }), { listeners: false }),
  },
  { title: 'remove a to-one', write: async (m) => m.remove(await m.findOneByOrFail(Author, { id: 1 })) },
  { title: 'remove a many-to-many member', write: async (m) => m.remove(await m.findOneByOrFail(Tag, { id: 1 })) },
  { title: 'softRemove', write: async (m) => m.softRemove(await m.findOneByOrFail(Post, { id: 1 })) },
  { title: 'softRemove a to-one', write: async (m) => m.softRemove(await m.findOneByOrFail(Author, { id: 1 })) },
  {
    title: 'recover',
    write: async (m) => m.recover(await m.findOneOrFail(Post, { where: { id: 4 }, withDeleted: true })),
  },
  {
    title: 'recover a to-one',
    write: async (m) => m.recover(await m.findOneOrFail(Author, { where: { id: 3 }, withDeleted: true })),
  },

  { title: 'insert', write: (m) => m.insert(Post, { slug: 'new', author: { id: 2 } }) },
  { title: 'insert several', write: (m) => m.insert(Post, [{ slug: 'new' }, { slug: 'newer' }]) },
  { title: 'upsert that inserts', write: (m) => m.upsert(Post, { slug: 'new', title: 'new' }, ['slug']) },
  { title: 'upsert that updates', write: (m) => m.upsert(Post, { slug: 'first', title: 'changed' }, ['slug']) },
  {
    title: 'upsert of several',
    write: (m) =>
      m.upsert(
        Post,
        [
          { slug: 'first', title: 'changed' },
          { slug: 'new', title: 'new' },
        ],
        ['slug'],
      ),
  },
  { title: 'update by id', write: (m) => m.update(Post, 1, { title: 'changed' }) },
  { title: 'update by ids', write: (m) => m.update(Post, [1, 2], { title: 'changed' }) },
  { title: 'update by an entity', write: (m) => m.update(Post, { id: 1 }, { title: 'changed' }) },
  { title: 'update by other criteria', write: (m) => m.update(Post, { slug: Like('f%') }, { title: 'changed' }) },
  { title: 'update that matches nothing', write: (m) => m.update(Post, { slug: 'nobody' }, { title: 'changed' }) },
  { title: 'update a to-one', write: (m) => m.update(Post, 3, { author: { id: 2 } }) },
  { title: 'updateAll', write: (m) => m.updateAll(Post, { title: 'changed' }) },
  { title: 'delete by id', write: (m) => m.delete(Post, 1) },
  { title: 'delete by ids', write: (m) => m.delete(Post, [1, 2]) },
  { title: 'delete by other criteria', write: (m) => m.delete(Post, { title: 'one' }) },
  { title: 'delete a to-one', write: (m) => m.delete(Author, 1) },
  { title: 'deleteAll', write: (m) => m.deleteAll(Post) },
  { title: 'softDelete by id', write: (m) => m.softDelete(Post, 1) },
  { title: 'softDelete by ids', write: (m) => m.softDelete(Post, [1, 2]) },
  { title: 'softDelete by other criteria', write: (m) => m.softDelete(Post, { title: 'one' }) },
  { title: 'softDelete a to-one', write: (m) => m.softDelete(Author, 1) },
  { title: 'restore', write: (m) => m.restore(Post, 4) },
  { title: 'restore a to-one', write: (m) => m.restore(Author, 3) },
  { title: 'increment', write: (m) => m.increment(Post, { id: 1 }, 'views', 1) },
  { title: 'decrement by other criteria', write: (m) => m.decrement(Post, { slug: 'first' }, 'views', 1) },
  { title: 'clear', write: (m) => m.clear(Reaction) },
  // TypeORM 0.3 knows no such option.
  {
    title: 'clear that cascades',
    on: isTypeOrm0 ? [] : ['postgres'],
    write: (m) => m.clear(Comment, { cascade: true }),
  },
  { title: 'a repository saves', write: (m) => m.getRepository(Post).save({ id: 1, title: 'changed' }) },
  { title: 'a repository updates', write: (m) => m.getRepository(Post).update(1, { title: 'changed' }) },
  {
    title: 'an extended repository saves',
    write: (m) => m.withRepository(m.getRepository(Post).extend({})).save({ id: 1, title: 'changed' }),
  },
];
