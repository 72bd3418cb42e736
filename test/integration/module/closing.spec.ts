import { CacheModule } from '@nestjs/cache-manager';
import type { DynamicModule } from '@nestjs/common';
import KeyvRedis, { createClient } from '@keyv/redis';
import { KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { RedisClient } from '../../../lib/store/connect-redis.js';
import { Example, exampleEntities } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { redisTroubles } from '../../support/redis-troubles.js';
import { createTestApp } from '../../support/test-app.js';
import { describeWithRedisServers, RedisServer } from '../../support/redis-server.js';

const BUDGET = 50;
/** A close that takes longer has hung: the application's supervisor kills it. */
const HUNG = 1_000;

interface Kept {
  readonly cacheModule?: DynamicModule;
  readonly redis?: RedisClient;
}

function ioRedis(url: string): Redis {
  const client = new Redis(url);
  onTestFinished(() => client.disconnect());
  return client.on('error', () => undefined);
}

function nodeRedis(url: string): RedisClient {
  const client = createClient({ url });
  onTestFinished(() => void (client.isOpen && client.destroy()));
  client.on('error', () => undefined);
  void client.connect().catch(() => undefined);
  return client;
}

/** What lets go of it is CacheModule, as in an application. */
function keyvRedis(url: string): DynamicModule {
  const store = new KeyvRedis(url);
  store.on('error', () => undefined);
  return CacheModule.register({ stores: [new Keyv({ store })] });
}

// Its types are those of cache-manager 5.
const adapter = (client: Redis) => new Keyv({ store: new KeyvAdapter(redisInsStore(client) as never) });

const stores: Record<string, (url: string) => Kept> = {
  '@keyv/redis in CACHE_MANAGER': (url) => ({ cacheModule: keyvRedis(url) }),
  'cache-manager-ioredis-yet in CACHE_MANAGER': (url) => ({
    cacheModule: CacheModule.register({ stores: [adapter(ioRedis(url))] }),
  }),
  'a client of ioredis': (url) => ({ redis: ioRedis(url) }),
  'a client of node-redis': (url) => ({ redis: nodeRedis(url) }),
};

async function start({ cacheModule, redis }: Kept) {
  const app = await createTestApp({
    database: { type: 'sqljs', entities: exampleEntities, synchronize: true },
    managers: [PlainExampleCacheManager],
    options: { budgetMs: BUDGET, ...(redis && { redis }) },
    ...(cacheModule && { cacheModule }),
  });
  return { ...app, examples: app.get(PlainExampleCacheManager) };
}

type App = Awaited<ReturnType<typeof start>>;

/** Milliseconds, or that it never came to an end. */
async function timed(close: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<number>((resolve) => (timer = setTimeout(resolve, 3 * HUNG, Infinity)));
  const closed = close().then(() => performance.now() - began);
  return Promise.race([closed, hung]).finally(() => clearTimeout(timer));
}

describeWithRedisServers('An application closes within a second', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  const closed = ({ module }: App) => timed(() => Promise.all([module.close(), module.close()]));

  describe.each(Object.entries(stores))('over %s', (_, keep) => {
    it.each(Object.entries(redisTroubles))('that %s, with reads and writes under way', async (_trouble, meet) => {
      const trouble = await meet(server);
      const app = await start(keep(trouble.url));
      await app.examples.all();
      await trouble.bring();
      const going = Promise.allSettled([
        app.examples.all(),
        app.examples.get(1, { raiseException: false }),
        app.dataSource.transaction((manager) => manager.insert(Example, { title: 'new' })),
      ]);
      expect(await closed(app)).toBeLessThan(HUNG);
      await going;
    });

    it.each(['was never there', 'never answers'])('that %s, when nothing was read', async (trouble) => {
      const { url } = await redisTroubles[trouble]!(server);
      expect(await closed(await start(keep(url)))).toBeLessThan(HUNG);
    });
  });
});
