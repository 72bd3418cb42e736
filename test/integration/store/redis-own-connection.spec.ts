import { createClient } from '@keyv/redis';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectRedis, type RedisClient } from '../../../lib/store/connect-redis.js';
import { RedisStore } from '../../../lib/store/redis.store.js';
import { describeWithRedisServers, Proxy, RedisServer } from '../../support/redis-server.js';

const LONG = 60_000;
const BUDGET = 300;
const user = { clock: 'user', rows: ['1'] };

interface Own {
  readonly client: RedisClient;
  end(): void;
}

const clients: Record<string, (port: number, db?: number) => Promise<Own>> = {
  ioredis: async (port, db = 0) => {
    const client = new Redis(port, { db, retryStrategy: () => 20 });
    client.on('error', () => undefined);
    return { client, end: () => client.disconnect() };
  },
  'node-redis': async (port, database = 0) => {
    const url = `redis://127.0.0.1:${port}`;
    const client = createClient({ url, database, socket: { reconnectStrategy: () => 20 } });
    client.on('error', () => undefined);
    await client.connect();
    return { client, end: () => client.destroy() };
  },
};

describeWithRedisServers('The connection for writes', () => {
  let server: RedisServer;
  let proxy: Proxy;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    proxy = await Proxy.to(server.port);
  });
  afterEach(() => proxy.cut());

  const connections = async () => ((await server.admin.client('LIST')) as string).trim().split('\n').length;

  describe.each(Object.entries(clients))('beside %s', (_, make) => {
    let own: Own;
    let store: RedisStore;

    beforeEach(async () => {
      own = await make(proxy.port);
      store = new RedisStore(connectRedis(own.client), { budgetMs: BUDGET, entryKey: (key) => key });
      await store.read([], [user]);
    });
    afterEach(async () => {
      await store.close();
      own.end();
    });

    it('is there once the store is opened, and gone at once when it is closed', async () => {
      const before = await connections();
      await store.open();
      expect(await connections()).toBe(before + 1);
      await store.close();
      await vi.waitFor(async () => expect(await connections()).toBe(before));
      expect(await store.check()).toBeUndefined();
    });

    it('keeps no process alive', async () => {
      const sockets = () => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;
      const direct = await make(server.port);
      const beside = new RedisStore(connectRedis(direct.client), { budgetMs: 2000, entryKey: (key) => key });
      await beside.read([], [user]);
      const before = sockets();
      await beside.open();
      await beside.advance([user]);
      expect(sockets()).toBe(before);
      await beside.close();
      direct.end();
    });

    it('writes where its client reads, in whatever database of the server that is', async () => {
      const other = await make(server.port, 3);
      const elsewhere = new RedisStore(connectRedis(other.client), { budgetMs: 2000, entryKey: (key) => key });
      await elsewhere.open();
      const { now } = (await elsewhere.read([], [user])).clocks[0]!;
      await elsewhere.advance([user]);
      expect((await elsewhere.read([], [user])).clocks[0]!.now).toBe(now + 1);
      await elsewhere.close();
      other.end();
    });

    it.each([
      ['lacks duplicate()', undefined],
      [
        'throws when it is duplicated',
        () => {
          throw new Error('no second one');
        },
      ],
    ])('is that of the application where its client %s', async (_why, duplicate) => {
      Object.defineProperty(own.client, 'duplicate', { value: duplicate });
      const single = new RedisStore(connectRedis(own.client), { budgetMs: BUDGET, entryKey: (key) => key });
      const before = await connections();
      await single.open();
      const { now } = (await single.read([], [user])).clocks[0]!;
      await single.hold(['user'], 'w', LONG);
      await single.advance([user], 'w');
      expect((await single.read([], [user])).clocks[0]!.now).toBe(now + 1);
      expect(await connections()).toBe(before);
      await single.close();
      expect(await single.check()).toBeUndefined();
    });

    it('is opened again by a straggler', async () => {
      await store.open();
      await store.close();
      const { now } = (await store.read([], [user])).clocks[0]!;
      await store.advance([user]);
      expect((await store.read([], [user])).clocks[0]!.now).toBe(now + 1);
    });

    it('knows the script of reads before anybody reads, also of a server that was restarted', async () => {
      await store.open();
      await server.restart();
      await vi.waitFor(() => store.advance([user]), { timeout: 5000 });
      await server.admin.config('RESETSTAT');
      await vi.waitFor(() => store.read([], [user]), { timeout: 5000 });
      expect((await server.commandCalls()).get('eval')).toBeUndefined();
    });

    it('is back by itself after it was lost', async () => {
      await store.open();
      const before = await connections();
      proxy.reset();
      await vi.waitFor(async () => expect(await connections()).toBe(before), { interval: 5 });
    });

    it('hears of a server that says it is not ready yet, and tells it again', async () => {
      await store.open();
      const { now } = (await store.read([], [user])).clocks[0]!;
      await server.admin.replicaof('127.0.0.1', 1);
      const advanced = store.advance([user]);
      setTimeout(() => void server.admin.replicaof('NO', 'ONE'), 60);
      await advanced;
      const after = await vi.waitFor(() => store.read([], [user]));
      expect(after.clocks[0]!.now).toBe(now + 1);
    });

    it('is given up when it has long been silent, so that the next write is heard', async () => {
      await store.open();
      proxy.block();
      await expect(store.advance([user])).rejects.toThrow(/did not learn of a write within 300 ms/);
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1_500 });
      try {
        proxy.unblock();
        await store.advance([user]);
      } finally {
        vi.useRealTimers();
      }
    });

    it('is not given up for answers that this process was too busy to hear', async () => {
      // Not through the proxy, which is as busy.
      const direct = await make(server.port);
      const beside = new RedisStore(connectRedis(direct.client), { budgetMs: BUDGET, entryKey: (key) => key });
      await beside.open();
      await beside.advance([user]);
      const made = async () => /total_connections_received:(\d+)/.exec(await server.admin.info('stats'))![1];
      const before = await made();
      const immediate = () => new Promise<void>((resolve) => setImmediate(resolve));
      await immediate();
      const first = beside.advance([user]);
      await immediate();
      for (const began = performance.now(); performance.now() - began < 1_100;);
      await Promise.all([first, beside.advance([user])]);
      expect(await made()).toBe(before);
      await beside.close();
      direct.end();
    });

    it('rejects within its budget and says why when there is no server, and closes at once', async () => {
      await store.open();
      await proxy.cut();
      const failure = store.advance([user]);
      await expect(failure).rejects.toThrow(/did not learn of a write within 300 ms \(.+\)/);
      const began = performance.now();
      await store.close();
      expect(performance.now() - began).toBeLessThan(50);
    });
  });
});
