import { createClient } from '@keyv/redis';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RedisClient } from '../../../lib/index.js';
import { exampleEntities } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { describeWithRedisServers, freePort, RedisServer } from '../../support/redis-server.js';
import { createTestApp } from '../../support/test-app.js';

const clients: Record<string, (url: string) => RedisClient> = {
  ioredis: (url) => {
    const client = new Redis(url);
    onTestFinished(() => client.disconnect());
    return client.on('error', () => undefined);
  },
  'node-redis': (url) => {
    const client = createClient({ url });
    onTestFinished(() => client.destroy());
    client.on('error', () => undefined);
    void client.connect().catch(() => undefined);
    return client;
  },
};

/** What an application with this client says while it boots. */
async function said(redis: RedisClient): Promise<{ warnings: string[]; lines: string[] }> {
  const [warnings, lines]: string[][] = [[], []];
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => void warnings!.push(String(text)));
  vi.spyOn(Logger.prototype, 'log').mockImplementation((text: unknown) => void lines!.push(String(text)));
  onTestFinished(() => void vi.restoreAllMocks());
  await createTestApp({
    database: { type: 'sqljs', entities: exampleEntities, synchronize: true },
    managers: [PlainExampleCacheManager],
    options: { redis, budgetMs: 300 },
  });
  return { warnings: warnings!, lines: lines!.filter((line) => /cach(ing|e) in /i.test(line)) };
}

describeWithRedisServers('An application that boots', () => {
  let server: RedisServer;
  let dead: number;

  beforeAll(async () => {
    server = await RedisServer.start();
    dead = await freePort();
    await server.admin.acl('SETUSER', 'limited', 'reset', 'on', '>hunter2', '~*', '+@all', '-set');
  });
  afterAll(() => server.stop());

  describe.each(Object.entries(clients))('over %s', (name, make) => {
    it('says that it caches in a Redis that answers', async () => {
      const { warnings, lines } = await said(make(server.url));
      expect(warnings).toEqual([]);
      expect(lines).toEqual([`Caching in redis (${name}); writes are heard by every process that shares it.`]);
    });

    it.each<[string, () => string, RegExp]>([
      [
        'a wrong port',
        () => `redis://:hunter2@127.0.0.1:${dead}`,
        /cannot be used: connect ECONNREFUSED 127\.0\.0\.1:\d+\. .*options of its client/,
      ],
      [
        'a port of nobody under a name',
        () => `redis://localhost:${dead}`,
        /cannot be used: connect ECONNREFUSED \S+:\d+\. /,
      ],
      [
        'a wrong password',
        () => `redis://nobody:hunter2@127.0.0.1:${server.port}`,
        /cannot be used: WRONGPASS .*the user and the password/,
      ],
      [
        'a user who may not do all',
        () => `redis://limited:hunter2@127.0.0.1:${server.port}`,
        /cannot be used: .*(can't run|no permissions).*may run EVAL,/,
      ],
      [
        'TLS to a server that speaks none',
        () => `rediss://127.0.0.1:${server.port}`,
        /did not answer within 300 ms\. .*Its client speaks TLS/,
      ],
    ])('says why it does not cache, and what to do: %s', async (_, url, why) => {
      const { warnings, lines } = await said(make(url()));
      expect(warnings[0]).toMatch(why);
      expect(warnings[0]).toContain('reads go to the database');
      if (!why.source.includes('EVAL')) expect(warnings[0]).not.toContain('EVAL');
      expect(warnings[0]).not.toContain('hunter2');
      expect(lines).toEqual([
        `Will cache in redis (${name}) once it answers as it should; writes will be heard by every process that shares it.`,
      ]);
    });

    it('says that a server which ends its connections may speak TLS', async () => {
      const speaking = createServer().listen(0, '127.0.0.1');
      await once(speaking, 'listening');
      onTestFinished(() => void speaking.close());
      const { port } = speaking.address() as AddressInfo;
      const { warnings } = await said(make(`redis://127.0.0.1:${port}`));
      expect(warnings[0]).toMatch(/cannot be used: .*server that speaks TLS.*rediss:\/\//);
    });

    it('says that a replica is no primary', async () => {
      await server.admin.replicaof('127.0.0.1', 1);
      onTestFinished(() => void server.admin.replicaof('NO', 'ONE'));
      const { warnings } = await said(make(server.url));
      expect(warnings[0]).toMatch(/cannot be used: READONLY .*needs a primary that accepts writes/);
    });
  });

  it('says that a database there is not is none: node-redis', async () => {
    const { warnings } = await said(clients['node-redis']!(`${server.url}/99`));
    expect(warnings[0]).toMatch(/cannot be used: ERR DB index is out of range\./);
  });
});
