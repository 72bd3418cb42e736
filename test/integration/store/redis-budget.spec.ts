import { KeyvAdapter, createCache } from 'cache-manager';
import KeyvRedis from '@keyv/redis';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Redis, type RedisOptions } from 'ioredis';
import Keyv from 'keyv';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoreError } from '../../../lib/errors.js';
import type { CacheStore } from '../../../lib/store/cache-store.js';
import { selectStore } from '../../../lib/store/select-store.js';
import { describeWithRedisServers, freePort, Proxy, RedisServer } from '../../support/redis-server.js';

const LONG = 60_000;
const BUDGET = 150;
/** A busy machine is late; a client's own patience is 10 seconds and more. */
const SLACK = 600;
const user = [{ clock: 'user', rows: ['1'] }];

interface Client {
  readonly keyv: Keyv;
  end(): void;
}

function viaIoRedis(port: number, options: RedisOptions): Client {
  const client = new Redis(port, { retryStrategy: () => 20, ...options });
  client.on('error', () => undefined);
  const adapter = new KeyvAdapter(redisInsStore(client) as never);
  return { keyv: new Keyv({ store: adapter }), end: () => client.disconnect() };
}

function viaKeyvRedis(port: number, reconnectStrategy: false | (() => number)): Client {
  const store = new KeyvRedis({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy } });
  return { keyv: new Keyv(store), end: () => void store.disconnect(true) };
}

const clients: Record<string, (port: number) => Client> = {
  ioredis: (port) => viaIoRedis(port, {}),
  'ioredis, lazy': (port) => viaIoRedis(port, { lazyConnect: true }),
  '@keyv/redis': (port) => viaKeyvRedis(port, () => 20),
  '@keyv/redis, not reconnecting': (port) => viaKeyvRedis(port, false),
};

describeWithRedisServers('RedisStore answers within its budget', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  describe.each(Object.entries(clients))('over %s', (_, make) => {
    let proxy: Proxy;
    let store: CacheStore;
    let end: () => void;

    beforeEach(async () => {
      proxy = await Proxy.to(server.port);
      ({ store, end } = open(proxy.port));
    });
    afterEach(async () => {
      await store.close();
      end();
      await proxy.cut();
    });

    function open(port: number) {
      const { keyv, end } = make(port);
      return { end, ...selectStore({ cache: createCache({ stores: [keyv] }), budgetMs: BUDGET }) };
    }

    it('when nothing comes back, and works again when the way is free', async () => {
      await vi.waitFor(() => store.read(['a'], user), { timeout: 5000 });
      proxy.block();
      await expectEachToFailWithin(store, BUDGET + SLACK);
      await proxy.cut();
      await proxy.open();
      await vi.waitFor(() => store.read(['a'], user), { timeout: 5000 });
    });

    it('half of it for a hold, a whole one for an advance, whatever the hold has used', async () => {
      await vi.waitFor(() => store.read(['a'], user), { timeout: 5000 });
      await store.open();
      proxy.block();
      const began = performance.now();
      await expect(store.hold(['user'], 'w', LONG)).rejects.toThrow(`within ${BUDGET / 2} ms`);
      await expect(store.advance([{ clock: 'user', rows: ['1'] }], 'w')).rejects.toThrow(`within ${BUDGET} ms`);
      const elapsed = performance.now() - began;
      expect(elapsed).toBeGreaterThan(1.5 * BUDGET - 5);
      expect(elapsed).toBeLessThan(1.5 * BUDGET + SLACK);
    });

    it('at once when the connection is gone', async () => {
      await vi.waitFor(() => store.read(['a'], user), { timeout: 5000 });
      await proxy.cut();
      await vi.waitFor(async () => {
        const started = performance.now();
        await expect(store.read(['a'], user)).rejects.toThrow(/connection is down|is not connected/);
        expect(performance.now() - started).toBeLessThan(BUDGET / 3);
      });
    });

    it('when there never was a server', async () => {
      const nowhere = open(await freePort());
      await expectEachToFailWithin(nowhere.store, BUDGET + SLACK);
      await nowhere.store.close();
      nowhere.end();
    });
  });

  async function expectEachToFailWithin(store: CacheStore, limitMs: number): Promise<void> {
    const started = performance.now();
    const outcomes = await Promise.allSettled([
      store.read(['a'], user),
      store.touch(user, LONG),
      store.put('a', 'text', LONG),
      store.remove(['a']),
      store.hold(['user'], 'w', LONG),
      store.release(['user'], 'w'),
      store.advance([{ clock: 'user', rows: ['1'] }], 'w'),
    ]);
    expect(performance.now() - started).toBeLessThan(limitMs);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(StoreError) });
  }
});
