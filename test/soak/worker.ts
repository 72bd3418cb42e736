import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { CacheEvents, QsCacheModule } from '../../lib/index.js';
import { QsCacheCore } from '../../lib/qs-cache.core.js';
import { databaseOptions } from './database.js';
import { breakStore } from './faults.js';
import {
  ArticleCacheManager,
  AuthorCacheManager,
  BareArticleCacheManager,
  managers,
  RemarkCacheManager,
} from './managers.js';
import type { Counts, FromWorker, ToWorker } from './messages.js';
import { Random } from './random.js';
import { ReadLog } from './read-log.js';
import { ReadLoop } from './read-loop.js';
import { budgetMs, holdMs, type SoakSettings } from './settings.js';
import { SlowStore } from './slow-store.js';
import { WriteLoop } from './write-loop.js';

// One application process: reads and writes at random, and tells the parent what it did and saw, until told to stop or killed.

const READERS = 8;
const WRITERS = 2;

const settings = JSON.parse(process.argv[2]!) as SoakSettings;
const worker = Number(process.argv[3]);
const { database: kind, fault, seed } = settings.options;
const send = (message: FromWorker) => process.send!(message);
const randomOf = (loop: number) => new Random(seed + worker * 100 + loop);

const redis = new Redis(settings.redisUrl);
const module = {
  module: class SoakModule {},
  imports: [
    TypeOrmModule.forRoot(databaseOptions({ ...settings, kind })),
    QsCacheModule.forRoot({
      namespace: settings.namespace,
      redis,
      budgetMs,
      holdMs: fault === 'no-hold' ? 0 : holdMs[kind],
    }),
    QsCacheModule.forFeature(managers),
  ],
};
const app = await NestFactory.createApplicationContext(module, { logger: ['error'] });
const core = app.get(QsCacheCore);
const store = new SlowStore(breakStore(core.store, fault), randomOf(99));
Object.defineProperty(core, 'store', { value: store });

const counts: Counts = { hits: 0, misses: 0, joined: 0, storeFailures: 0 };
app.get(CacheEvents).on(({ name }) => {
  if (name === 'entry:hit') counts.hits++;
  else if (name === 'entry:missed') counts.misses++;
  else if (name === 'load:joined') counts.joined++;
  else if (name === 'store:failed') counts.storeFailures++;
});

const find = <T>(token: abstract new (...args: never[]) => T): T => app.get(token as never, { strict: false });
const readers = {
  articles: find(ArticleCacheManager),
  bare: find(BareArticleCacheManager),
  authors: find(AuthorCacheManager),
  remarks: find(RemarkCacheManager),
};
const log = new ReadLog(counts, send);
const readLoops = Array.from({ length: READERS }, (_, i) => new ReadLoop(readers, randomOf(i), log));
const writeLoops = Array.from(
  { length: WRITERS },
  (_, i) => new WriteLoop(kind, find(DataSource), randomOf(10 + i), worker * 1_000_000 + i * 500_000, send),
);

process.on('message', (message: ToWorker) => {
  if (typeof message === 'object') store.deathPoint = message.die;
  for (const loop of writeLoops) loop.paused = message === 'pause' || message === 'stop';
  if (message === 'stop') for (const loop of [...readLoops, ...writeLoops]) loop.stopped = true;
});
const orphaned = () => process.exit(1);
process.on('disconnect', orphaned);

send({ kind: 'ready' });
try {
  await Promise.all([...readLoops, ...writeLoops].map((loop) => loop.run()));
  log.tell();
} catch (error) {
  send({ kind: 'broken', error: (error as Error).stack ?? String(error) });
}
await app.close();
redis.disconnect();
process.off('disconnect', orphaned);
process.disconnect();
