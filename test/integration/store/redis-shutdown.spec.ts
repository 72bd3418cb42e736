import { createClient } from '@keyv/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { RedisClient } from '../../../lib/store/connect-redis.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { sqljs } from '../../fixtures/sqljs.js';
import { exampleApp } from '../../support/example-app.js';
import { describeWithRedisServers, freePort, Proxy, RedisServer } from '../../support/redis-server.js';

const BUDGET = 100;

const clients: Record<string, (port: number) => RedisClient> = {
  ioredis: (port) => {
    const client = new Redis(port);
    onTestFinished(() => client.disconnect());
    return client.on('error', () => undefined);
  },
  'node-redis': (port) => {
    const client = createClient({ url: `redis://127.0.0.1:${port}` });
    onTestFinished(() => void (client.isOpen && client.destroy()));
    client.on('error', () => undefined);
    void client.connect().catch(() => undefined);
    return client;
  },
};

const states: Record<string, (proxy: Proxy) => Promise<void> | void> = {
  'is in order': () => undefined,
  'answers nothing any more': (proxy) => proxy.block(),
  'refuses connections': (proxy) => proxy.cut(),
};

describeWithRedisServers('An application closes within a second', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  describe.each(Object.entries(clients))('over %s', (_, make) => {
    async function start(port: number): Promise<() => Promise<number>> {
      const app = await exampleApp(sqljs, { options: { redis: make(port), budgetMs: BUDGET } });
      const write = () => app.dataSource.manager.update('Example', 1, { title: 'changed' });
      await write();
      await app.get(PlainExampleCacheManager).get(1);
      return async () => {
        const writing = write();
        const began = performance.now();
        await app.close();
        const elapsed = performance.now() - began;
        await writing.catch(() => undefined);
        return elapsed;
      };
    }

    it.each(Object.entries(states))('when its Redis %s', async (_state, bring) => {
      const proxy = await Proxy.to(server.port);
      onTestFinished(() => proxy.cut());
      const close = await start(proxy.port);
      await bring(proxy);
      expect(await close()).toBeLessThan(1_000);
    });

    it('when its Redis was never there', async () => {
      const close = await start(await freePort());
      expect(await close()).toBeLessThan(1_000);
    });
  });
});
