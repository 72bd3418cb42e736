import { createClient } from '@redis/client';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { connectRedis, type RedisClient } from '../../../lib/store/connect-redis.js';
import { RedisStore } from '../../../lib/store/redis.store.js';
import { describeWithRedisServers, RedisServer } from '../../support/redis-server.js';

const PATIENCE = { timeout: 20_000, interval: 20 };

const clients: Record<string, (url: string) => Promise<RedisClient>> = {
  ioredis: async (url) => {
    const client = new Redis(url);
    client.on('error', () => undefined);
    onTestFinished(() => client.disconnect());
    return client;
  },
  'node-redis': async (url) => {
    const client = createClient({ url });
    client.on('error', () => undefined);
    onTestFinished(() => client.destroy());
    return (await client.connect()) as unknown as RedisClient;
  },
};

async function tracked(makeClient: (url: string) => Promise<RedisClient>, ...options: string[]) {
  const server = await RedisServer.start(...options);
  onTestFinished(() => server.stop());
  const failed = vi.fn<(error: Error) => void>();
  const store = new RedisStore(connectRedis(await makeClient(server.url)), {
    budgetMs: 2_000,
    entryKey: (key) => key,
    tracking: { keys: '', failed },
  });
  onTestFinished(() => store.close());
  await store.open();
  const standing = async () => (await store.read(['a'], [{ clock: 'user', rows: ['1'] }])).standing;
  const stands = () => vi.waitUntil(async () => (await standing().catch(() => undefined))?.isStanding, PATIENCE);
  await stands();
  return { server, store, failed, standing, stands };
}

describeWithRedisServers('A Redis that tells what changes', () => {
  it.each(Object.entries(clients))('is heard again over %s once its history is another one', async (_, client) => {
    const { server, standing, stands, failed } = await tracked(client, '--enable-debug-command', 'yes');
    await server.admin.call('DEBUG', 'CHANGE-REPL-ID');
    expect(await standing()).toBeUndefined();
    await stands();
    expect(failed).not.toHaveBeenCalled();
  });

  it.each(Object.entries(clients))(
    'is heard again over %s once it is back, and its absence was told once',
    async (name, client) => {
      const { server, standing, stands, failed } = await tracked(client);
      const before = await standing();
      await server.kill();
      await vi.waitUntil(() => failed.mock.calls.length && !before!.isStanding, PATIENCE);
      await server.revive();
      await stands();
      expect(failed.mock.calls.map(([{ message }]) => message)).toEqual([
        expect.stringContaining(`redis (${name}) cannot tell which keys change`),
      ]);
    },
  );
});
