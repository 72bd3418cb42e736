import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource, type DataSourceOptions, EventSubscriber } from 'typeorm';
import { expect, it, onTestFinished } from 'vitest';
import { QsCacheModule } from '../../../lib/index.js';
import { exampleEntities } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager, PlainExampleCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { describeWith } from '../../support/services.js';
import { createTestApp } from '../../support/test-app.js';

describeWith('redis', 'at the same time', (redisUrl) => {
  describeDatabases(
    'may start',
    (database) => {
      it('the managers of several modules', async () => {
        const app = await createTestApp({
          database: {
            ...(await database.options()),
            entities: exampleEntities,
            synchronize: true,
          } as DataSourceOptions,
          managers: [PlainExampleCacheManager],
          imports: [QsCacheModule.forFeature([ExampleCacheManager])],
        });
        expect(await app.get(PlainExampleCacheManager).all()).toEqual([]);
        expect(await app.get(ExampleCacheManager).all()).toEqual([]);
      });

      it('an application and a DataSource that is not its own', async () => {
        const options = { ...(await database.options()), entities: exampleEntities } as DataSourceOptions;
        let hasBegun = () => {};
        const begun = new Promise<void>((resolve) => (hasBegun = resolve));
        @EventSubscriber()
        class Slow {
          async beforeQuery({ query }: { query: string }): Promise<void> {
            if (!/DATABASE\(\) AS name/i.test(query)) return;
            hasBegun();
            await sleep(300);
          }
        }
        const late = new DataSource({ ...options, subscribers: [Slow] } as DataSourceOptions);
        let starting: Promise<unknown> | undefined;
        // While the application asks what its own has missed, the other one begins, and takes its time.
        @EventSubscriber()
        class Waiting {
          async beforeQuery({ query }: { query: string }): Promise<void> {
            if (!/string_agg|create_time AS/.test(query)) return;
            starting ??= late.initialize();
            await begun;
          }
        }
        const app = await createTestApp({
          database: { ...options, subscribers: [Waiting], synchronize: true } as DataSourceOptions,
          managers: [PlainExampleCacheManager],
          store: 'keyv-redis',
          redisUrl,
        });
        await starting;
        onTestFinished(() => late.destroy());
        await app.get(PlainExampleCacheManager).all();
        await app.statements.expect(0, () => app.get(PlainExampleCacheManager).all());
      });
    },
    ['postgres', 'mariadb'],
  );
});
