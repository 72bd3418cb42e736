import { Injectable } from '@nestjs/common';
import type { DataSourceOptions } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { Company, Example, exampleEntities, User } from '../../fixtures/entities/example.entity.js';
import { managers, PlainExampleCacheManager, UserCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { describeWith } from '../../support/services.js';
import { Statements } from '../../support/statements.js';
import { createTestApp } from '../../support/test-app.js';

@Injectable()
class UsernameCacheManager extends BaseCacheManager<User> {
  model = User;
  cacheKey = 'username';
}

describeDatabases('the watch over a DataSource', (database) => {
  it('goes on after destroy() and initialize(): what is written then is heard, what was cached before is still true or gone', async () => {
    const { dataSource, get } = await exampleApp(database);
    const examples = get(PlainExampleCacheManager);
    await examples.all();
    await dataSource.destroy();
    await dataSource.initialize();
    // Its own in-memory database is gone with the connection.
    if (database.name === 'sqljs') {
      expect(await examples.all()).toEqual([]);
      await dataSource.manager.insert(Example, { title: 'one' });
    }
    const statements = Statements.of(dataSource);
    await examples.get(1);
    await statements.expect(0, () => examples.get(1));
    await dataSource.manager.update(Example, 1, { title: 'heard' });
    const found = await statements.expect(1, () => examples.all());
    expect(found.map(({ title }) => title)).toContain('heard');
    expect((await statements.expect(1, () => examples.get(1))).title).toBe('heard');
    await statements.expect(0, () => examples.all());
    await statements.expect(0, () => examples.getMany([1, 1]));
  });

  it('makes everything stale for a statement nobody can place, and says so once', async () => {
    const { dataSource, events, get, statements } = await exampleApp(database);
    const examples = get(PlainExampleCacheManager);
    const users = get(UserCacheManager);
    const unplaced = {
      sqljs: 'FROBNICATE example',
      postgres: 'DO $$ BEGIN END $$',
      mariadb: 'BEGIN NOT ATOMIC SET @x = 1; END',
    };
    await examples.all();
    await users.get(1);
    for (let i = 0; i < 2; i++) await dataSource.query(unplaced[database.name]).catch(() => undefined);
    const reported = events.filter(({ name }) => name === 'write:unplaced');
    expect(reported).toHaveLength(1);
    // SQLite refused it, so nothing happened.
    if (database.name === 'sqljs') return;
    // Beside them tables may be asked about anew, which the statement might have defined.
    const loads = async (work: () => PromiseLike<unknown>) =>
      (await statements.during(work)).statements.filter((sql) => /^SELECT (DISTINCT )?["`]\w+["`]\./.test(sql));
    expect(await loads(() => examples.all())).toHaveLength(1);
    expect(await loads(() => users.get(1))).toHaveLength(2);
  });

  it('advances the tables a manager says its triggers write', async () => {
    @Injectable()
    class AuditedExampleCacheManager extends BaseCacheManager<Example> {
      model = Example;
      cacheKey = 'audited';
      alsoWrites = [Company];
    }
    const { dataSource, get, statements } = await exampleApp(database, {
      managers: [AuditedExampleCacheManager, UserCacheManager, UsernameCacheManager],
    });
    const users = get(UserCacheManager);
    await users.get(1);
    await get(UsernameCacheManager).all();
    await dataSource.manager.insert(Example, { title: 'four' });
    await statements.expect(2, () => users.get(1));
    // A company that a trigger deletes sets its users' foreign keys to null.
    await statements.expect(1, () => get(UsernameCacheManager).all());
  });

  it('leaves entries of other tables alone', async () => {
    const { dataSource, get, statements } = await exampleApp(database);
    const examples = get(PlainExampleCacheManager);
    await examples.all();
    await examples.get(1);
    await dataSource.manager.update(User, 1, { username: 'anne' });
    await dataSource.query(`CREATE TABLE elsewhere (id int)`);
    await dataSource.query(`INSERT INTO elsewhere VALUES (1)`);
    await statements.expect(0, () => examples.all());
    await statements.expect(0, () => examples.get(1));
  });
});

describeWith('redis', 'two applications over one database and one Redis', (redisUrl) => {
  describeDatabases(
    'hear each other',
    (database) => {
      it.each(['ioredis-yet', 'keyv-redis'] as const)('through %s', async (store) => {
        const one = await exampleApp(database, {
          store,
          redisUrl,
          options: { namespace: `pair-${Date.now()}-${store}` },
        });
        const two = await createTestApp({
          database: { ...one.options, entities: exampleEntities } as DataSourceOptions,
          managers,
          store,
          redisUrl,
          options: { namespace: one.get(PlainExampleCacheManager).getCacheKey().split(':')[0]! },
        });
        const here = one.get(PlainExampleCacheManager);
        const there = two.get(PlainExampleCacheManager);
        expect((await here.get(1)).title).toBe('one');
        await one.settled();
        expect((await two.statements.expect(0, () => there.get(1))).title).toBe('one');
        await two.dataSource.manager.update(Example, 1, { title: 'from two' });
        expect((await here.get(1)).title).toBe('from two');
        await one.dataSource.manager.update(Example, { title: 'from two' }, { title: 'from one' });
        expect((await there.get(1)).title).toBe('from one');
        expect(await there.all()).toEqual(await here.all());
      });
    },
    ['postgres', 'mariadb'],
  );
});

describeWith('redis', 'two databases behind one Redis and the same keys', (redisUrl) => {
  describeDatabases('never answer for each other', (database) => {
    it('whatever their tables are called', async () => {
      const options = { namespace: `twins-${Date.now()}` };
      const one = await exampleApp(database, { store: 'keyv-redis', redisUrl, options });
      const two = await exampleApp(database, { store: 'keyv-redis', redisUrl, options });
      await two.dataSource.manager.update(Example, 1, { title: 'of two' });
      for (let i = 0; i < 2; i++) {
        expect((await one.get(PlainExampleCacheManager).get(1)).title).toBe('one');
        expect((await two.get(PlainExampleCacheManager).get(1)).title).toBe('of two');
      }
    });
  });
});
