import { createCluster } from '@keyv/redis';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectRedis } from '../../../lib/store/connect-redis.js';
import { RedisStore } from '../../../lib/store/redis.store.js';
import { storeContract } from '../../contract/cache-store.contract.js';
import { redisStore, uniqueNamespace, viaIoRedis, viaKeyvRedis } from '../../contract/redis-stores.js';
import { describeWithRedisServers, freePort, RedisServer } from '../../support/redis-server.js';

const SLOTS = 16_384;
const LONG = 60_000;

async function knowsAll({ admin, port }: RedisServer): Promise<void> {
  const info = (await admin.call('CLUSTER', 'INFO')) as string;
  if (!/cluster_state:ok[^]*cluster_known_nodes:3/.test(info))
    throw new Error(`${port} has not joined the cluster: ${info}`);
}

describeWithRedisServers('RedisStore over a cluster', () => {
  let servers: RedisServer[];

  beforeAll(async () => {
    servers = [];
    for (let i = 0; i < 3; i++) {
      servers.push(await RedisServer.start('--cluster-enabled', 'yes', '--cluster-port', String(await freePort())));
    }
    for (const [i, { admin }] of servers.entries()) {
      await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
      const [first, next] = [i, i + 1].map((n) => Math.floor((n * SLOTS) / 3));
      await admin.call('CLUSTER', 'ADDSLOTSRANGE', first!, next! - 1);
      const [, ...bus] = ((await servers[0]!.admin.call('CLUSTER', 'NODES')) as string).match(/@(\d+)/)!;
      if (i > 0) await admin.call('CLUSTER', 'MEET', '127.0.0.1', servers[0]!.port, bus[0]!);
    }
    await vi.waitFor(() => Promise.all(servers.map(knowsAll)), { timeout: 30_000, interval: 50 });
  });
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  const rootNodes = () => servers.map(({ url }) => ({ url }));
  const nodes = () => servers.map(({ port }) => ({ host: '127.0.0.1', port }));

  storeContract('RedisStore over an ioredis Cluster', (budgetMs) =>
    redisStore(viaIoRedis(() => new Cluster(nodes())))(budgetMs),
  );
  storeContract('RedisStore over a cluster of @keyv/redis', (budgetMs) =>
    redisStore(viaKeyvRedis(createCluster({ rootNodes: rootNodes() }) as never))(budgetMs),
  );

  describe.each([
    ['ioredis', () => new Cluster(nodes())],
    ['node-redis', () => createCluster({ rootNodes: rootNodes() })],
  ])('written to through %s', (_, make) => {
    it('hears of a write although every connection was cut', async () => {
      const client = make();
      client.on('error', () => undefined);
      if ('slots' in client && 'masters' in client) await client.connect();
      const store = new RedisStore(connectRedis(client), { budgetMs: 2000, entryKey: (key) => key });
      try {
        await store.open();
        const queries = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({
          clock: `${uniqueNamespace()}${name}`,
          rows: ['1'],
        }));
        const before = await vi.waitFor(() => store.read([], queries), { timeout: 5000 });
        for (const { admin } of servers) await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        await store.advance(queries);
        const after = await vi.waitFor(() => store.read([], queries), { timeout: 5000 });
        expect(after.clocks.every(({ now }, i) => now > before.clocks[i]!.now)).toBe(true);
      } finally {
        await store.close();
        await client.disconnect();
      }
    });
  });

  describe('made of several servers', () => {
    it('names the same epoch for the same tables, in any order and by any client', async () => {
      const ioredis = new Cluster(nodes());
      const nodeRedis = createCluster({ rootNodes: rootNodes() });
      await nodeRedis.connect();
      try {
        const namespace = uniqueNamespace();
        const options = { budgetMs: 2000, entryKey: (key: string) => namespace + key };
        const [one, two] = [ioredis, nodeRedis].map((client) => new RedisStore(connectRedis(client), options));
        const queries = ['a', 'b', 'c', 'd', 'e', 'f'].map((clock) => ({ clock, rows: ['1'] }));
        const { epoch, clocks } = await one!.read(['x'], queries);
        expect(epoch.split('+')).toHaveLength(3);
        expect(await two!.touch(queries.toReversed(), LONG)).toEqual({ epoch, clocks: clocks.toReversed() });
        expect(await one!.check()).toBeUndefined();
        expect(await two!.check()).toBeUndefined();
      } finally {
        ioredis.disconnect();
        nodeRedis.destroy();
      }
    });
  });
});
