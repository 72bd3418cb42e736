import { Injectable } from '@nestjs/common';
import { Column, type DataSourceOptions, Entity, PrimaryColumn, Raw } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { QsCacheCore } from '../../../lib/qs-cache.core.js';
import type { CacheStore } from '../../../lib/store/cache-store.js';
import { type DatabaseName, describeDatabases } from '../../support/databases.js';
import { FaultyStore } from '../../support/faulty-store.js';
import { services } from '../../support/services.js';
import { createTestApp, type StoreKind, type TestApp } from '../../support/test-app.js';

const { redis } = services;
if ('skip' in redis) console.warn(`Skipped bursts on Redis: ${redis.skip}`);

/** Every database and every store, not every pair. */
const stores: Record<DatabaseName, StoreKind[]> = {
  sqljs: 'url' in redis ? ['memory', 'ioredis-yet', 'keyv-redis'] : ['memory'],
  postgres: ['memory'],
  mariadb: ['memory'],
};

@Entity()
class Reading {
  @PrimaryColumn()
  id: number;

  @Column()
  name: string;
}

@Injectable()
class Readings extends BaseCacheManager<Reading> {
  model = Reading;
}

/** Its answer changes without a write. */
@Injectable()
class VolatileReadings extends BaseCacheManager<Reading> {
  model = Reading;
  cacheKey = 'volatile';
}

/** More than one question takes. */
const ROWS = 600;

describeDatabases('a burst', (database) => {
  const many = database.name === 'sqljs' ? 3_000 : 500;

  async function setUp(store: StoreKind, extra: DataSourceOptions = {} as DataSourceOptions) {
    const app = await createTestApp({
      database: {
        ...(await database.options()),
        ...extra,
        entities: [Reading],
        synchronize: true,
      } as DataSourceOptions,
      managers: [Readings, VolatileReadings],
      store,
      ...('url' in redis && { redisUrl: redis.url }),
    });
    const rows = Array.from({ length: ROWS }, (_, i) => ({ id: i + 1, name: `reading ${i + 1}` }));
    await app.dataSource.getRepository(Reading).insert(rows);
    const core = app.get(QsCacheCore);
    return { ...app, readings: app.get(Readings), faulty: new FaultyStore(core.store as CacheStore, 200) };
  }

  /** What it costs, without what a driver asks of its own connections. */
  async function costs(
    { statements, faulty }: Pick<TestApp, 'statements'> & { faulty: FaultyStore },
    work: () => Promise<unknown>,
  ): Promise<{ loads: number; questions: number }> {
    const before = faulty.count('read');
    const { statements: seen } = await statements.during(work);
    return { loads: seen.filter((sql) => /FROM .?reading/.test(sql)).length, questions: faulty.count('read') - before };
  }

  const times = <T>(count: number, work: (i: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, i) => work(i)));

  it.each(stores[database.name])(
    'of readers of one key, cold and warm, costs a question and a load on %s',
    async (store) => {
      const app = await setUp(store);
      const { readings } = app;
      expect(await costs(app, () => times(many, () => readings.get(1)))).toEqual({ loads: 1, questions: 1 });
      await app.settled();
      // In memory there is nobody to ask for what it has in hand.
      const questions = store === 'memory' ? 0 : 1;
      expect(await costs(app, () => times(many, () => readings.get(1)))).toEqual({ loads: 0, questions });
      expect(await costs(app, () => times(200, () => readings.all().then((all) => all.length)))).toEqual({
        loads: 1,
        questions: 1,
      });
    },
  );

  it.each(stores[database.name])(
    'of three readers of each of six hundred keys asks for many at once on %s',
    async (store) => {
      const app = await setUp(store);
      const { readings } = app;
      const cold = await costs(app, () => times(3 * ROWS, (i) => readings.get(1 + (i % ROWS))));
      expect(cold).toEqual({ loads: ROWS, questions: 2 });
      const warm = await costs(app, () => times(3 * ROWS, (i) => readings.get(1 + (i % ROWS))));
      // The second question is about rows only the entries know of.
      expect(warm.loads).toBe(0);
      expect(warm.questions).toBeLessThanOrEqual(4);
    },
  );

  it('of readers without a store costs one load, and no more at once than there are connections', async () => {
    const app = await setUp('memory');
    const { readings, faulty, events } = app;
    faulty.break('throws', 'read');
    expect(await costs(app, () => times(many, () => readings.get(1)))).toEqual({ loads: 1, questions: 1 });
    // In turns of their own they share what has not begun.
    const turns = async () => {
      const reads: Promise<unknown>[] = [];
      for (let turn = 0; turn < 200; turn++) {
        reads.push(readings.get(1));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all(reads);
    };
    const { loads } = await costs(app, turns);
    expect(loads).toBeLessThanOrEqual(200);
    expect(events.filter(({ name }) => name === 'load:joined').length).toBeGreaterThanOrEqual(many - 1);
  });

  it('of readers before anything may be read from the cache costs one load', async () => {
    const app = await setUp('memory');
    const { readings, faulty, dataSource } = app;
    const core = app.get(QsCacheCore);
    const watched = core.watched.find((each) => each.dataSource === dataSource)!;
    watched.watch.uninstall();
    expect(await costs(app, () => times(many, () => readings.get(1)))).toEqual({ loads: 1, questions: 0 });
    // One after the other, but before anything else can happen.
    const later = async (depth: number) => {
      for (let i = 0; i < depth; i++) await Promise.resolve();
      return readings.get(1);
    };
    expect(await costs(app, () => times(100, later))).toEqual({ loads: 1, questions: 0 });
    expect(faulty.count('put')).toBe(0);
  });

  const inThePool = async () => {
    const app = await setUp('memory');
    const { readings, dataSource, statements } = app;
    const { master: pool } = dataSource.driver as unknown as { master: { waitingCount: number; totalCount: number } };
    let [waiting, connections] = [0, 0];
    const logQuery = statements.logQuery.bind(statements);
    statements.logQuery = (query) => {
      logQuery(query);
      waiting = Math.max(waiting, pool.waitingCount);
      connections = Math.max(connections, pool.totalCount);
    };
    expect(await costs(app, () => times(200, (i) => readings.get(1 + i)))).toEqual({ loads: 200, questions: 1 });
    expect(waiting).toBe(0);
    expect(connections).toBeGreaterThan(1);
  };
  // Its pool says how many wait.
  if (database.name === 'postgres') it('of readers of many keys leaves no load waiting in the pool', inThePool);

  it('of readers of what may not be stored costs one load, and whoever comes later loads anew', async () => {
    const app = await setUp('memory');
    const volatile = app.get(VolatileReadings);
    const now = database.name === 'sqljs' ? `datetime('now')` : 'now()';
    const recent = () =>
      volatile.get('recent', { where: { id: 1, name: Raw((name) => `${name} <> '' AND ${now} IS NOT NULL`) } });
    expect(await costs(app, () => times(1_000, recent))).toEqual({ loads: 1, questions: 1 });
    expect(await costs(app, recent)).toEqual({ loads: 1, questions: 1 });
  });
});
