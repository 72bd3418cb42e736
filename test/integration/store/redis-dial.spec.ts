import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient, createCluster } from '@keyv/redis';
import { Cluster, Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { connectRedis, type RedisClient } from '../../../lib/store/connect-redis.js';
import { dialInTime } from '../../../lib/store/dial-in-time.js';
import { freePort } from '../../support/proxy.js';

const clients: Record<string, (port: number) => RedisClient> = {
  ioredis: (port) => new Redis(port, { lazyConnect: true }),
  'ioredis cluster': (port) => {
    const cluster = new Cluster([{ host: '127.0.0.1', port }], { lazyConnect: true });
    onTestFinished(() => cluster.disconnect());
    return cluster;
  },
  'node-redis': (port) => createClient({ url: `redis://127.0.0.1:${port}` }),
  'node-redis 4': (port) => withoutDestroy(createClient({ url: `redis://127.0.0.1:${port}` })),
  'node-redis cluster': (port) => createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${port}` }] }),
};

/** As those of version 4, which @keyv/redis 4 brings: what is made like it has a `disconnect()` alone. */
function withoutDestroy<T extends ReturnType<typeof createClient>>(client: T): T {
  const duplicate = client.duplicate.bind(client);
  const duplicated = (...overrides: Parameters<typeof duplicate>) => {
    const own = duplicate(...overrides);
    const destroy = own.destroy.bind(own);
    return Object.assign(own, { destroy: undefined, disconnect: () => Promise.resolve().then(destroy) });
  };
  return Object.assign(client, { duplicate: duplicated });
}

/** Nothing is ever said on its connections. */
describe.each(Object.entries(clients))('A connection made like that of %s', (_, make) => {
  let server: Server;
  let accepted: number;
  beforeEach(async () => {
    accepted = 0;
    server = createServer((socket) => {
      accepted++;
      // What is not read does not end.
      socket.on('error', () => undefined).resume();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => void server.close());

  const dial = () => {
    const { port } = server.address() as AddressInfo;
    const { dial } = connectRedis(make(port));
    const dialled = dialInTime(dial!, () => undefined);
    const outcome = dialled.line.then(
      () => 'up',
      () => 'given up',
    );
    return { ...dialled, outcome };
  };
  const open = () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));

  it('is not there when it is ended before the server has taken it', async () => {
    const { end, outcome } = dial();
    end();
    expect(await outcome).toBe('given up');
    // The one the next dial makes says that the first one was taken, if ever it is.
    const next = dial();
    await vi.waitFor(() => expect(accepted).toBeGreaterThan(0));
    next.end();
    await vi.waitFor(async () => expect(await open()).toBe(0), { timeout: 3_000 });
  });

  it('is gone soon when it is ended while the server says nothing', async () => {
    const { end, outcome } = dial();
    await vi.waitFor(async () => expect(await open()).toBeGreaterThan(0), { interval: 5 });
    end();
    await vi.waitFor(async () => expect(await open()).toBe(0), { timeout: 3_000, interval: 5 });
    await outcome;
  });
});

it('A node-redis cluster that does not show its options, as of version 4, is used as it is', async () => {
  const cluster = createCluster({ rootNodes: [{ url: 'redis://127.0.0.1:1' }], defaults: { password: 'secret' } });
  const duplicate = vi.spyOn(Object.assign(cluster, { _self: undefined }), 'duplicate');
  const { dial } = connectRedis(cluster);
  const { line, end } = dialInTime(dial!, () => undefined);
  await expect(line).resolves.toBeDefined();
  expect(duplicate).not.toHaveBeenCalled();
  end();
});

/** A client that waits for the end of a socket that has ended long ago keeps a process for that long. */
it('A connection like that of ioredis that was refused keeps no process', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout');
  onTestFinished(() => timers.mockRestore());
  const { dial } = connectRedis(clients['ioredis']!(await freePort()));
  const { line, end } = dialInTime(dial!, () => undefined);
  await expect(line).rejects.toThrow();
  end();
  await pause(10);
  // Neither unrefed nor cleared.
  const isHolding = (_: unknown, i: number) => (timers.mock.results[i]!.value as NodeJS.Timeout).hasRef();
  const holding = timers.mock.calls.filter(isHolding).map(([, ms]) => ms);
  expect(Math.max(...holding.map(Number))).toBeLessThanOrEqual(50);
});
