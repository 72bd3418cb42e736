import { Injectable } from '@nestjs/common';
import { BaseCacheManager } from 'nestjs-qscache';
import { EntitySchema } from 'typeorm';
import { zipf } from '../random.mjs';
import { fill, Table } from './harness/rows.mjs';

const ARTICLES = 2_000;
const CATEGORIES = 50;
const USERS = 200;
/** Of the requests, those that change an article. */
const EDITS = 0.02;
const LISTS = 0.5;
const SINCE = Date.UTC(2025, 0, 1);

class User {
  id;
  username;
  lastSeenAt;
}

class Article {
  id;
  title;
  category;
  userId;
  user;
}

const entities = [
  new EntitySchema({
    name: 'User',
    target: User,
    columns: {
      id: { type: Number, primary: true },
      username: { type: String },
      lastSeenAt: { type: Date, select: false },
    },
  }),
  new EntitySchema({
    name: 'Article',
    target: Article,
    columns: {
      id: { type: Number, primary: true },
      title: { type: String },
      category: { type: Number },
      userId: { type: Number },
    },
    relations: { user: { type: 'many-to-one', target: 'User', joinColumn: { name: 'userId' } } },
    indices: [{ columns: ['category'] }],
  }),
];

class ArticleCacheManager extends BaseCacheManager {
  model = Article;
  relatedObjects = ['user'];
  detailTimeout = 3_600;
}
Injectable()(ArticleCacheManager);

export const lastSeen = {
  name: 'last-seen',
  about: `articles joined to their user, lists of a category's ${ARTICLES / CATEGORIES} (${LISTS * 100} %) and details; each request first writes when its user was last seen, which nothing shows; ${EDITS * 100} % of the requests change a title; zipf over ${ARTICLES} articles and ${USERS} users`,
  entities,
  managers: [ArticleCacheManager],

  async seed(manager) {
    const rows = { users: new Table('user'), articles: new Table('article', ['category']) };
    await fill(
      manager,
      User,
      rows.users,
      Array.from({ length: USERS }, (_, i) => ({
        id: i + 1,
        username: `user-${i + 1}`,
        lastSeenAt: new Date(SINCE),
      })),
    );
    await fill(
      manager,
      Article,
      rows.articles,
      Array.from({ length: ARTICLES }, (_, i) => ({
        id: i + 1,
        title: `Article ${i + 1}`,
        category: i % CATEGORIES,
        userId: (i % USERS) + 1,
      })),
    );
    return rows;
  },

  *operations({ rows, managers: [articles], random }) {
    const rank = zipf(ARTICLES, random);
    const reader = zipf(USERS, random);
    for (let i = 0; ; i++) {
      yield see(rows, reader(), new Date(SINCE + i * 1_000));
      const id = rank();
      if (random() < EDITS) yield changeTitle(rows, id, `changed ${i}`);
      else if (random() < LISTS) yield list(articles, id % CATEGORIES);
      else yield detail(articles, id);
    }
  },
};

function see(rows, id, lastSeenAt) {
  return {
    async write(manager) {
      await manager.update(User, id, { lastSeenAt });
      return [rows.users.put({ ...rows.users.get(id), lastSeenAt })];
    },
  };
}

function changeTitle(rows, id, title) {
  return {
    async write(manager) {
      await manager.update(Article, id, { title });
      return [rows.articles.put({ ...rows.articles.get(id), title })];
    },
  };
}

function shown(rows, article) {
  const { lastSeenAt: _, ...user } = rows.users.get(article.userId);
  return { ...article, user };
}

function detail(articles, id) {
  return {
    kind: 'detail',
    key: articles.getDetailCacheKey(id),
    load: () => articles.get(id),
    expected: (rows) => shown(rows, rows.articles.get(id)),
    conditions: () => ({ article: [{ id }], user: [{}] }),
  };
}

function list(articles, category) {
  const suffix = `category-${category}`;
  return {
    kind: 'list',
    key: articles.getCacheKey(suffix),
    load: () => articles.all({ suffix, where: { category } }),
    expected: (rows) => rows.articles.by('category', category).map((article) => shown(rows, article)),
    conditions: () => ({ article: [{ category }], user: [{}] }),
  };
}
