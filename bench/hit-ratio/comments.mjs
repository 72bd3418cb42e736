import { Injectable } from '@nestjs/common';
import { BaseCacheManager } from 'nestjs-qscache';
import { EntitySchema } from 'typeorm';
import { zipf } from '../random.mjs';
import { any, weighted } from './harness/choose.mjs';
import { fill, Table } from './harness/rows.mjs';

const POSTS = 1_000;
const COMMENTS = 10;
const LATEST = 20;
/** 20 writes a second beside 200 reads. */
const WRITES = 20 / 220;
const LISTS = 0.1;

class Post {
  id;
  title;
  comments;
}

class Comment {
  id;
  text;
  postId;
  post;
}

const entities = [
  new EntitySchema({
    name: 'Post',
    target: Post,
    columns: {
      id: { type: Number, primary: true, generated: true },
      title: { type: String },
    },
    relations: { comments: { type: 'one-to-many', target: 'Comment', inverseSide: 'post' } },
  }),
  new EntitySchema({
    name: 'Comment',
    target: Comment,
    columns: {
      id: { type: Number, primary: true, generated: true },
      text: { type: String },
      postId: { type: Number },
    },
    relations: {
      post: { type: 'many-to-one', target: 'Post', inverseSide: 'comments', joinColumn: { name: 'postId' } },
    },
    indices: [{ columns: ['postId'] }],
  }),
];

class PostCacheManager extends BaseCacheManager {
  model = Post;
  prefetchRelatedObjects = ['comments'];
  // A page of the latest posts shows their titles.
  usePrefetchRelatedForList = false;
  detailTimeout = 3_600;
}
Injectable()(PostCacheManager);

export const comments = {
  name: 'comments',
  about: `posts with their comments (${100 - LISTS * 100} %) and the ${LATEST} latest posts; 20 writes a second beside 200 reads, of which nine out of ten are new comments; zipf over ${POSTS} posts`,
  entities,
  managers: [PostCacheManager],

  async seed(manager) {
    const posts = new Table('post');
    const written = new Table('comment', ['postId']);
    await fill(
      manager,
      Post,
      posts,
      Array.from({ length: POSTS }, (_, i) => ({ id: i + 1, title: `Post ${i + 1}` })),
    );
    await fill(
      manager,
      Comment,
      written,
      Array.from({ length: POSTS * COMMENTS }, (_, i) => ({
        id: i + 1,
        text: `Comment ${i + 1}`,
        postId: (i % POSTS) + 1,
      })),
    );
    return { posts, comments: written };
  },

  *operations({ rows, managers: [posts], random }) {
    const rank = zipf(POSTS, random);
    for (let i = 0; ; i++) {
      const postId = rank();
      if (random() < WRITES) yield change(rows, postId, i, random);
      else if (random() < LISTS) yield latest(posts);
      else yield detail(posts, postId);
    }
  },
};

/** People comment on what they read. */
function change(rows, postId, i, random) {
  const written = rows.comments.by('postId', postId);
  const write = weighted(
    [
      [90, () => comment(rows, { text: `new ${i}`, postId })],
      [written.length && 3, () => edit(rows, any(written, random), `changed ${i}`)],
      [written.length && 2, () => withdraw(rows, any(written, random))],
      [3, () => rename(rows, postId, `changed ${i}`)],
      [2, () => publish(rows, { title: `new ${i}` })],
    ],
    random,
  );
  return { write: write() };
}

function comment(rows, values) {
  return async (manager) => {
    const { id } = await manager.save(Comment, { ...values });
    return [rows.comments.put({ id, ...values })];
  };
}

function edit(rows, row, text) {
  return async (manager) => {
    await manager.update(Comment, row.id, { text });
    return [rows.comments.put({ ...row, text })];
  };
}

function withdraw(rows, { id }) {
  return async (manager) => {
    await manager.delete(Comment, id);
    return [rows.comments.delete(id)];
  };
}

function rename(rows, id, title) {
  return async (manager) => {
    await manager.update(Post, id, { title });
    return [rows.posts.put({ id, title })];
  };
}

function publish(rows, values) {
  return async (manager) => {
    const { id } = await manager.save(Post, { ...values });
    return [rows.posts.put({ id, ...values })];
  };
}

function detail(posts, id) {
  return {
    kind: 'detail',
    key: posts.getDetailCacheKey(id),
    load: () => posts.get(id),
    expected: (rows) => ({ ...rows.posts.get(id), comments: rows.comments.by('postId', id) }),
    conditions: () => ({ post: [{ id }], comment: [{ postId: id }] }),
  };
}

function latest(posts) {
  return {
    kind: 'list',
    key: posts.getCacheKey('latest'),
    load: () => posts.all().orderBy({ id: 'DESC' }).limit(LATEST).cache('latest'),
    expected: (rows) =>
      rows.posts
        .all()
        .sort((one, other) => other.id - one.id)
        .slice(0, LATEST),
    isOrdered: true,
    conditions: () => ({ post: [{}] }),
  };
}
