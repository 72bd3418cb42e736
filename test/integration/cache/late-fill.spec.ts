import { describe, expect, it } from 'vitest';
import { Example } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { type DatabaseName, describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { outsideOf } from '../../support/outside.js';
import { Pause } from '../../support/pause.js';
import { services } from '../../support/services.js';
import type { StoreKind } from '../../support/test-app.js';

const { redis } = services;
const stores: Record<DatabaseName, StoreKind[]> = {
  sqljs: ['memory', 'keyv-redis'],
  postgres: ['memory', 'ioredis-yet', 'keyv-redis'],
  mariadb: ['memory', 'ioredis-yet'],
};

const SELECT_EXAMPLE = /^SELECT .*FROM .example. .Example./;

describeDatabases('a load that a write overtakes', (database) => {
  describe.each(stores[database.name].filter((store) => store === 'memory' || 'url' in redis))('on %s', (store) => {
    async function setUp() {
      const app = await exampleApp(database, { store, ...('url' in redis && { redisUrl: redis.url }) });
      return { ...app, examples: app.get(PlainExampleCacheManager) };
    }

    /** A write nobody tells us of, as another program would make it. */
    const outside = (app: Awaited<ReturnType<typeof setUp>>) =>
      outsideOf(app.dataSource, `UPDATE example SET title = 'changed' WHERE id = 1`);

    it.each([
      ['clearCache()', (app: Awaited<ReturnType<typeof setUp>>) => app.examples.clearCache()],
      ['clearCacheDetail(1)', (app: Awaited<ReturnType<typeof setUp>>) => app.examples.clearCacheDetail(1)],
      ['clearCacheDetail()', (app: Awaited<ReturnType<typeof setUp>>) => app.examples.clearCacheDetail()],
    ])('is not served after the row was changed elsewhere and %s', async (_name, clear) => {
      const app = await setUp();
      const pause = new Pause(app.dataSource, SELECT_EXAMPLE);
      const loading = app.examples.get(1);
      await pause.reached();
      await outside(app);
      await clear(app);
      // A reader that comes while the old load is still under way must not join it.
      expect((await app.examples.get(1)).title).toBe('changed');
      pause.release();
      expect((await loading).title).toBe('one');
      expect((await app.examples.get(1)).title).toBe('changed');
    });

    it.each([
      ['clearCacheList()', (app: Awaited<ReturnType<typeof setUp>>) => app.examples.clearCacheList()],
      ['clearCacheList(suffix)', (app: Awaited<ReturnType<typeof setUp>>) => app.examples.clearCacheList('x')],
      ['clearCache()', (app: Awaited<ReturnType<typeof setUp>>) => app.examples.clearCache()],
    ])('is not served as a list after %s', async (_name, clear) => {
      const app = await setUp();
      const list = () => app.examples.all({ suffix: 'x', where: { title: 'one' } });
      const pause = new Pause(app.dataSource, SELECT_EXAMPLE);
      const loading = Promise.resolve(list());
      await pause.reached();
      await outside(app);
      await clear(app);
      expect(await list()).toEqual([]);
      pause.release();
      expect(await loading).toHaveLength(1);
      expect(await list()).toEqual([]);
    });

    it('is not served after a save of the row', async () => {
      const app = await setUp();
      const pause = new Pause(app.dataSource, SELECT_EXAMPLE);
      const loading = app.examples.get(1);
      await pause.reached();
      await app.dataSource.manager.update(Example, 1, { title: 'changed' });
      expect((await app.examples.get(1)).title).toBe('changed');
      pause.release();
      await loading;
      expect((await app.examples.get(1)).title).toBe('changed');
    });
  });
});
