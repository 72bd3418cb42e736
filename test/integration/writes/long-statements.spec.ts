import type { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { expect, it, onTestFinished } from 'vitest';
import { QsCacheCore } from '../../../lib/qs-cache.core.js';
import { Example, User } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager, UserCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { services } from '../../support/services.js';

const { redis } = services;
const stores = 'url' in redis ? (['memory', 'keyv-redis'] as const) : (['memory'] as const);
const HOLD_MS = 1_000;

describeDatabases(
  'a statement that outlives its hold',
  (database) => {
    const seconds = (time: number) =>
      database.name === 'postgres' ? `pg_sleep(${time}) IS NOT NULL` : `SLEEP(${time}) = 0`;
    const user = database.name === 'postgres' ? '"user"' : '`user`';
    const open = (store: (typeof stores)[number]) =>
      exampleApp(database, {
        store,
        ...('url' in redis && { redisUrl: redis.url }),
        options: { holdMs: HOLD_MS },
      });

    if (database.name === 'postgres')
      it.each(stores)(
        'because its client gave up waiting is heard when the server is done with it (%s)',
        async (store) => {
          const { options, get } = await open(store);
          // Of the same application: who reads must not be handed the busy connection.
          const impatient = new DataSource({ ...options, extra: { query_timeout: 300 } } as DataSourceOptions);
          onTestFinished(() => impatient.destroy());
          await impatient.initialize();
          const examples = get(PlainExampleCacheManager);
          expect((await examples.get(1)).title).toBe('one');
          const slow = impatient.query(`UPDATE example SET title = 'late' WHERE id = 1 AND ${seconds(2)}`);
          await expect(slow).rejects.toThrow(/timeout/);
          const seen = new Set<string>();
          for (let since = 0; since < 40 && !seen.has('late'); since++) {
            seen.add((await examples.get(1)).title);
            await sleep(100);
          }
          expect([...seen]).toEqual(['one', 'late']);
          // What was read meanwhile is not kept.
          expect((await examples.get(1)).title).toBe('late');
          expect((await examples.all()).find(({ id }) => id === 1)!.title).toBe('late');
        },
      );

    if (database.name === 'postgres')
      it.each(stores)('and whose connection ends after that is still told of when it commits (%s)', async (store) => {
        const { dataSource, options, get } = await exampleApp(database, {
          store,
          ...('url' in redis && { redisUrl: redis.url }),
          options: { budgetMs: 250, holdMs: 5_000 },
        });
        const impatient = new DataSource({ ...options, extra: { query_timeout: 300 } } as DataSourceOptions);
        onTestFinished(() => impatient.destroy());
        await impatient.initialize();
        const examples = get(PlainExampleCacheManager);
        expect((await examples.get(1)).title).toBe('one');
        const runner = impatient.createQueryRunner();
        const client = (await runner.connect()) as {
          connection: { stream: { destroy(): void } };
          on: EventEmitter['on'];
        };
        client.on('error', () => undefined);
        const slow = runner.query(`UPDATE example SET title = 'late' WHERE id = 1 AND ${seconds(2)}`);
        await expect(slow).rejects.toThrow(/timeout/);
        client.connection.stream.destroy();
        await runner.release();
        await sleep(300);
        expect((await examples.get(1)).title).toBe('one');
        // The server finishes what nobody waits for any more.
        await sleep(2_000);
        expect((await dataSource.manager.findOneByOrFail(Example, { id: 1 })).title).toBe('late');
        expect((await examples.get(1)).title).toBe('late');
      });

    it.each(stores)('and frees a key is known to do so until it has been heard of (%s)', async (store) => {
      const { dataSource, get } = await open(store);
      const users = get(UserCacheManager);
      const bySlug = async () => (await users.get('ann', { where: { username: 'ann' } })).id;
      expect(await bySlug()).toBe(1);

      // The first writer commits after its hold's first deadline, and is slow to tell.
      const core = get(QsCacheCore);
      const advance = core.store.advance.bind(core.store);
      let tell!: () => void;
      const told = new Promise<void>((resolve) => (tell = resolve));
      const committed = new Promise<void>((resolve) => {
        core.store.advance = async (...args) => {
          core.store.advance = advance;
          resolve();
          await told;
          return advance(...args);
        };
      });
      const freeing = dataSource.query(`UPDATE ${user} SET username = 'anne' WHERE id = 1 AND ${seconds(1.5)}`);
      await sleep(HOLD_MS + 200);
      // Whoever finds a hold past its deadline settles it, and fills anew.
      expect(await bySlug()).toBe(1);
      await committed;

      // The second writer takes the key and is acknowledged.
      await dataSource.manager.update(User, 2, { username: 'ann' });
      expect(await bySlug()).toBe(2);
      tell();
      await freeing;
      expect(await bySlug()).toBe(2);
    });
  },
  ['postgres', 'mariadb'],
);
