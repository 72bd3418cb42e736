import { Author, Comment, Post, Reaction } from '../../../fixtures/entities/write-paths.entities.js';
import type { WritePath } from './scene.js';
import { isTypeOrm0 } from '../../../support/typeorm.js';

/** What query builders write, named by entity and by table. */
export const queryBuilderPaths: readonly WritePath[] = [
  {
    title: 'query builder inserts',
    write: (m) => m.createQueryBuilder().insert().into(Post).values({ slug: 'new' }).execute(),
  },
  {
    title: 'query builder inserts by table name',
    write: (m) => m.createQueryBuilder().insert().into('wp_post').values({ slug: 'new' }).execute(),
  },
  {
    title: 'query builder inserts or ignores',
    write: (m) => m.createQueryBuilder().insert().into(Post).values({ slug: 'first', title: 'x' }).orIgnore().execute(),
  },
  {
    title: 'query builder inserts or updates',
    write: (m) =>
      m
        .createQueryBuilder()
        .insert()
        .into(Post)
        .values({ slug: 'first', title: 'x' })
        .orUpdate(['title'], ['slug'])
        .execute(),
  },
  {
    title: 'query builder inserts from a select',
    // TypeORM 0.3 knows no valuesFromSelect().
    ...(isTypeOrm0 && { on: [] }),
    write: (m) =>
      m
        .createQueryBuilder()
        .insert()
        .into(Reaction, ['kind'])
        .valuesFromSelect((select) => select.select('post.title').from(Post, 'post').where('post.id = 1'))
        .execute(),
  },
  {
    title: 'query builder updates by id',
    write: (m) => m.createQueryBuilder().update(Post).set({ title: 'x' }).where('id = :id', { id: 1 }).execute(),
  },
  {
    title: 'query builder updates by table name',
    write: (m) => m.createQueryBuilder().update('wp_post').set({ title: 'x' }).where('id = :id', { id: 1 }).execute(),
  },
  {
    title: 'query builder updates whereInIds',
    write: (m) => m.createQueryBuilder().update(Post).set({ title: 'x' }).whereInIds([1, 2]).execute(),
  },
  {
    title: 'query builder updates by a subquery',
    write: (m) =>
      m
        .createQueryBuilder()
        .update(Post)
        .set({ title: 'x' })
        .where(`id IN (${m.createQueryBuilder(Comment, 'c').select('c.post_id').where("c.body = 'a'").getQuery()})`)
        .execute(),
  },
  {
    title: 'query builder updates without listeners',
    write: (m) =>
      m.createQueryBuilder().update(Post).set({ title: 'x' }).where({ id: 1 }).callListeners(false).execute(),
  },
  {
    title: 'query builder updates what a function says',
    write: (m) =>
      m
        .createQueryBuilder()
        .update(Post)
        .set({ views: () => 'views + 1' })
        .where({ id: 1 })
        .execute(),
  },
  {
    title: 'query builder deletes',
    write: (m) => m.createQueryBuilder().delete().from(Post).where('id = :id', { id: 1 }).execute(),
  },
  {
    title: 'query builder deletes by table name',
    write: (m) => m.createQueryBuilder().delete().from('wp_post').where('id = :id', { id: 1 }).execute(),
  },
  {
    title: 'query builder deletes without a filter',
    write: (m) => m.createQueryBuilder().delete().from(Comment).execute(),
  },
  {
    title: 'query builder soft-deletes',
    write: (m) => m.createQueryBuilder().softDelete().from(Post).where('id = :id', { id: 1 }).execute(),
  },
  {
    title: 'query builder restores',
    write: (m) => m.createQueryBuilder().restore().from(Post).where('id = :id', { id: 4 }).execute(),
  },
  {
    title: 'relation many-to-one set',
    write: (m) => m.createQueryBuilder().relation(Post, 'author').of(3).set(2),
  },
  {
    title: 'relation many-to-one set to null',
    write: (m) => m.createQueryBuilder().relation(Post, 'author').of(1).set(null),
  },
  {
    title: 'relation one-to-many add',
    write: (m) => m.createQueryBuilder().relation(Author, 'posts').of(2).add(3),
  },
  {
    title: 'relation one-to-many remove',
    write: (m) => m.createQueryBuilder().relation(Author, 'posts').of(1).remove(1),
  },
  {
    title: 'relation many-to-many add',
    write: (m) => m.createQueryBuilder().relation(Post, 'tags').of(1).add(2),
  },
  {
    title: 'relation many-to-many add from its inverse',
    write: (m) => m.createQueryBuilder().relation('wp_tag', 'posts').of(2).add([1, 2]),
  },
  {
    title: 'relation many-to-many remove',
    write: (m) => m.createQueryBuilder().relation(Post, 'tags').of(1).remove(1),
  },
  {
    title: 'relation many-to-many add and remove',
    write: (m) => m.createQueryBuilder().relation(Post, 'tags').of(1).addAndRemove(2, 1),
  },
];
