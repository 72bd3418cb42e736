import { CacheModule } from '@nestjs/cache-manager';
import { type DynamicModule, Injectable, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import KeyvRedis from '@keyv/redis';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { randomUUID } from 'node:crypto';
import type { DataSource, DataSourceOptions, ObjectLiteral } from 'typeorm';
import {
  BaseCacheManager,
  type CacheEvent,
  CacheEvents,
  type CacheManagerClass,
  QsCacheModule,
} from '../../lib/index.js';
import type { ManagerShape } from './entity-set.js';
import { StatementLog } from './statement-log.js';

export const storeNames = ['memory', 'ioredis-yet', 'keyv-redis'] as const;
export type StoreName = (typeof storeNames)[number];

export type Manager = BaseCacheManager<ObjectLiteral>;

export interface Application {
  readonly dataSource: DataSource;
  readonly log: StatementLog;
  /** What the cache has said since this was emptied. */
  readonly events: CacheEvent[];
  /** In the order of their shapes. */
  readonly managers: readonly Manager[];
  close(): Promise<void>;
}

/** Long enough for one set, short enough not to be left behind in somebody's Redis. */
const LIFETIME_SECONDS = 300;

/** An application as people write them. */
export async function bootApplication(
  database: DataSourceOptions,
  shapes: readonly ManagerShape[],
  store: StoreName,
  redisUrl: string,
): Promise<Application> {
  const classes = shapes.map(managerClass);
  const closing: (() => void)[] = [];
  const imports: ModuleMetadata['imports'] = [
    cacheModule(store, redisUrl, closing),
    TypeOrmModule.forRoot({ ...database, retryAttempts: 0 }),
    // Patient: a busy machine must not turn a hit into a miss.
    QsCacheModule.forRoot({ namespace: `fidelity-${randomUUID()}`, budgetMs: 5_000 }),
    QsCacheModule.forFeature(classes as unknown as CacheManagerClass[]),
  ];
  const module = { module: class FidelityModule {}, imports };
  const context = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  const dataSource = context.get<DataSource>(getDataSourceToken(), { strict: false });
  const events: CacheEvent[] = [];
  context.get(CacheEvents, { strict: false }).on((event) => events.push(event));
  return {
    dataSource,
    log: StatementLog.of(dataSource),
    events,
    managers: classes.map((one) => context.get<Manager>(one, { strict: false })),
    close: async () => {
      await context.close();
      for (const close of closing) close();
    },
  };
}

function managerClass({ model, joined = [], prefetched = [], dependsOn = [] }: ManagerShape, number: number) {
  class ShapeCacheManager extends BaseCacheManager<ObjectLiteral> {
    model = model as never;
    override cacheKey = `shape${number}`;
    override relatedObjects = joined as never;
    override prefetchRelatedObjects = prefetched as never;
    override dependsOn = dependsOn as never;
    override listTimeout = LIFETIME_SECONDS;
    override detailTimeout = LIFETIME_SECONDS;
  }
  Object.defineProperty(ShapeCacheManager, 'name', { value: `Shape${number}CacheManager` });
  Injectable()(ShapeCacheManager);
  return ShapeCacheManager;
}

function cacheModule(store: StoreName, redisUrl: string, closing: (() => void)[]): DynamicModule {
  switch (store) {
    case 'memory':
      return CacheModule.register();
    case 'ioredis-yet':
      return CacheModule.registerAsync({
        useFactory: () => {
          const client = new Redis(redisUrl);
          closing.push(() => client.disconnect());
          // Its types are those of cache-manager 5.
          return { stores: [new Keyv({ store: new KeyvAdapter(redisInsStore(client) as never) })] };
        },
      });
    case 'keyv-redis':
      return CacheModule.registerAsync({
        useFactory: () => ({ stores: [new Keyv({ store: new KeyvRedis(redisUrl) })] }),
      });
  }
}
