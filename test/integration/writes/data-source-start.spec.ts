import { CacheModule } from '@nestjs/cache-manager';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions, type MigrationInterface, type QueryRunner } from 'typeorm';
import { expect, it, onTestFinished } from 'vitest';
import { QsCacheModule } from '../../../lib/index.js';
import { QsCacheCore } from '../../../lib/qs-cache.core.js';
import { Example, exampleEntities } from '../../fixtures/entities/example.entity.js';
import { managers, PlainExampleCacheManager } from '../../fixtures/managers.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { outside } from '../../support/outside.js';
import { describeWith } from '../../support/services.js';
import { Statements } from '../../support/statements.js';
import { createTestApp, type TestApp, type TestAppOptions } from '../../support/test-app.js';

class Rename1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE example SET title = 'migrated' WHERE id = 1`);
  }

  async down(): Promise<void> {}
}

/** What another program's migration leaves behind, besides what it changed. */
const MIGRATIONS = {
  postgres: `CREATE TABLE migrations (id SERIAL PRIMARY KEY, "timestamp" bigint NOT NULL, name varchar NOT NULL)`,
  mariadb:
    'CREATE TABLE migrations (id int AUTO_INCREMENT PRIMARY KEY, `timestamp` bigint NOT NULL, name varchar(255) NOT NULL)',
};

const JOBS_MIGRATED = {
  postgres: `INSERT INTO jobs_migrations ("timestamp", name) VALUES (1, 'Jobs1')`,
  mariadb: "INSERT INTO jobs_migrations (`timestamp`, name) VALUES (1, 'Jobs1')",
};

describeWith('redis', 'what a DataSource does while it starts', (redisUrl) => {
  const titles = async (app: TestApp) =>
    (await app.get(PlainExampleCacheManager).all()).map(({ title }) => title).sort();
  /** An application whose lists and details are cached. */
  const warm = async (database: TestDatabase) => {
    const app = await exampleApp(database, { store: 'keyv-redis', redisUrl });
    expect(await titles(app)).toEqual(['one', 'three', 'two']);
    expect((await app.get(PlainExampleCacheManager).get(1)).title).toBe('one');
    // As if in a process of its own: it hears of other DataSources by the store alone.
    Object.assign(app.get(QsCacheCore), { building: async () => {}, started: async () => {} });
    return app;
  };
  const boot = (database: DataSourceOptions, more: Partial<TestAppOptions> = {}) =>
    createTestApp({
      database: { ...database, entities: exampleEntities } as DataSourceOptions,
      managers,
      store: 'keyv-redis',
      redisUrl,
      ...more,
    });

  describeDatabases(
    'is heard by every process',
    (database) => {
      const name = database.name as keyof typeof MIGRATIONS;

      it('a migration', async () => {
        const one = await warm(database);
        const two = await boot({
          ...one.options,
          migrationsRun: true,
          migrations: [Rename1700000000000],
        } as DataSourceOptions);
        expect(await titles(two)).toContain('migrated');
        expect(await titles(one)).toContain('migrated');
        expect((await one.get(PlainExampleCacheManager).get(1)).title).toBe('migrated');
      });

      it('a migration of an application that has no managers', async () => {
        const one = await warm(database);
        const migrated = {
          ...one.options,
          migrationsRun: true,
          migrations: [Rename1700000000000],
        } as DataSourceOptions;
        await boot(migrated, { managers: [] });
        expect(await titles(one)).toContain('migrated');
      });

      it('a migration the command line has run, at the next start', async () => {
        const one = await warm(database);
        await outside(
          one.options,
          MIGRATIONS[name],
          `UPDATE example SET title = 'migrated' WHERE id = 1`,
          `INSERT INTO migrations (${name === 'postgres' ? '"timestamp"' : '`timestamp`'}, name) VALUES (1, 'Rename1')`,
        );
        await boot(one.options);
        expect(await titles(one)).toContain('migrated');
      });

      it('a migration the command line has run and reverted, at the next start', async () => {
        const one = await warm(database);
        const run = `INSERT INTO migrations (${name === 'postgres' ? '"timestamp"' : '`timestamp`'}, name) VALUES (1, 'Rename1')`;
        await outside(one.options, MIGRATIONS[name]);
        await (await boot(one.options)).close();
        await outside(one.options, `UPDATE example SET title = 'migrated' WHERE id = 1`, run);
        // Whoever loads meanwhile sees what it wrote.
        await one.get(PlainExampleCacheManager).clearCache();
        expect(await titles(one)).toContain('migrated');
        await outside(
          one.options,
          `UPDATE example SET title = 'one' WHERE id = 1`,
          `DELETE FROM migrations WHERE name = 'Rename1'`,
        );
        await boot(one.options);
        expect(await titles(one)).toContain('one');
      });

      it('a schema somebody made anew, at the next start', async () => {
        const one = await warm(database);
        await outside(one.options, 'CREATE TABLE added (id int)');
        const advanced = one.events.length;
        await boot(one.options, { managers: [] });
        await one.statements.expect(1, () => one.get(PlainExampleCacheManager).all());
        expect(one.events.slice(advanced)).toContainEqual(
          expect.objectContaining({ name: 'entry:missed', reason: 'stale' }),
        );
      });

      it('a schema that is dropped: nothing of an earlier run is served', async () => {
        const namespace = `lasting-${Date.now()}`;
        const one = await exampleApp(database, { store: 'keyv-redis', redisUrl, options: { namespace } });
        await titles(one);
        await one.close();
        const two = await boot({ ...one.options, dropSchema: true, synchronize: true } as DataSourceOptions, {
          options: { namespace },
        });
        expect(await titles(two)).toEqual([]);
        expect(await two.get(PlainExampleCacheManager).get(1, { raiseException: false })).toBeNull();
      });

      it('what a factory writes before it hands the DataSource over', async () => {
        const one = await warm(database);
        const seeding = TypeOrmModule.forRootAsync({
          name: 'seeding',
          useFactory: () => ({ ...one.options, name: 'seeding', entities: exampleEntities }) as never,
          dataSourceFactory: async (options) => {
            const dataSource = await new DataSource(options!).initialize();
            await dataSource.manager.update(Example, 1, { title: 'seeded' });
            return dataSource;
          },
        });
        await createTestApp({
          database: { type: 'sqljs' },
          managers: [],
          store: 'keyv-redis',
          redisUrl,
          imports: [seeding],
        });
        expect(await titles(one)).toContain('seeded');
      });

      it('a start beside one with another record of migrations leaves entries alone', async () => {
        const one = await warm(database);
        const start = async (migrationsTableName: string, migrations: (typeof Rename1700000000000)[]) => {
          const migrated = {
            ...one.options,
            migrationsRun: true,
            migrationsTableName,
            migrations,
          } as DataSourceOptions;
          await (await boot(migrated)).close();
        };
        const both = async () => {
          await start('first', [Rename1700000000000]);
          await start('second', []);
        };
        // Each makes a table at first, which is news to the other.
        await both();
        await both();
        await titles(one);
        await both();
        await one.statements.expect(0, () => one.get(PlainExampleCacheManager).all());
      });

      it('a start that finds nothing new leaves entries alone', async () => {
        const one = await warm(database);
        await boot({ ...one.options, migrationsRun: true, migrations: [Rename1700000000000] } as DataSourceOptions);
        await titles(one);
        await boot({
          ...one.options,
          migrationsRun: true,
          migrations: [Rename1700000000000],
          synchronize: true,
        } as DataSourceOptions);
        await boot(one.options);
        await one.statements.expect(0, () => one.get(PlainExampleCacheManager).all());
      });

      it('nor does one that keeps its migrations elsewhere', async () => {
        const one = await warm(database);
        const migrations = MIGRATIONS[name];
        const jobs = migrations.replace('TABLE migrations', 'TABLE jobs_migrations');
        await outside(one.options, migrations, jobs, JOBS_MIGRATED[name]);
        const web = () => boot(one.options);
        const worker = () => boot({ ...one.options, migrationsTableName: 'jobs_migrations' } as DataSourceOptions);
        for (const start of [web, worker]) await start();
        await titles(one);
        for (const start of [web, worker, web, worker]) await start();
        await one.statements.expect(0, () => one.get(PlainExampleCacheManager).all());
        await outside(one.options, `UPDATE example SET title = 'worked' WHERE id = 1`, JOBS_MIGRATED[name]);
        await worker();
        expect(await titles(one)).toContain('worked');
      });
    },
    ['postgres', 'mariadb'],
  );

  describeDatabases(
    'a DataSource without a manager',
    (database) => {
      it('of an application that only writes is heard', async () => {
        const one = await warm(database);
        const worker = await boot(one.options, { managers: [] });
        await worker.dataSource.manager.update(Example, 1, { title: 'worked' });
        expect(await titles(one)).toContain('worked');
        expect((await one.get(PlainExampleCacheManager).get(1)).title).toBe('worked');
        // It need not know the entity, and may write what cannot be placed.
        const blind = await boot(one.options, { managers: [], database: one.options });
        await blind.dataSource.query(`UPDATE example SET title = 'blind' WHERE id = 1`);
        expect(await titles(one)).toContain('blind');
        await titles(one);
        await blind.dataSource.query(`UPDATE example SET title = 'called' WHERE id = 1`);
        await blind.dataSource.query(
          database.name === 'postgres' ? 'DO $$ BEGIN END $$' : 'BEGIN NOT ATOMIC SET @x = 1; END',
        );
        await one.statements.expect(1, () => one.get(PlainExampleCacheManager).all());
      });

      it('of the same application, beside the one that has them, is heard', async () => {
        const one = await warm(database);
        const other = TypeOrmModule.forRoot({ ...one.options, name: 'other', entities: exampleEntities } as never);
        const two = await boot(one.options, { imports: [other] });
        expect(await titles(two)).toContain('one');
        await two.module.get<DataSource>('otherDataSource').manager.update(Example, 1, { title: 'by the other' });
        expect(await titles(two)).toContain('by the other');
        expect(await titles(one)).toContain('by the other');
      });

      it('that is made while the application runs is heard, its migrations too', async () => {
        const one = await warm(database);
        const two = await boot(one.options);
        await titles(two);
        const late = await new DataSource({
          ...one.options,
          entities: exampleEntities,
          migrationsRun: true,
          migrations: [Rename1700000000000],
        } as DataSourceOptions).initialize();
        onTestFinished(() => late.destroy());
        expect(await titles(one)).toContain('migrated');
        await late.manager.update(Example, 1, { title: 'late' });
        expect(await titles(one)).toContain('late');
        expect((await one.get(PlainExampleCacheManager).get(1)).title).toBe('late');
        expect(await titles(two)).toContain('late');
      });
    },
    ['postgres', 'mariadb'],
  );
});

it('a DataSource that was destroyed is forgotten, unless managers are bound to it', async () => {
  const app = await createTestApp({
    database: { type: 'sqljs', entities: exampleEntities, synchronize: true },
    managers,
  });
  const core = app.get(QsCacheCore);
  const watched = () => [...core.watched].map(({ dataSource }) => dataSource);
  for (let tenant = 0; tenant < 3; tenant++) {
    const late = await new DataSource({ type: 'sqljs', entities: exampleEntities, synchronize: true }).initialize();
    expect(watched()).toContain(late);
    await late.destroy();
    expect(watched()).toEqual([app.dataSource]);
  }
  await app.dataSource.destroy();
  expect(watched()).toEqual([app.dataSource]);
  await app.dataSource.initialize();
});

it('two applications that share a DataSource both hear it', async () => {
  const shared = await new DataSource({ type: 'sqljs', entities: exampleEntities, synchronize: true }).initialize();
  onTestFinished(() => shared.destroy());
  await shared.manager.insert(Example, { title: 'one' });
  const sharing = TypeOrmModule.forRootAsync({
    useFactory: () => shared.options as never,
    dataSourceFactory: async () => shared,
  });
  const boot = async () => {
    const module = await Test.createTestingModule({
      imports: [CacheModule.register(), sharing, QsCacheModule.forFeature([PlainExampleCacheManager])],
    }).compile();
    return module.init();
  };
  const applications = [await boot(), await boot()];
  const statements = Statements.of(shared);
  const examples = applications.map((application) => application.get(PlainExampleCacheManager));
  for (const each of examples) {
    await each.get(1);
    await statements.expect(0, () => each.get(1));
  }
  await shared.manager.update(Example, 1, { title: 'changed' });
  for (const each of examples) expect((await each.get(1)).title).toBe('changed');
});
