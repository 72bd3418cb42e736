import type { DataSourceOptions } from 'typeorm';
import { Company, Example, exampleEntities, User } from '../fixtures/entities/example.entity.js';
import { managers } from '../fixtures/managers.js';
import type { TestDatabase } from './databases.js';
import { createTestApp, type TestApp, type TestAppOptions } from './test-app.js';

/**
 * An app over a database with: acme; ann (acme), bob; example 1 "one" of ann with ann and bob, 2 "two" of nobody, inactive, 3 "three" of
 * bob with bob.
 */
export async function exampleApp(
  database: TestDatabase,
  options: Partial<TestAppOptions> = {},
): Promise<TestApp & { options: DataSourceOptions }> {
  const databaseOptions = { ...(await database.options()), ...options.database } as DataSourceOptions;
  const app = await createTestApp({
    managers,
    ...options,
    database: { ...databaseOptions, entities: exampleEntities, synchronize: true } as DataSourceOptions,
  });
  const { manager } = app.dataSource;
  const acme = await manager.save(Company, { name: 'acme' });
  const ann = await manager.save(User, { username: 'ann', company: acme });
  const bob = await manager.save(User, { username: 'bob' });
  for (const example of [
    { title: 'one', user: ann, users: [ann, bob] },
    { title: 'two', user: null, users: [], isActive: false },
    { title: 'three', user: bob, users: [bob] },
  ]) {
    await manager.save(Example, example);
  }
  return { ...app, options: databaseOptions };
}
