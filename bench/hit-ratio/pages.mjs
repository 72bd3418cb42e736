import { Injectable } from '@nestjs/common';
import { BaseCacheManager } from 'nestjs-qscache';
import { EntitySchema } from 'typeorm';
import { zipf } from '../random.mjs';
import { any, weighted } from './harness/choose.mjs';
import { fill, Table } from './harness/rows.mjs';

const ARTICLES = 10_000;
const CATEGORIES = 100;
const SIZE = 20;
const WRITES = 0.1;

class Article {
  id;
  title;
  body;
  category;
}

const articleSchema = new EntitySchema({
  name: 'Article',
  target: Article,
  columns: {
    id: { type: Number, primary: true, generated: true },
    title: { type: String },
    // What a page does not show.
    body: { type: String, select: false },
    category: { type: Number },
  },
  indices: [{ columns: ['category'] }],
});

class ArticleCacheManager extends BaseCacheManager {
  model = Article;
}
Injectable()(ArticleCacheManager);

export const pages = {
  name: 'pages',
  about: `pages of ${SIZE} articles of a category, the newest first, each with the total: a hit is both; one request of ten publishes, edits, renames, moves or deletes an article; zipf over ${CATEGORIES} categories of some ${ARTICLES / CATEGORIES} articles`,
  entities: [articleSchema],
  managers: [ArticleCacheManager],

  async seed(manager) {
    const articles = new Table('article', ['category']);
    const rows = Array.from({ length: ARTICLES }, (_, i) => ({
      id: i + 1,
      title: `Article ${i + 1}`,
      body: `What article ${i + 1} says`,
      category: (i % CATEGORIES) + 1,
    }));
    await fill(manager, Article, articles, rows);
    return { articles };
  },

  *operations({ rows, managers: [articles], random }) {
    const rank = zipf(CATEGORIES, random);
    for (let i = 0; ; i++) {
      const category = rank();
      if (random() < WRITES) yield change(rows, category, i, rank, random);
      else yield page(articles, category, pageNumber(random));
    }
  },
};

/** Whoever reads a page goes on to the next one four times out of ten, as far as the fifth. */
function pageNumber(random) {
  let number = 1;
  while (number < 5 && random() < 0.4) number++;
  return number;
}

/** Half of the edits are made while an article is new: to one of those on the first page. Most change its text, which no page shows. */
function change(rows, category, i, rank, random) {
  const latest = newestFirst(rows.articles.by('category', category));
  const edited = () => any(random() < 0.5 ? latest.slice(0, SIZE) : latest, random);
  const write = weighted(
    [
      [25, () => publish(rows, { title: `new ${i}`, body: 'What is new', category })],
      [latest.length && 40, () => update(rows, edited(), { body: `changed ${i}` })],
      [latest.length && 20, () => update(rows, edited(), { title: `changed ${i}` })],
      [latest.length && 5, () => update(rows, edited(), { category: rank() })],
      [latest.length && 10, () => remove(rows, any(latest, random))],
    ],
    random,
  );
  return { write: write() };
}

function publish(rows, values) {
  return async (manager) => {
    const { id } = await manager.save(Article, { ...values });
    return [rows.articles.put({ id, ...values })];
  };
}

function update(rows, article, values) {
  return async (manager) => {
    await manager.update(Article, article.id, values);
    return [rows.articles.put({ ...article, ...values })];
  };
}

function remove(rows, { id }) {
  return async (manager) => {
    await manager.delete(Article, id);
    return [rows.articles.delete(id)];
  };
}

const newestFirst = (articles) => articles.sort((one, other) => other.id - one.id);

/** A page and its total, which all pages of a category share: two entries, read at once. */
function page(articles, category, number) {
  const key = articles.getCacheKey(`category-${category}`);
  const offset = (number - 1) * SIZE;
  const conditions = () => ({ article: [{ category }] });
  const items = {
    key: `${key}, page ${number}`,
    expected: (rows) =>
      newestFirst(rows.articles.by('category', category))
        .slice(offset, offset + SIZE)
        .map(({ id, title }) => ({ id, title, category })),
    isOrdered: true,
    conditions,
  };
  const total = {
    key: `${key}, total`,
    expected: (rows) => rows.articles.by('category', category).length,
    conditions,
  };
  return {
    kind: 'list',
    key: items.key,
    parts: [items, total],
    async load() {
      const set = articles.all().filter({ category }).orderBy({ id: 'DESC' }).cache(`category-${category}`);
      const found = await set.page({ page: number, size: SIZE });
      return [found.items, found.total];
    },
  };
}
