import type { EntityManager } from 'typeorm';
import { expect, it } from 'vitest';
import { QsCacheCore } from '../../../lib/qs-cache.core.js';
import { Company, Example, User } from '../../fixtures/entities/example.entity.js';
import { JoinedExampleCacheManager, PlainExampleCacheManager, UserCacheManager } from '../../fixtures/managers.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { services } from '../../support/services.js';

const { redis } = services;
const stores = 'url' in redis ? (['memory', 'ioredis-yet'] as const) : (['memory'] as const);

// Two writers, one key: the first frees it and has committed, but has not told the store yet, when the second takes it and is
// acknowledged. The entry shows the first one's row, which nobody has reported as written.
describeDatabases('a key that moves to another row while its former writer has yet to be heard of', (database) => {
  it.each(stores)('is looked up afresh: a slug (%s)', async (store) => {
    const { users, frees, takes } = await setUp(database, store);
    const bySlug = () => users.get('ann', { where: { username: 'ann' } });
    expect((await bySlug()).id).toBe(1);
    const heard = await frees((manager) => manager.update(User, 1, { username: 'anne' }));
    await takes((manager) => manager.update(User, 2, { username: 'ann' }));
    expect((await bySlug()).id).toBe(2);
    await heard();
    expect((await bySlug()).id).toBe(2);
  });

  it.each(stores)('is looked up afresh: a slug that a new row takes (%s)', async (store) => {
    const { users, frees, takes } = await setUp(database, store);
    const bySlug = () => users.get('ann', { where: { username: 'ann' } });
    await bySlug();
    const heard = await frees((manager) =>
      manager.query(`UPDATE ${quoted(database, 'user')} SET username = 'anne' WHERE id = 1`),
    );
    await takes((manager) => manager.insert(User, { username: 'ann' }));
    expect((await bySlug()).id).toBe(3);
    await heard();
  });

  it.each(stores)('is looked up afresh: a primary key (%s)', async (store) => {
    const { get, frees, takes } = await setUp(database, store);
    const examples = get(PlainExampleCacheManager);
    await examples.get(3);
    const heard = await frees((manager) => manager.delete(Example, 3));
    await takes((manager) => manager.query(`INSERT INTO example (id, title) VALUES (3, 'another')`));
    expect((await examples.get(3)).title).toBe('another');
    await heard();
  });

  it.each(stores)('is looked up afresh: the row behind a to-one relation (%s)', async (store) => {
    const { get, frees, takes } = await setUp(database, store);
    const examples = get(JoinedExampleCacheManager);
    await examples.get(1);
    const heard = await frees((manager) => manager.delete(Company, 1));
    await takes((manager) => manager.query(`INSERT INTO company (id, name) VALUES (1, 'umbrella')`));
    expect((await examples.get(1)).user!.company).toBeNull();
    await heard();
  });

  it.each(stores)('costs other entries nothing as long as no key is freed (%s)', async (store) => {
    const { users, statements, frees, takes } = await setUp(database, store);
    await users.get(1);
    const heard = await frees((manager) => manager.update(Company, 1, { name: 'ACME' }));
    await takes((manager) => manager.insert(Company, { name: 'umbrella' }));
    await statements.expect(0, () => users.get(1));
    await heard();
  });
});

async function setUp(database: TestDatabase, store: (typeof stores)[number]) {
  const app = await exampleApp(database, { store, ...('url' in redis && { redisUrl: redis.url }) });
  const { store: real } = app.get(QsCacheCore);
  const advance = real.advance.bind(real);
  return {
    ...app,
    users: app.get(UserCacheManager),
    /** Commits, and leaves the store in the dark until the returned function is called. */
    async frees(write: (manager: EntityManager) => Promise<unknown>): Promise<() => Promise<void>> {
      let committed!: () => void;
      let go!: () => void;
      const atAdvance = new Promise<void>((resolve) => (committed = resolve));
      const told = new Promise<void>((resolve) => (go = resolve));
      real.advance = async (...args) => {
        real.advance = advance;
        committed();
        await told;
        return advance(...args);
      };
      const writing = write(app.dataSource.manager);
      await atAdvance;
      return async () => {
        go();
        await writing;
      };
    },
    async takes(write: (manager: EntityManager) => Promise<unknown>): Promise<void> {
      await write(app.dataSource.manager);
    },
  };
}

function quoted(database: TestDatabase, name: string): string {
  return database.name === 'mariadb' ? `\`${name}\`` : `"${name}"`;
}
