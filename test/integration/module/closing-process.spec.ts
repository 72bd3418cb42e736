import { CacheModule } from '@nestjs/cache-manager';
import KeyvRedis from '@keyv/redis';
import { Keyv } from 'keyv';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { exampleEntities } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { redisTroubles } from '../../support/redis-troubles.js';
import { createTestApp } from '../../support/test-app.js';
import { describeWithRedisServers, RedisServer } from '../../support/redis-server.js';

describeWithRedisServers('A process whose application was closed', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  /** Both ends of those to a server that is but a part of this process. */
  const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP')).length;
  // Those who run a long script are connected themselves.
  const troubles = Object.keys(redisTroubles).filter((name) => name !== 'runs a long script');

  it.each(troubles)('is held by no connection when Redis %s', async (name) => {
    const trouble = await redisTroubles[name]!(server);
    const before = sockets();
    const store = new KeyvRedis(trouble.url);
    store.on('error', () => undefined);
    const app = await createTestApp({
      database: { type: 'sqljs', entities: exampleEntities, synchronize: true },
      managers: [PlainExampleCacheManager],
      cacheModule: CacheModule.register({ stores: [new Keyv({ store })] }),
      options: { budgetMs: 50 },
    });
    const examples = app.get(PlainExampleCacheManager);
    await examples.all();
    await trouble.bring();
    const reading = Promise.allSettled([examples.all(), examples.all({ suffix: 'other' })]);
    await app.close();
    await reading;
    await vi.waitFor(() => expect(sockets()).toBeLessThanOrEqual(before), { timeout: 1_000, interval: 5 });
  });
});
