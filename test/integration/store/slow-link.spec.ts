import type { DataSourceOptions } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { exampleEntities } from '../../fixtures/entities/example.entity.js';
import { JoinedExampleCacheManager, managers, PlainExampleCacheManager } from '../../fixtures/managers.js';
import { sqljs } from '../../fixtures/sqljs.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { Pause } from '../../support/pause.js';
import { createTestApp, type StoreKind } from '../../support/test-app.js';
import { describeWithRedisServers, Proxy, RedisServer } from '../../support/redis-server.js';

const BUDGET = 400;
/** Where a busy machine must not be taken for a slow Redis. */
const PATIENT = 5_000;

async function timed(work: () => PromiseLike<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

describeWithRedisServers('a Redis that is far away', () => {
  let server: RedisServer;
  let proxy: Proxy;
  beforeEach(async () => {
    server = await RedisServer.start();
    proxy = await Proxy.to(server.port);
  });
  afterEach(async () => {
    await proxy.cut();
    await server.stop();
  });

  const options = (store: StoreKind, budgetMs = BUDGET) => ({
    store,
    redisUrl: `redis://127.0.0.1:${proxy.port}`,
    options: { budgetMs, namespace: 'far' },
  });

  describe.each<StoreKind>(['ioredis-yet', 'keyv-redis'])('through %s', (store) => {
    it('is waited for twice by a miss, which asks for a lease: what it loaded is stored when it has gone on', async () => {
      const { get, settled, statements, events } = await exampleApp(sqljs, options(store, PATIENT));
      const examples = get(PlainExampleCacheManager);
      await examples.get(2);
      await settled();
      const oneWayMs = 200;
      proxy.latencyMs = oneWayMs;
      expect(await timed(() => examples.get(1))).toBeLessThan(6 * oneWayMs);
      expect(events).not.toContainEqual({ name: 'entry:filled', key: examples.getDetailCacheKey(1) });
      // Until it is stored it is shared.
      await statements.expect(0, () => examples.get(1));
      await settled();
      expect(events).toContainEqual({ name: 'entry:filled', key: examples.getDetailCacheKey(1) });
      proxy.latencyMs = 0;
      await statements.expect(0, () => examples.get(1));
    });

    describeDatabases(
      'is waited for within one budget',
      (database) => {
        it('by who waits for another process, for whom its last answer comes too late without its failing', async () => {
          const one = await exampleApp(database, options(store));
          const two = await createTestApp({
            ...options(store),
            database: { ...one.options, entities: exampleEntities } as DataSourceOptions,
            managers,
          });
          for (const { get, settled } of [one, two]) {
            await get(PlainExampleCacheManager).get(2);
            await settled();
          }
          const pause = new Pause(one.dataSource, /^SELECT/);
          onTestFinished(() => pause.release());
          const first = one.get(PlainExampleCacheManager).get(1);
          await pause.reached();
          proxy.latencyMs = 10;
          two.events.splice(0);
          expect(await two.get(PlainExampleCacheManager).get(1)).toMatchObject({ title: 'one' });
          proxy.latencyMs = 0;
          expect(two.events.map(({ name }) => name)).not.toContain('store:failed');
          pause.release();
          await first;
          await Promise.all([one.settled(), two.settled()]);
        });

        it('also by who has to ask twice', async () => {
          const one = await exampleApp(database, options(store));
          const two = await createTestApp({
            ...options(store),
            database: { ...one.options, entities: exampleEntities } as DataSourceOptions,
            managers,
          });
          await one.get(JoinedExampleCacheManager).get(1);
          await one.settled();
          const examples = two.get(JoinedExampleCacheManager);
          // So that the script is known, and the connections are open.
          await examples.get(2);
          await two.settled();
          // No user that it shows.
          await one.dataSource.query('UPDATE "user" SET username = username WHERE id = 999');
          proxy.latencyMs = 0.35 * BUDGET;
          two.events.splice(0);
          // That there is an entry it learns with the first answer, and which users it shows; about them it asks in vain.
          const tookMs = await timed(() => examples.get(1));
          expect(two.events).toContainEqual(expect.objectContaining({ name: 'store:failed', operation: 'read' }));
          expect(tookMs).toBeGreaterThan(BUDGET - 5);
          expect(tookMs).toBeLessThan(1.8 * BUDGET);
          proxy.latencyMs = 0;
          await two.settled();
        });
      },
      ['postgres'],
    );
  });
});
