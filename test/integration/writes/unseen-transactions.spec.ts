import { setTimeout as sleep } from 'node:timers/promises';
import { getDataSourceToken } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions, type QueryRunner } from 'typeorm';
import { expect, it, onTestFinished } from 'vitest';
import { Example, exampleEntities } from '../../fixtures/entities/example.entity.js';
import { managers, PlainExampleCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { services } from '../../support/services.js';
import { createTestApp } from '../../support/test-app.js';

const { redis } = services;
const stores = 'url' in redis ? (['memory', 'keyv-redis'] as const) : (['memory'] as const);

describeDatabases(
  'a transaction',
  (database) => {
    it.each(stores)('that began before the application stood is heard when it commits (%s)', async (store) => {
      const redisUrl = 'url' in redis ? redis.url : undefined;
      const { options } = await exampleApp(database);
      let seeding!: QueryRunner;
      const { get } = await createTestApp({
        database: { ...options, entities: exampleEntities } as DataSourceOptions,
        managers,
        store,
        ...(redisUrl !== undefined && { redisUrl }),
        providers: [
          {
            provide: 'SEED',
            inject: [getDataSourceToken()],
            useFactory: async (dataSource: DataSource) => {
              seeding = dataSource.createQueryRunner();
              await seeding.startTransaction();
              await seeding.manager.update(Example, 1, { title: 'seeded' });
            },
          },
        ],
      });
      const examples = get(PlainExampleCacheManager);
      const shown = async () => [
        (await examples.get(1)).title,
        (await examples.all()).find(({ id }) => id === 1)!.title,
      ];
      expect(await shown()).toEqual(['one', 'one']);
      await seeding.commitTransaction();
      await seeding.release();
      expect(await shown()).toEqual(['seeded', 'seeded']);
    });

    if (database.name === 'postgres')
      it('whose ROLLBACK its client gave up before it was sent is heard when somebody commits it', async () => {
        const { dataSource, options, get } = await exampleApp(database);
        const examples = get(PlainExampleCacheManager);
        const impatient = new DataSource({
          ...options,
          entities: exampleEntities,
          extra: { query_timeout: 300, max: 1 },
        } as DataSourceOptions);
        onTestFinished(() => impatient.destroy());
        await impatient.initialize();
        expect((await examples.get(1)).title).toBe('one');
        const failing = impatient.transaction(async (manager) => {
          await manager.update(Example, 1, { title: 'left open' });
          await manager.query('SELECT pg_sleep(1)');
        });
        await expect(failing).rejects.toThrow(/timeout/);
        await sleep(800);
        expect((await examples.get(1)).title).toBe('one');
        // On the one connection of the pool, whose transaction is still open.
        await impatient.transaction((manager) => manager.update(Example, 2, { title: 'second' }));
        expect((await dataSource.manager.findOneByOrFail(Example, { id: 1 })).title).toBe('left open');
        expect((await examples.get(1)).title).toBe('left open');
      });
  },
  ['postgres', 'mariadb'],
);

describeDatabases(
  'a transaction that a deadlock has rolled back',
  (database) => {
    it('is over: what its connection writes afterwards is visible at once, and heard', async () => {
      const { dataSource, get } = await exampleApp(database);
      const examples = get(PlainExampleCacheManager);
      const titles = async () => (await examples.all()).map(({ title }) => title);
      expect(await titles()).not.toContain('after');
      const runners = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
      const [first, second] = runners as [QueryRunner, QueryRunner];
      for (const runner of runners) await runner.startTransaction();
      const update = (id: number) => `UPDATE example SET title = 'never' WHERE id = ${id}`;
      await first.query(update(1));
      await second.query(update(2));
      const outcomes = await Promise.allSettled([second.query(update(1)), first.query(update(2))]);
      const at = outcomes.findIndex(({ status }) => status === 'rejected');
      const victim = [second, first][at]!;
      // Its rows are no OK packet, so the driver says nothing of transactions with them.
      await victim.query(`INSERT INTO example (title) VALUES ('after') RETURNING id`);
      expect(await titles()).toContain('after');
      for (const runner of runners) {
        await runner.rollbackTransaction();
        await runner.release();
      }
      expect(await titles()).toEqual(expect.arrayContaining(['one', 'two', 'three', 'after']));
    });

    it('below a savepoint leaves a runner that believes in it: what is written there is heard as it becomes visible', async () => {
      const { dataSource, get } = await exampleApp(database);
      const examples = get(PlainExampleCacheManager);
      const title = async (id: number) => (await examples.get(id)).title;
      expect([await title(1), await title(2), await title(3)]).toEqual(['one', 'two', 'three']);
      const runners = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
      const [first, second] = runners as [QueryRunner, QueryRunner];
      const nested = (runner: QueryRunner, mine: number, theirs: number, met: Promise<unknown>, arrived: () => void) =>
        runner.manager.transaction((outer) =>
          outer.transaction(async (inner) => {
            await inner.update(Example, mine, { title: 'deadlock' });
            arrived();
            await met;
            await inner.update(Example, theirs, { title: 'deadlock' });
          }),
        );
      let arrive!: () => void;
      let waiting = 2;
      const met = new Promise<void>((resolve) => (arrive = () => --waiting || resolve()));
      const outcomes = await Promise.allSettled([nested(first, 1, 2, met, arrive), nested(second, 2, 1, met, arrive)]);
      const victim = runners[outcomes.findIndex(({ status }) => status === 'rejected')]!;
      expect(victim.isTransactionActive).toBe(true);
      // To TypeORM a transaction inside of one; to the database no transaction at all.
      await victim.manager
        .transaction(async (manager) => {
          await manager.update(Example, 3, { title: 'visible at once' });
          expect(await title(3)).toBe('visible at once');
        })
        .catch(() => undefined);
      expect(await title(3)).toBe('visible at once');
      for (const runner of runners) await runner.release();
    });
  },
  ['mariadb'],
);
