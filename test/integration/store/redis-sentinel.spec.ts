import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSentinel } from '@keyv/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { connectRedis, type RedisClient } from '../../../lib/store/connect-redis.js';
import { RedisStore } from '../../../lib/store/redis.store.js';
import { describeWithRedisServers, freePort, RedisServer } from '../../support/redis-server.js';

const LONG = 60_000;

describeWithRedisServers('RedisStore over a server that Sentinel watches', () => {
  let server: RedisServer;
  let port: number;
  let stopSentinel: () => Promise<unknown>;

  beforeAll(async () => {
    server = await RedisServer.start();
    port = await freePort();
    const file = join(server.directory, 'sentinel.conf');
    await writeFile(file, `port ${port}\nbind 127.0.0.1\nsentinel monitor primary 127.0.0.1 ${server.port} 1\n`);
    const sentinel = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore', cwd: server.directory });
    stopSentinel = () => {
      sentinel.kill('SIGKILL');
      return once(sentinel, 'exit');
    };
    const probe = new Redis(port, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    probe.on('error', () => undefined);
    await probe.ping();
    probe.disconnect();
  });
  afterAll(async () => {
    await stopSentinel();
    await server.stop();
  });

  async function expectToWork(client: RedisClient): Promise<void> {
    const store = new RedisStore(connectRedis(client), { budgetMs: 2000, entryKey: (key) => key });
    await vi.waitFor(() => store.put('a', 'text', LONG), { timeout: 10_000 });
    const tables = [
      { clock: 'user', rows: ['1'] },
      { clock: 'photo', rows: [] },
    ];
    const before = await store.read(['a', 'b'], tables);
    await store.advance([tables[0]!]);
    const after = await store.read(['a', 'b'], tables);
    expect(after.entries).toEqual(['text', undefined]);
    expect(after.clocks[0]!.rows[0]).toBe(before.clocks[0]!.now + 1);
    expect(after.epoch).toBe(before.epoch);
  }

  it('works through ioredis', async () => {
    const client = new Redis({ sentinels: [{ host: '127.0.0.1', port }], name: 'primary' });
    await expectToWork(client);
    client.disconnect();
  });

  it('is told of changes through ioredis', async () => {
    const client = new Redis({ sentinels: [{ host: '127.0.0.1', port }], name: 'primary' });
    const failed = vi.fn<() => void>();
    const store = new RedisStore(connectRedis(client), {
      budgetMs: 2000,
      entryKey: (key) => key,
      tracking: { keys: '', failed },
    });
    await vi.waitFor(() => store.open(), { timeout: 10_000 });
    const standing = async () => (await store.read(['a'], [{ clock: 'user', rows: [] }])).standing;
    await vi.waitUntil(async () => (await standing())?.isStanding, { timeout: 10_000 });
    // The time that ends what nobody tells of.
    vi.spyOn(performance, 'now').mockReturnValue(performance.now());
    const one = (await standing())!;
    expect(one.isStanding).toBe(true);
    await server.admin.set('a', 'theirs');
    await vi.waitUntil(() => !one.isStanding, { timeout: 10_000 });
    vi.restoreAllMocks();
    expect(failed).not.toHaveBeenCalled();
    await store.close();
    client.disconnect();
  });

  it('works through node-redis', async () => {
    const client = createSentinel({ name: 'primary', sentinelRootNodes: [{ host: '127.0.0.1', port }] });
    client.on('error', () => undefined);
    await client.connect();
    await expectToWork(client);
    await client.destroy();
  });
});
