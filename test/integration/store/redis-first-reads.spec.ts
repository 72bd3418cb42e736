import KeyvRedis, { createClient } from '@keyv/redis';
import { createCache, KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { selectStore } from '../../../lib/store/select-store.js';
import { describeWithRedisServers, Proxy, RedisServer } from '../../support/redis-server.js';

type Selected = Partial<Parameters<typeof selectStore>[0]>;

function ioRedis(port: number): Redis {
  const client = new Redis(port, { retryStrategy: () => 20 });
  onTestFinished(() => client.disconnect());
  return client.on('error', () => undefined);
}

const clients: Record<string, (port: number) => Selected> = {
  ioredis: (port) => ({ redis: ioRedis(port) }),
  'node-redis': (port) => {
    const redis = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: () => 20 } });
    onTestFinished(() => redis.destroy());
    redis.on('error', () => undefined);
    void redis.connect().catch(() => undefined);
    return { redis };
  },
  '@keyv/redis': (port) => {
    const store = new KeyvRedis(`redis://127.0.0.1:${port}`);
    store.on('error', () => undefined);
    return { cache: createCache({ stores: [new Keyv({ store })] }) };
  },
  'cache-manager-ioredis-yet': (port) => ({
    cache: createCache({ stores: [new Keyv({ store: new KeyvAdapter(redisInsStore(ioRedis(port)) as never) })] }),
  }),
};

describeWithRedisServers('The first read', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  describe.each(Object.entries(clients))('over %s', (_, make) => {
    it('is answered by a Redis that comes up within its budget', async () => {
      const proxy = await Proxy.to(server.port);
      onTestFinished(() => proxy.cut());
      await proxy.cut();
      const { store } = selectStore({ budgetMs: 5_000, ...make(proxy.port) } as Parameters<typeof selectStore>[0]);
      onTestFinished(() => store.close());
      const reading = store.read([], [{ clock: 'user', rows: ['1'] }]);
      await new Promise(setImmediate);
      await proxy.open();
      expect((await reading).clocks).toHaveLength(1);
    });
  });
});
