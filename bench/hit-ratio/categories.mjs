import { Injectable } from '@nestjs/common';
import { BaseCacheManager } from 'nestjs-qscache';
import { EntitySchema } from 'typeorm';
import { zipf } from '../random.mjs';
import { fill, Table } from './harness/rows.mjs';

const ROWS = 10_000;
const CATEGORIES = 50;
const WRITES = 0.1;
const LISTS = 0.2;

class Article {
  id;
  title;
  category;
}

const articleSchema = new EntitySchema({
  name: 'Article',
  target: Article,
  columns: {
    id: { type: Number, primary: true },
    title: { type: String },
    category: { type: Number },
  },
});

class ArticleCacheManager extends BaseCacheManager {
  model = Article;
  detailTimeout = 3_600;
}
Injectable()(ArticleCacheManager);

export const categories = {
  name: 'categories',
  about: `details (${100 - LISTS * 100} %) and lists of a category's ${ROWS / CATEGORIES} articles; writes change one title; zipf over ${ROWS} articles`,
  entities: [articleSchema],
  managers: [ArticleCacheManager],

  async seed(manager) {
    const articles = new Table('article', ['category']);
    const rows = Array.from({ length: ROWS }, (_, i) => ({ id: i + 1, title: 'first', category: i % CATEGORIES }));
    await fill(manager, Article, articles, rows);
    return { articles };
  },

  *operations({ rows, managers: [articles], random }) {
    const rank = zipf(ROWS, random);
    for (let i = 0; ; i++) {
      const id = rank();
      if (random() < WRITES) yield changeTitle(rows, id, `changed ${i}`);
      else if (random() < LISTS) yield list(articles, id % CATEGORIES);
      else yield detail(articles, id);
    }
  },
};

function changeTitle(rows, id, title) {
  return {
    async write(manager) {
      await manager.update(Article, id, { title });
      return [rows.articles.put({ ...rows.articles.get(id), title })];
    },
  };
}

function detail(articles, id) {
  return {
    kind: 'detail',
    key: articles.getDetailCacheKey(id),
    load: () => articles.get(id),
    expected: (rows) => rows.articles.get(id),
    conditions: () => ({ article: [{ id }] }),
  };
}

function list(articles, category) {
  const suffix = `category-${category}`;
  return {
    kind: 'list',
    key: articles.getCacheKey(suffix),
    load: () => articles.all({ suffix, where: { category } }),
    expected: (rows) => rows.articles.by('category', category),
    conditions: () => ({ article: [{ category }] }),
  };
}
