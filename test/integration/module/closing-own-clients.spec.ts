import { createClient } from '@keyv/redis';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { RedisClient } from '../../../lib/store/connect-redis.js';
import { exampleEntities } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { redisTroubles } from '../../support/redis-troubles.js';
import { createTestApp } from '../../support/test-app.js';
import { describeWithRedisServers, RedisServer } from '../../support/redis-server.js';

const BUDGET = 50;

interface Owned {
  readonly redis: RedisClient;
  /** As the application's documentation tells it to: what was asked is answered first. */
  letGo(): Promise<unknown>;
}

const clients: Record<string, (url: string) => Owned> = {
  ioredis: (url) => {
    const redis = new Redis(url, { maxRetriesPerRequest: null });
    onTestFinished(() => redis.disconnect());
    redis.on('error', () => undefined);
    return { redis, letGo: () => redis.quit() };
  },
  'ioredis, lazy': (url) => {
    const redis = new Redis(url, { maxRetriesPerRequest: null, lazyConnect: true });
    onTestFinished(() => redis.disconnect());
    redis.on('error', () => undefined);
    return { redis, letGo: () => redis.quit() };
  },
  'node-redis': (url) => {
    const redis = createClient({ url });
    onTestFinished(() => void (redis.isOpen && redis.destroy()));
    redis.on('error', () => undefined);
    void redis.connect().catch(() => undefined);
    return { redis, letGo: () => redis.close() };
  },
};

describeWithRedisServers('An application that closes its client of', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  describe.each(Object.entries(clients))('%s itself', (_, make) => {
    it.each(['is in order', 'was never there'])('waits for none of our commands when Redis %s', async (trouble) => {
      const { url } = await redisTroubles[trouble]!(server);
      const { redis, letGo } = make(url);
      @Injectable()
      class Owner implements OnModuleDestroy {
        async onModuleDestroy(): Promise<void> {
          await letGo();
        }
      }
      const app = await createTestApp({
        database: { type: 'sqljs', entities: exampleEntities, synchronize: true },
        managers: [PlainExampleCacheManager],
        options: { redis, budgetMs: BUDGET },
        providers: [Owner],
      });
      const examples = app.get(PlainExampleCacheManager);
      await examples.all();
      const reading = examples.all().then(
        () => undefined,
        () => undefined,
      );
      const began = performance.now();
      await app.close();
      expect(performance.now() - began).toBeLessThan(1_000);
      await reading;
    });
  });
});
