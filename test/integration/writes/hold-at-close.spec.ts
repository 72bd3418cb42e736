import { createCache } from 'cache-manager';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { CacheEvents } from '../../../lib/events/cache-events.js';
import { selectStore } from '../../../lib/store/select-store.js';
import { HoldProtocol } from '../../../lib/writes/hold-protocol.js';
import { describeWithRedisServers, Proxy, RedisServer } from '../../support/redis-server.js';

const BUDGET = 2_000;
/** Renewed after a third of it. */
const HOLD = 1_500;
const user = { clock: 'app.public.user', rows: ['1'] };

describeWithRedisServers('A write that is settled while its hold is renewed', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  // A renewal is sent again when its connection is lost: behind the advance nobody would take the hold back until its deadline.
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
      const protocol = new HoldProtocol(() => store, new CacheEvents(), { budgetMs: BUDGET, holdMs: HOLD });
      const asked = vi.spyOn(store, 'hold');

      const hold = await protocol.hold([user]);
      proxy.block();
      await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2), HOLD);
      if (closes) protocol.close();
      await proxy.cut();
      // For so long that the hold's next try is some time away when the way is open again.
      await new Promise((resolve) => setTimeout(resolve, 150));
      await proxy.open();
      await protocol.advance([user], hold);
      await Promise.all(asked.mock.results.map(({ value }) => value as Promise<void>));

      expect(await server.admin.get(`qscache:{${user.clock}}`)).not.toContain(' h:');
    });
  });
});
