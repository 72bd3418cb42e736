import KeyvRedis from '@keyv/redis';
import { CacheModule } from '@nestjs/cache-manager';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { BaseCacheManager, QsCacheModule } from 'nestjs-qscache';
import { DataSource } from 'typeorm';
import { Article, Example } from '../entities.mjs';
import { names } from '../names.mjs';
import { fill, StatementCounter } from '../services.mjs';

export class ExampleCacheManager extends BaseCacheManager {
  model = Example;
  relatedObjects = ['user'];
  prefetchRelatedObjects = ['users'];
  usePrefetchRelatedForList = false;
  detailTimeout = 3_600;
}

class SharedExampleCacheManager extends ExampleCacheManager {
  shared = true;
}

class ArticleCacheManager extends BaseCacheManager {
  model = Article;
  relatedObjects = ['user'];
}

/** Nothing of an entry stays in this process: each hit is read from Redis, as the peers' are. */
export const NEAR_OFF = { nearCache: { maxBytes: 0 } };
const SECRET = 'of a bench, where it is no secret';

export function oursInMemory(services, options) {
  return ours(names.memory, services, CacheModule.register(), { options });
}

export function oursShared(services) {
  return ours(names.shared, services, CacheModule.register(), {
    manager: SharedExampleCacheManager,
    returns: 'frozen',
  });
}

export function oursOnKeyvRedis(services) {
  const store = new Keyv({ store: new KeyvRedis(services.redisUrl) });
  return ours(names.keyvRedis, services, CacheModule.register({ stores: [store] }), { options: NEAR_OFF });
}

export function oursOnIoRedis(services) {
  return onIoRedis(names.redis, services, NEAR_OFF);
}

export function oursOnIoRedisNear(services) {
  return onIoRedis(names.near, services, {});
}

/** Redis tells of what changes; it is asked at least once a second. */
export function oursOnIoRedisTracking(services) {
  return onIoRedis(names.tracking, services, { nearCache: { tracking: true } });
}

export function oursSigned(services) {
  return onIoRedis(names.signed, services, { ...NEAR_OFF, secret: SECRET });
}

export function oursEncrypted(services) {
  return onIoRedis(names.encrypted, services, { ...NEAR_OFF, secret: SECRET, encrypt: true });
}

async function onIoRedis(name, services, options) {
  const client = new Redis(services.redisUrl);
  const store = new Keyv({ store: new KeyvAdapter(redisInsStore(client)) });
  const candidate = await ours(name, services, CacheModule.register({ stores: [store] }), { options });
  const keyInRedis = (key) => `${store.namespace}:${key}`;
  return {
    ...candidate,
    keyInRedis,
    /** The text our entry is stored as. */
    entry: async (shape) => {
      await candidate.read(shape);
      return services.redis.get(keyInRedis(shape.ourKey(candidate)));
    },
    close: async () => {
      await candidate.close();
      client.disconnect();
    },
  };
}

async function ours(name, { id, database }, cacheModule, variant) {
  const { options, manager = ExampleCacheManager, returns = 'entities' } = variant;
  const statements = new StatementCounter();
  const imports = [
    cacheModule,
    TypeOrmModule.forRoot({ ...database, logger: statements }),
    QsCacheModule.forRoot({ namespace: `${id}-${name.replaceAll(/\W+/g, '-')}`, ...options }),
    QsCacheModule.forFeature([manager, ArticleCacheManager]),
  ];
  const app = await NestFactory.createApplicationContext(
    { module: class BenchModule {}, imports },
    { logger: ['error'] },
  );
  const dataSource = app.get(DataSource);
  await fill(dataSource);
  const managers = {
    examples: app.get(manager, { strict: false }),
    articles: app.get(ArticleCacheManager, { strict: false }),
  };
  return {
    name,
    returns,
    cached: true,
    app,
    dataSource,
    ...managers,
    read: (shape) => shape.ours(managers),
    queries: () => statements.count,
    close: () => app.close(),
  };
}
