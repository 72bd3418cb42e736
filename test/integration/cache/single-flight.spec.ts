import { expect, it } from 'vitest';
import { Example } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager, PlainExampleCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { services } from '../../support/services.js';

const { redis } = services;

describeDatabases('a thousand readers of a cold key', (database) => {
  it.each(['url' in redis ? 'ioredis-yet' : 'memory', 'memory'] as const)(
    'cost one load on %s, and share no instance',
    async (store) => {
      const { get, statements } = await exampleApp(database, { store, ...('url' in redis && { redisUrl: redis.url }) });
      const examples = get(ExampleCacheManager);
      const found = await statements.expect(2, () => Promise.all(Array.from({ length: 1_000 }, () => examples.get(1))));
      expect(new Set(found).size).toBe(1_000);
      expect(new Set(found.map(({ user }) => user)).size).toBe(1_000);
      expect(new Set(found.map(({ users }) => users)).size).toBe(1_000);
      for (const one of found) expect(one).toEqual(found[0]);
      const lists = await statements.expect(2, () => Promise.all(Array.from({ length: 1_000 }, () => examples.all())));
      expect(new Set(lists).size).toBe(1_000);
      expect(new Set(lists.flat()).size).toBe(3_000);
    },
  );

  it('all get the failure of the load, as the database put it, and the next one tries again', async () => {
    const { get, dataSource } = await exampleApp(database);
    const examples = get(PlainExampleCacheManager);
    await dataSource.query('ALTER TABLE example RENAME TO hidden');
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => examples.get(1)));
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'QueryFailedError' } });
    }
    await dataSource.query('ALTER TABLE hidden RENAME TO example');
    expect((await examples.get(1)).title).toBe('one');
  });

  it('keep their hands off what others hold', async () => {
    const { get } = await exampleApp(database);
    const examples = get(ExampleCacheManager);
    const [first, second] = await Promise.all([examples.get(1), examples.get(1)]);
    first.title = 'mine';
    first.user!.username = 'mine';
    expect(second.title).toBe('one');
    expect(await examples.get(1)).toEqual(second);
    expect(await examples.get(1)).toBeInstanceOf(Example);
  });
});
