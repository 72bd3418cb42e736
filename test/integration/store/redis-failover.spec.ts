import { createCluster } from '@keyv/redis';
import { Cluster } from 'ioredis';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { connectRedis } from '../../../lib/store/connect-redis.js';
import { RedisStore } from '../../../lib/store/redis.store.js';
import { describeWithRedisServers, freePort, RedisServer } from '../../support/redis-server.js';

const SLOTS = 16_384;
const written = { clock: 'user', rows: ['1'] };

describeWithRedisServers('a cluster whose primary is gone for good', () => {
  let primary: RedisServer;
  let replica: RedisServer;

  beforeEach(async () => {
    const start = async () => RedisServer.start('--cluster-enabled', 'yes', '--cluster-port', String(await freePort()));
    [primary, replica] = [await start(), await start()];
    onTestFinished(async () => void (await Promise.all([primary.stop(), replica.stop()])));
    await primary.admin.call('CLUSTER', 'ADDSLOTSRANGE', 0, SLOTS - 1);
    const [, bus] = /@(\d+)/.exec((await primary.admin.call('CLUSTER', 'NODES')) as string)!;
    await replica.admin.call('CLUSTER', 'MEET', '127.0.0.1', primary.port, bus!);
    const id = (await primary.admin.call('CLUSTER', 'MYID')) as string;
    await vi.waitFor(() => replica.admin.call('CLUSTER', 'REPLICATE', id), 10_000);
    await vi.waitFor(async () => {
      if (!/link_status:up/.test(await replica.admin.info('replication'))) throw new Error('it has not joined');
    }, 10_000);
  });

  it.each([
    ['ioredis', () => new Cluster([primary, replica].map(({ port }) => ({ host: '127.0.0.1', port })))],
    ['node-redis', () => createCluster({ rootNodes: [primary, replica].map(({ url }) => ({ url })) })],
  ])(
    'hears through %s of writes once another has its slots',
    async (_, make) => {
      const client = make();
      client.on('error', () => undefined);
      if ('slots' in client && 'masters' in client) await client.connect();
      const store = new RedisStore(connectRedis(client), { budgetMs: 200, entryKey: (key) => key });
      onTestFinished(async () => {
        await store.close();
        await client.disconnect();
      });
      await store.open();
      const [before] = (await vi.waitFor(() => store.read([], [written]), 5_000)).clocks;
      await store.advance([written]);
      await vi.waitFor(async () => expect(await replica.admin.dbsize()).toBeGreaterThan(0), 5_000);

      await primary.kill();
      await expect(store.advance([written])).rejects.toThrow();
      await replica.admin.call('CLUSTER', 'FAILOVER', 'TAKEOVER');
      await vi.waitFor(() => store.advance([written]), 20_000);
      const [clock] = (await replica.admin.keys('*user}')).filter((key) => !key.includes('/'));
      expect(Number((await replica.admin.get(clock!))!.split(' ')[0])).toBeGreaterThan(before!.now + 1);
    },
    60_000,
  );
});
