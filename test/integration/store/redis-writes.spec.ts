import KeyvRedis from '@keyv/redis';
import { createCache, KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Redis } from 'ioredis';
import Keyv from 'keyv';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CacheEvents } from '../../../lib/events/cache-events.js';
import { HoldProtocol } from '../../../lib/writes/hold-protocol.js';
import type { CacheStore } from '../../../lib/store/cache-store.js';
import { selectStore } from '../../../lib/store/select-store.js';
import { describeWithRedisServers, freePort, Proxy, RedisServer } from '../../support/redis-server.js';

const LONG = 60_000;
const BUDGET = 250;
const user = { clock: 'app.public.user', rows: ['1'] };

interface Client {
  readonly keyv: Keyv;
  end(): unknown;
}

const clients: Record<string, (port: number) => Client> = {
  ioredis: (port) => {
    const client = new Redis(port);
    client.on('error', () => undefined);
    return {
      keyv: new Keyv({ store: new KeyvAdapter(redisInsStore(client) as never) }),
      end: () => client.disconnect(),
    };
  },
  '@keyv/redis': (port) => {
    const store = new KeyvRedis(`redis://127.0.0.1:${port}`);
    return { keyv: new Keyv(store), end: () => store.disconnect(true) };
  },
};

describeWithRedisServers('A write is heard by Redis', () => {
  let server: RedisServer;
  /** The reader's process, right beside the server. */
  let reader: CacheStore;
  let endReader: () => unknown;
  beforeAll(async () => {
    server = await RedisServer.start();
    const { keyv, end } = clients['ioredis']!(server.port);
    reader = selectStore({ cache: createCache({ stores: [keyv] }), budgetMs: 2000 }).store;
    endReader = end;
  });
  afterAll(async () => {
    await reader.close();
    await endReader();
    await server.stop();
  });

  const clock = async (of: CacheStore = reader) => (await of.read([], [user])).clocks[0]!;

  describe.each(Object.entries(clients))('over %s', (_, make) => {
    let proxy: Proxy;
    let store: CacheStore;
    let protocol: HoldProtocol;
    let end: () => unknown;
    let failed: string[];

    beforeEach(async () => {
      proxy = await Proxy.to(server.port);
      const { keyv, end: endClient } = make(proxy.port);
      end = endClient;
      store = selectStore({ cache: createCache({ stores: [keyv] }), budgetMs: BUDGET }).store;
      const events = new CacheEvents();
      failed = [];
      events.on((event) => event.name === 'store:failed' && failed.push(event.operation));
      protocol = new HoldProtocol(() => store, events, { budgetMs: BUDGET, holdMs: 10_000 });
      await store.open();
      await store.read([], [user]);
    });
    afterEach(async () => {
      await store.close();
      await end();
      await proxy.cut();
    });

    /** One write, acknowledged when this resolves: whether a read that begins now can be served what was there before. */
    async function isStaleAfterWrite(before: number): Promise<boolean> {
      const hold = await protocol.hold([user]);
      await protocol.advance([user], hold);
      const state = await clock();
      return state.rows[0]! <= before && !state.held;
    }

    it.each([140, 200])('before it is acknowledged, %i ms away with a budget of 250', async (roundTripMs) => {
      proxy.latencyMs = roundTripMs / 2;
      let stale = 0;
      for (let i = 0; i < 8; i++) if (await isStaleAfterWrite((await clock()).now)) stale++;
      expect(stale).toBe(0);
      expect(failed).not.toContain('advance');
    });

    it('before it is acknowledged, although the server forgot the scripts 100 ms away', async () => {
      proxy.latencyMs = 50;
      let stale = 0;
      for (let i = 0; i < 5; i++) {
        const { now: before } = await clock();
        const hold = await protocol.hold([user]);
        await server.admin.script('FLUSH');
        await protocol.advance([user], hold);
        const state = await clock();
        if (state.rows[0]! <= before && !state.held) stale++;
      }
      expect(stale).toBe(0);
      expect(failed).not.toContain('advance');
    });

    it('although its connections were reset', async () => {
      const { now: before } = await clock();
      proxy.reset();
      const outcomes = await Promise.all(
        Array.from({ length: 30 }, async (_, i) => {
          await new Promise((resolve) => setTimeout(resolve, i));
          return isStaleAfterWrite((await clock()).now);
        }),
      );
      expect(outcomes.filter(Boolean)).toEqual([]);
      expect(failed).toEqual([]);
      expect((await clock()).now).toBeGreaterThanOrEqual(before + 30);
    });

    it('although the connection is reset while the write is under way', async () => {
      for (let i = 0; i < 20; i++) {
        const { now: before } = await clock();
        const hold = await protocol.hold([user]);
        const advanced = protocol.advance([user], hold);
        proxy.reset();
        await advanced;
        expect((await clock()).now).toBeGreaterThan(before);
      }
      expect(failed).toEqual([]);
    });

    it.each([
      ['behind a burst of reads', () => Array.from({ length: 5_000 }, () => store.read(['a', 'b'], [user]))],
      ['behind large fills', () => Array.from({ length: 4 }, (_, i) => store.put(`${i}`, 'x'.repeat(8_000_000), LONG))],
    ])('%s', async (_queue, queue) => {
      const { now: before } = await clock();
      const queued = Promise.allSettled(queue());
      let isThrough = false;
      void queued.then(() => (isThrough = true));
      // A turn for what stands before it to be on its way.
      await new Promise((resolve) => setImmediate(resolve));
      await store.advance([user]);
      expect(isThrough).toBe(false);
      expect((await clock()).now).toBe(before + 1);
      await queued;
    });

    it('or somebody is told that it was not', async () => {
      await proxy.cut();
      const began = performance.now();
      await protocol.advance([user], await protocol.hold([user]));
      expect(performance.now() - began).toBeLessThan(1.5 * BUDGET + 200);
      expect(failed).toEqual(['hold', 'advance']);
    });
  });

  it.each(Object.entries(clients))('that was never there, without being waited for at the end: %s', async (_, make) => {
    const { keyv, end } = make(await freePort());
    const store = selectStore({ cache: createCache({ stores: [keyv] }), budgetMs: BUDGET }).store;
    await expect(store.open()).rejects.toThrow();
    const began = performance.now();
    await store.close();
    expect(performance.now() - began).toBeLessThan(100);
    await end();
  });
});
