import { createCache } from 'cache-manager';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { CacheEvents } from '../../../lib/events/cache-events.js';
import { selectStore } from '../../../lib/store/select-store.js';
import { HoldProtocol } from '../../../lib/writes/hold-protocol.js';
import { describeWithRedisServers, Proxy, RedisServer } from '../../support/redis-server.js';

const BUDGET = 2_000;
const user = { clock: 'app.public.user', rows: ['1'] };

describeWithRedisServers('A write that is settled while its hold is on its way', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  // The hold is sent again when its connection is lost: behind the advance nobody would take it back until its deadline.
  describe.each([
    ['by an application that stands', false],
    ['by an application that closes', true],
  ])('%s', (_, closes) => {
    it('leaves no hold behind', async () => {
      const proxy = await Proxy.to(server.port);
      const redis = new Redis(proxy.port);
      redis.on('error', () => undefined);
      const { store } = selectStore({ cache: createCache(), redis, budgetMs: BUDGET });
      onTestFinished(async () => {
        await store.close();
        redis.disconnect();
        await proxy.cut();
      });
      await store.open();
      await store.read([], [user]);
      await store.release([user.clock], 'none');
      const events = new CacheEvents();
      const protocol = new HoldProtocol(() => store, events, { budgetMs: BUDGET, holdMs: 60_000 });

      proxy.block();
      const hold = await protocol.hold([user]);
      if (closes) protocol.close();
      await proxy.cut();
      // For so long that the hold's next try is some time away when the way is open again.
      await new Promise((resolve) => setTimeout(resolve, 150));
      await proxy.open();
      await protocol.advance([user], hold);
      // Whatever was asked for the hold is answered by then.
      while (!hold.blocks) await new Promise((resolve) => setTimeout(resolve, 5));

      expect(await server.admin.get(`qscache:{${user.clock}}`)).not.toContain(' h:');
    });
  });
});
