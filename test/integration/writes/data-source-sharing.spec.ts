import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { expect, it, onTestFinished, vi } from 'vitest';
import { QsCacheModule } from '../../../lib/index.js';
import { QsCacheCore } from '../../../lib/qs-cache.core.js';
import { Example, exampleEntities } from '../../fixtures/entities/example.entity.js';
import { managers, PlainExampleCacheManager } from '../../fixtures/managers.js';
import { copyOfTypeOrm } from '../../support/copy-of-typeorm.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { describeWith } from '../../support/services.js';
import { cacheModuleOf, type TestApp } from '../../support/test-app.js';

describeWith('redis', 'a DataSource', (redisUrl) => {
  const titles = async (app: TestApp) => (await app.get(PlainExampleCacheManager).all()).map(({ title }) => title);
  /** An application whose list is cached, and which hears of other DataSources by the store alone. */
  const elsewhere = async (database: TestDatabase) => {
    const app = await exampleApp(database, { store: 'keyv-redis', redisUrl });
    Object.assign(app.get(QsCacheCore), { building: async () => {}, started: async () => {} });
    expect(await titles(app)).toContain('one');
    return app;
  };
  /** A DataSource that outlives the applications it is given to. */
  const lasting = async (options: DataSourceOptions) => {
    const dataSource = new DataSource({ ...options, entities: exampleEntities } as DataSourceOptions);
    const destroy = dataSource.destroy.bind(dataSource);
    onTestFinished(destroy);
    dataSource.destroy = async () => {};
    return dataSource.initialize();
  };
  const applicationOver = (dataSource: DataSource) =>
    Test.createTestingModule({
      imports: [
        cacheModuleOf('keyv-redis', redisUrl),
        TypeOrmModule.forRootAsync({
          useFactory: () => dataSource.options as never,
          dataSourceFactory: async () => dataSource,
        }),
        QsCacheModule.forFeature(managers),
      ],
    }).compile();

  describeDatabases(
    'that applications share is heard',
    (database) => {
      it('by each of them, whoever comes and goes', async () => {
        const other = await elsewhere(database);
        const dataSource = await lasting(other.options);
        const write = async (title: string) => {
          await dataSource.manager.update(Example, 1, { title });
          expect(await titles(other)).toContain(title);
        };
        const first = await applicationOver(dataSource);
        await first.init();
        const second = await applicationOver(dataSource);
        await second.init();
        await write('both');
        const examples = first.get(PlainExampleCacheManager, { strict: false });
        await examples.all();
        const queries: string[] = [];
        dataSource.setOptions({ logger: { logQuery: (query: string) => queries.push(query) } as never });
        await examples.all();
        expect(queries).toEqual([]);
        dataSource.setOptions({ logger: 'debug' });
        await second.close();
        await write('first alone');
        // One that is only compiled never listens.
        const third = await applicationOver(dataSource);
        await write('beside one that is not started');
        await third.close();
        await write('first again');
        await first.close();
      });

      it('while its application closes, and after', async () => {
        const other = await elsewhere(database);
        const dataSource = await lasting(other.options);
        const first = await applicationOver(dataSource);
        await first.init();
        await first.close();
        await dataSource.manager.update(Example, 1, { title: 'by a job nobody waited for' });
        expect(await titles(other)).toContain('by a job nobody waited for');
        const second = await applicationOver(dataSource);
        await second.init();
        await second.close();
        await dataSource.manager.update(Example, 1, { title: 'by another job' });
        expect(await titles(other)).toContain('by another job');
        // One of them is enough.
        expect([...first.get(QsCacheCore).watched]).toEqual([]);
        expect([...second.get(QsCacheCore).watched]).toHaveLength(1);
      });
    },
    ['postgres', 'mariadb'],
  );

  describeDatabases(
    'that was initialized before this library was loaded',
    (database) => {
      it('is heard from when it is first used', async () => {
        const options = { ...(await database.options()), entities: exampleEntities, synchronize: true };
        const early = await new DataSource(options as DataSourceOptions).initialize();
        onTestFinished(() => early.destroy());
        await early.manager.insert(Example, { title: 'zero' });
        // As if nothing of it had been there until now.
        vi.resetModules();
        const fresh = await import('../../support/test-app.js');
        const { PlainExampleCacheManager: Manager } = await import('../../fixtures/managers.js');
        const { exampleEntities: entities } = await import('../../fixtures/entities/example.entity.js');
        const app = await fresh.createTestApp({
          database: { ...options, entities } as DataSourceOptions,
          managers: [Manager],
          store: 'keyv-redis',
          redisUrl,
        });
        const seen = async () => (await app.get(Manager).all()).map(({ title }) => title);
        expect(await seen()).toEqual(['zero']);
        await early.manager.insert(Example, { title: 'one' });
        await vi.waitFor(async () => expect(await seen()).toEqual(['zero', 'one']));
        await early.manager.insert(Example, { title: 'two' });
        expect(await seen()).toEqual(['zero', 'one', 'two']);
      });
    },
    ['postgres', 'mariadb'],
  );

  describeDatabases(
    'of another copy of TypeORM',
    (database) => {
      it('is heard after destroy() and initialize(), and so are others of that copy', async () => {
        const other = await elsewhere(database);
        const Copy = copyOfTypeOrm();
        const options = { ...other.options, entities: exampleEntities } as DataSourceOptions;
        const dataSource = new Copy(options);
        expect(dataSource).not.toBeInstanceOf(DataSource);
        await (await applicationOver(dataSource)).init();
        await dataSource.destroy();
        await dataSource.initialize();
        const late = await new Copy(options).initialize();
        await titles(other);
        for (const each of [dataSource, late]) {
          const title = `written ${each === late ? 'late' : 'again'}`;
          await each.query(`UPDATE example SET title = '${title}' WHERE id = 1`);
          expect(await titles(other)).toContain(title);
          await each.destroy();
        }
      });
    },
    ['postgres', 'mariadb'],
  );

  describeDatabases(
    'that is destroyed',
    (database) => {
      it('is let go', async () => {
        const app = await exampleApp(database);
        for (let i = 0; i < 5; i++) {
          const tenant = await new DataSource(app.options).initialize();
          await tenant.destroy();
        }
        setFlagsFromString('--expose-gc');
        const collect = runInNewContext('gc') as () => void;
        for (let i = 0; i < 5 && [...app.get(QsCacheCore).watched].length > 2; i++) {
          await sleep(10);
          collect();
        }
        // What the loop's last round left on the stack may still be there.
        expect([...app.get(QsCacheCore).watched].length).toBeLessThanOrEqual(2);
      });
    },
    ['postgres', 'mariadb'],
  );
});
