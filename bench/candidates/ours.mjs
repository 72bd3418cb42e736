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
import { Example } from '../entities.mjs';
import { fill, StatementCounter } from '../services.mjs';

class ExampleCacheManager extends BaseCacheManager {
  model = Example;
  relatedObjects = ['user'];
  prefetchRelatedObjects = ['users'];
  usePrefetchRelatedForList = false;
  detailTimeout = 3_600;
}

export function oursInMemory(services, options) {
  return ours('qscache, memory', services, CacheModule.register(), options);
}

export function oursOnKeyvRedis(services) {
  const store = new Keyv({ store: new KeyvRedis(services.redisUrl) });
  return ours('qscache, Redis (@keyv/redis)', services, CacheModule.register({ stores: [store] }));
}

const SECRET = 'of a bench, where it is no secret';

export function oursSigned(services) {
  return oursOnIoRedis(services, 'qscache, ioredis-yet, secret', { secret: SECRET });
}

export function oursEncrypted(services) {
  return oursOnIoRedis(services, 'qscache, ioredis-yet, encrypt', { secret: SECRET, encrypt: true });
}

export async function oursOnIoRedis(services, name = 'qscache, Redis (ioredis-yet)', options = {}) {
  const client = new Redis(services.redisUrl);
  const store = new Keyv({ store: new KeyvAdapter(redisInsStore(client)) });
  const candidate = await ours(name, services, CacheModule.register({ stores: [store] }), options);
  return {
    ...candidate,
    /** The text our entry is stored as. */
    entry: async (shape) => {
      await candidate.read(shape);
      return services.redis.get(`${store.namespace}:${shape.ourKey(candidate.examples)}`);
    },
    close: async () => {
      await candidate.close();
      client.disconnect();
    },
  };
}

async function ours(name, { id, database }, cacheModule, options = {}) {
  const statements = new StatementCounter();
  const imports = [
    cacheModule,
    TypeOrmModule.forRoot({ ...database, logger: statements }),
    QsCacheModule.forRoot({ namespace: `${id}-${name.replaceAll(/\W+/g, '-')}`, ...options }),
    QsCacheModule.forFeature([ExampleCacheManager]),
  ];
  const app = await NestFactory.createApplicationContext(
    { module: class BenchModule {}, imports },
    { logger: ['error'] },
  );
  await fill(app.get(DataSource));
  const examples = app.get(ExampleCacheManager, { strict: false });
  return {
    name,
    returns: 'entities',
    cached: true,
    app,
    examples,
    read: (shape) => shape.ours(examples),
    queries: () => statements.count,
    close: () => app.close(),
  };
}
