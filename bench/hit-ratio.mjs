// node bench/hit-ratio.mjs [--operations N] [--seed N]: how many reads of a mixed load are hits, beside a cache that drops everything of a
// table with every write to it. Same operations, same order, one run.
import 'reflect-metadata';
import { CacheModule } from '@nestjs/cache-manager';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BaseCacheManager, CacheEvents, QsCacheModule } from 'nestjs-qscache';
import { parseArgs } from 'node:util';
import { DataSource, EntitySchema } from 'typeorm';
import { mulberry32, zipf } from './random.mjs';

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

class AppModule {}
Module({
  imports: [
    CacheModule.register(),
    TypeOrmModule.forRoot({ type: 'sqljs', entities: [articleSchema], synchronize: true }),
    QsCacheModule.forFeature([ArticleCacheManager]),
  ],
})(AppModule);

/** What most caches over an ORM do: a write to a table drops every entry that depends on it. */
class TableLevelCache {
  #entries = new Set();

  /** Whether the read was a hit. */
  read(key) {
    const hit = this.#entries.has(key);
    this.#entries.add(key);
    return hit;
  }

  write() {
    this.#entries.clear();
  }
}

class Tally {
  counts = { detail: { hits: 0, reads: 0 }, list: { hits: 0, reads: 0 } };

  add(kind, hit) {
    this.counts[kind].reads++;
    if (hit) this.counts[kind].hits++;
  }

  line(name) {
    const { detail, list } = this.counts;
    const percent = (...tallies) => {
      const sum = (what) => tallies.reduce((total, tally) => total + tally[what], 0);
      return `${((100 * sum('hits')) / sum('reads')).toFixed(1)} %`.padStart(10);
    };
    return `${name.padEnd(32)}${percent(detail, list)}${percent(detail)}${percent(list)}`;
  }
}

const { values } = parseArgs({
  options: { operations: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
});
const random = mulberry32(Number(values.seed));
const rank = zipf(ROWS, random);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
try {
  const articles = app.get(ArticleCacheManager);
  const { manager } = app.get(DataSource);
  const rows = Array.from({ length: ROWS }, (_, i) => ({ id: i + 1, title: 'first', category: i % CATEGORIES }));
  for (let i = 0; i < ROWS; i += 500) await manager.insert(Article, rows.slice(i, i + 500));

  let hit = false;
  app.get(CacheEvents).on(({ name }) => {
    if (name === 'entry:hit') hit = true;
  });
  const ours = new Tally();
  const theirs = new Tally();
  const tableLevel = new TableLevelCache();

  for (let i = 0; i < Number(values.operations); i++) {
    const id = rank();
    if (random() < WRITES) {
      await manager.update(Article, id, { title: `changed ${i}` });
      rows[id - 1].title = `changed ${i}`;
      tableLevel.write();
      continue;
    }
    hit = false;
    if (random() < LISTS) {
      const category = id % CATEGORIES;
      const found = await articles.all({ suffix: `category-${category}`, where: { category } });
      for (const { id: listed, title } of found) mustBeFresh(rows[listed - 1].title, title);
      ours.add('list', hit);
      theirs.add('list', tableLevel.read(`list ${category}`));
    } else {
      const { title } = await articles.get(id);
      mustBeFresh(rows[id - 1].title, title);
      ours.add('detail', hit);
      theirs.add('detail', tableLevel.read(`detail ${id}`));
    }
  }

  console.log(
    [
      `${values.operations} operations, ${100 - WRITES * 100} % reads (${LISTS * 100} % of them lists of ${ROWS / CATEGORIES} rows), ${WRITES * 100} % writes of one row; zipf over ${ROWS} rows; seed ${values.seed}`,
      '',
      `${'hits of reads'.padEnd(32)}${'all'.padStart(10)}${'details'.padStart(10)}${'lists'.padStart(10)}`,
      ours.line('nestjs-qscache'),
      theirs.line('a table-level cache'),
    ].join('\n'),
  );
} finally {
  await app.close();
}

function mustBeFresh(written, read) {
  if (read !== written) throw new Error(`A read showed "${read}" after "${written}" was written.`);
}
