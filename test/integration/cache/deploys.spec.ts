import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { DataSourceOptions } from 'typeorm';
import { it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { Company, exampleEntities } from '../../fixtures/entities/example.entity.js';
import { describeDatabases } from '../../support/databases.js';
import { describeWith } from '../../support/services.js';
import { createTestApp } from '../../support/test-app.js';

/** One manager, as two releases declare it. */
function release(change: Partial<BaseCacheManager<Company>>) {
  @Injectable()
  class Companies extends BaseCacheManager<Company> {
    model = Company;
  }
  Object.defineProperty(Companies, 'name', { value: 'Companies' });
  return class extends Companies {
    static override readonly name = 'Companies';
    constructor() {
      super();
      Object.assign(this, change);
    }
  };
}

describeWith('redis', 'A release reads nothing that a former one stored by other rules', (redisUrl) => {
  describeDatabases(
    'of a manager',
    (database) => {
      it.each<[string, Partial<BaseCacheManager<Company>>, 'hit' | 'miss']>([
        ['nothing has changed', {}, 'hit'],
        ['a table to depend on', { dependsOn: ['audit'] }, 'miss'],
        ['volatile results', { cacheVolatile: true }, 'miss'],
        ['a property to keep out', { neverCache: ['name'] }, 'miss'],
      ])('%s', async (_, change, outcome) => {
        const options = { ...(await database.options()), entities: exampleEntities, synchronize: true };
        const namespace = `test-${randomUUID()}`;
        const open = async (manager: ReturnType<typeof release>) => {
          const app = await createTestApp({
            database: options as DataSourceOptions,
            managers: [manager],
            store: 'ioredis-yet',
            redisUrl,
            options: { namespace },
          });
          return { app, companies: app.get(manager) };
        };
        const before = await open(release({}));
        await before.app.dataSource.manager.save(Company, { name: 'one' });
        await before.companies.all();
        await before.companies.get(1);
        await before.app.settled();
        const after = await open(release(change));
        for (const read of [() => after.companies.all(), () => after.companies.get(1)]) {
          await after.app.statements.expect(outcome === 'hit' ? 0 : 1, async () => void (await read()));
        }
      });

      it('goes by what it says when it is bound, not by what becomes of that', async () => {
        const options = { ...(await database.options()), entities: exampleEntities, synchronize: true };
        const namespace = `test-${randomUUID()}`;
        const open = () => {
          const manager = release({ prefetchRelatedObjects: [] });
          return createTestApp({
            database: options as DataSourceOptions,
            managers: [manager],
            store: 'ioredis-yet',
            redisUrl,
            options: { namespace },
          }).then((app) => ({ app, companies: app.get(manager) }));
        };
        const one = await open();
        const other = await open();
        (other.companies.prefetchRelatedObjects as unknown as string[]).push('more');
        await one.companies.all();
        await one.app.settled();
        await other.app.statements.expect(0, async () => void (await other.companies.all()));
      });
    },
    ['postgres'],
  );
});
