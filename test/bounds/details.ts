import { CacheModule } from '@nestjs/cache-manager';
import { Injectable } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import KeyvRedis from '@keyv/redis';
import type { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { setTimeout as sleep } from 'node:timers/promises';
import { Column, DataSource, type DataSourceOptions, Entity, PrimaryColumn } from 'typeorm';
import { BaseCacheManager, QsCacheModule } from '../../lib/index.js';
import { QsCacheCore } from '../../lib/qs-cache.core.js';

@Entity()
class Thing {
  @PrimaryColumn({ type: 'int' })
  id: number;

  @Column({ type: 'text' })
  name: string;
}

@Injectable()
class ThingCacheManager extends BaseCacheManager<Thing> {
  model = Thing;
  detailTimeout = 5;
  notFoundTimeout = 5;
}

/** What a server and this process keep, at one moment. */
export interface Kept {
  readonly keys: number;
  readonly redisBytes: number;
  /** After a collection, where the process was started with `--expose-gc`. */
  readonly heapBytes: number;
}

export interface DetailsRun {
  readonly before: Kept;
  /** The most keys that were seen. */
  readonly most: number;
  readonly after: Kept;
  /** For how long any key lives on, in milliseconds, but for what the store remembers of the database; `Infinity` for one that never ends. */
  readonly longestMs: number;
  readonly tookMs: number;
}

/** Asked for at once. */
const TOGETHER = 1_000;

/** Entries live 5 seconds, their clocks twice as long, and what was only asked for 30 seconds; then Redis takes some time to notice. */
const GONE_MS = 36_000;

/**
 * Caches so many details, and as many rows that are not there, clears them and waits for their time to be over: what is left is what
 * they leave behind for ever.
 */
export async function cacheDetails(
  count: number,
  options: DataSourceOptions,
  redis: Redis,
  redisUrl: string,
  /** Whether to wait until all is gone, and to compare memory: then everything is used once before it is looked at. */
  waits = false,
): Promise<DetailsRun> {
  const filled = await new DataSource({
    ...options,
    entities: [Thing],
    synchronize: true,
  } as DataSourceOptions).initialize();
  await filled.query(`INSERT INTO thing SELECT n, 'thing ' || n FROM generate_series(1, ${count}) n`);
  await filled.destroy();
  const app = await NestFactory.createApplicationContext(
    {
      module: class BoundsModule {},
      imports: [
        CacheModule.registerAsync({ useFactory: () => ({ stores: [new Keyv({ store: new KeyvRedis(redisUrl) })] }) }),
        TypeOrmModule.forRoot({ ...options, entities: [Thing] } as never),
        QsCacheModule.forRoot({ budgetMs: 5_000 }),
        QsCacheModule.forFeature([ThingCacheManager]),
      ],
    },
    { logger: ['warn', 'error'] },
  );
  try {
    const things = app.get(ThingCacheManager, { strict: false });
    const core = app.get(QsCacheCore, { strict: false });
    // What the first use of everything takes is not what many leave behind.
    if (waits) {
      await things.getMany(range(1, TOGETHER));
      await core.readThrough.settled();
      await sleep(GONE_MS);
    }
    const before = await kept(redis);
    const began = performance.now();
    let most = 0;
    for (let from = 1; from <= count; from += TOGETHER) {
      await things.getMany(range(from, TOGETHER));
      // Nobody has these.
      await things.getMany(range(-from - TOGETHER, TOGETHER / 10));
      await core.readThrough.settled();
      most = Math.max(most, await redis.dbsize());
    }
    await things.clearCache();
    const tookMs = performance.now() - began;
    const longestMs = await longest(redis);
    if (waits) await sleep(GONE_MS);
    return { before, most, after: await kept(redis), longestMs, tookMs };
  } finally {
    await app.close();
  }
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

async function longest(redis: Redis): Promise<number> {
  let most = 0;
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'COUNT', 1_000);
    cursor = next;
    const asked = keys.filter((key) => !key.includes('qscache:state:'));
    for (const left of await Promise.all(asked.map((key) => redis.pttl(key))))
      most = Math.max(most, left === -1 ? Infinity : left);
  } while (cursor !== '0');
  return most;
}

async function kept(redis: Redis): Promise<Kept> {
  globalThis.gc?.();
  const memory = await redis.info('memory');
  return {
    keys: await redis.dbsize(),
    redisBytes: Number(/used_memory:(\d+)/.exec(memory)![1]),
    heapBytes: process.memoryUsage().heapUsed,
  };
}
