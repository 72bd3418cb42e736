import { Injectable } from '@nestjs/common';
import type { DataSourceOptions } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { Example, exampleEntities, User } from '../../fixtures/entities/example.entity.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { outsideOf } from '../../support/outside.js';
import { services } from '../../support/services.js';
import { createTestApp, type StoreKind } from '../../support/test-app.js';
import { timeOfDay } from '../../support/time-of-day.js';

const { redis } = services;
const MINUTE = 60_000;

@Injectable()
class Examples extends BaseCacheManager<Example> {
  model = Example;
  relatedObjects = ['user'] as const;
  listTimeout = 60;
  detailTimeout = 60;
  staleWhileRevalidate = 3_600;
}

async function setUp(database: TestDatabase, store: StoreKind) {
  const app = await createTestApp({
    database: { ...(await database.options()), entities: exampleEntities, synchronize: true } as DataSourceOptions,
    managers: [Examples],
    store,
    ...('url' in redis && { redisUrl: redis.url }),
  });
  const { manager } = app.dataSource;
  const ann = await manager.save(User, { username: 'ann' });
  await manager.save(Example, [
    { title: 'one', user: ann },
    { title: 'two', user: ann },
  ]);
  const examples = app.get(Examples);
  const reads = {
    list: async () => (await examples.all()).find(({ id }) => id === 1)?.title,
    detail: async () => (await examples.get(1)).title,
    several: async () => (await examples.getMany([1, 2])).map(({ title }) => title)[0],
    'by a filter': async () => (await examples.get('one', { where: { id: 1 } })).title,
  };
  const time = timeOfDay();
  /** Entries whose timeout is over. */
  const expire = async () => {
    for (const read of Object.values(reads)) await read();
    await app.settled();
    time.pass(2 * MINUTE);
    app.events.splice(0);
  };
  return { ...app, examples, reads, time, expire };
}

/** Both stores beside one database are enough. */
function storesBeside({ name }: TestDatabase): StoreKind[] {
  const shared = 'url' in redis ? 'ioredis-yet' : 'memory';
  return name === 'sqljs' && shared !== 'memory' ? [shared, 'memory'] : [shared];
}

describeDatabases('An entry past its timeout', (database) => {
  describe.each<StoreKind>(storesBeside(database))('on %s', (store) => {
    it.each(['list', 'detail', 'several', 'by a filter'] as const)(
      'is shown while one load replaces it: %s',
      async (kind) => {
        const { reads, expire, events, statements, settled } = await setUp(database, store);
        await expire();
        const read = reads[kind];
        await statements.expect(1, async () => {
          for (const found of await Promise.all(Array.from({ length: 100 }, read))) expect(found).toBe('one');
          await settled();
        });
        expect(events.filter(({ name }) => name === 'entry:missed')).toEqual([]);
        expect(events).toContainEqual(expect.objectContaining({ name: 'entry:hit', stale: 'expired' }));
        events.splice(0);
        await statements.expect(0, read);
        expect(events.filter((event) => event.name !== 'entry:hit' || event.stale)).toEqual([]);
      },
    );

    it.each<[string, (lab: Awaited<ReturnType<typeof setUp>>) => Promise<unknown>]>([
      ['save()', ({ dataSource }) => dataSource.manager.save(Example, { id: 1, title: 'new' })],
      ['update()', ({ dataSource }) => dataSource.manager.update(Example, 1, { title: 'new' })],
      ['raw SQL', ({ dataSource }) => dataSource.query(`UPDATE example SET title = 'new' WHERE id = 1`)],
      [
        'a transaction',
        ({ dataSource }) => dataSource.transaction((inside) => inside.update(Example, 1, { title: 'new' })),
      ],
    ])('is a miss once it is written, by %s', async (_, write) => {
      const lab = await setUp(database, store);
      await lab.expire();
      await write(lab);
      for (const read of Object.values(lab.reads)) expect(await read()).toBe('new');
      expect(lab.events.filter((event) => event.name === 'entry:hit' && 'stale' in event)).toEqual([
        // The other one of several, which nobody has written.
        expect.objectContaining({ key: lab.examples.getDetailCacheKey(2) }),
      ]);
    });

    it('is a miss once the row of a relation is written, or it is cleared', async () => {
      const { reads, expire, dataSource, examples, statements, settled, events } = await setUp(database, store);
      await expire();
      await dataSource.manager.update(User, 1, { username: 'eve' });
      expect((await examples.get(1)).user!.username).toBe('eve');
      expect(events).toContainEqual(expect.objectContaining({ name: 'entry:missed', reason: 'stale' }));
      await settled();
      await expire();
      await examples.clearCache();
      await statements.expect(1, reads.detail);
      expect(events.filter((event) => event.name === 'entry:hit')).toEqual([]);
    });

    it('is shown once more when another program has deleted its row, and not again', async () => {
      const { expire, dataSource, examples, statements, settled } = await setUp(database, store);
      await expire();
      await outsideOf(dataSource, 'DELETE FROM example WHERE id = 1');
      const read = async () => {
        const found = await examples.get(1, { raiseException: false });
        await settled();
        return found?.title;
      };
      expect(await statements.expect(1, read)).toBe('one');
      expect(await statements.expect(1, read)).toBeUndefined();
    });

    it('is shown until its time is over when the load fails behind its back', async () => {
      const { reads, expire, events, dataSource, time, settled } = await setUp(database, store);
      await expire();
      const { createQueryRunner } = dataSource;
      dataSource.createQueryRunner = () => {
        throw new Error('no connection');
      };
      for (let round = 0; round < 2; round++) {
        expect(await reads.detail()).toBe('one');
        await settled();
      }
      const failures = events.filter(({ name }) => name === 'load:failed');
      expect(failures).toHaveLength(2);
      time.pass(60 * MINUTE);
      await expect(reads.detail()).rejects.toThrow('no connection');
      dataSource.createQueryRunner = createQueryRunner;
      expect(await reads.detail()).toBe('one');
    });
  });
});
