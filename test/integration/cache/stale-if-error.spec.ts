import { Injectable } from '@nestjs/common';
import type { DataSourceOptions } from 'typeorm';
import { Column, Entity, PrimaryGeneratedColumn, Raw } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { Example, exampleEntities, User } from '../../fixtures/entities/example.entity.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { createTcpProxy } from '../../support/tcp-proxy.js';
import { createTestApp } from '../../support/test-app.js';
import { timeOfDay } from '../../support/time-of-day.js';

/** Once: what was stored can be shown again after it. */
let thrown: Error | undefined;

const throwing = {
  to: (value: string) => value,
  from: (value: string) => {
    const error = thrown;
    thrown = undefined;
    if (error) throw error;
    return value;
  },
};

@Entity()
class Remark {
  @PrimaryGeneratedColumn()
  id: number;

  @Column('varchar', { transformer: throwing, length: 20 })
  text: string;
}

@Injectable()
class Examples extends BaseCacheManager<Example> {
  model = Example;
  relatedObjects = ['user'] as const;
  prefetchRelatedObjects = ['users'] as const;
  staleIfError = 3_600;
}

@Injectable()
class StrictExamples extends BaseCacheManager<Example> {
  model = Example;
  cacheKey = 'strict';
}

@Injectable()
class Remarks extends BaseCacheManager<Remark> {
  model = Remark;
  staleIfError = 3_600;
}

async function setUp(database: TestDatabase) {
  const options = { ...(await database.options()) } as DataSourceOptions & {
    host: string;
    port?: number;
  };
  const target = { host: options.host, port: options.port ?? (database.name === 'postgres' ? 5432 : 3306) };
  const proxy = await createTcpProxy(target);
  const app = await createTestApp({
    database: {
      ...options,
      host: '127.0.0.1',
      port: proxy.port,
      entities: [...exampleEntities, Remark],
      synchronize: true,
    } as DataSourceOptions,
    managers: [Examples, StrictExamples, Remarks],
  });
  const { manager } = app.dataSource;
  const ann = await manager.save(User, { username: 'ann' });
  await manager.save(Example, [
    { title: 'one', user: ann, users: [ann] },
    { title: 'two', user: null, users: [] },
  ]);
  await manager.insert(Remark, { text: 'plain' });
  const examples = app.get(Examples);
  const titles = async () => [
    (await examples.all()).map(({ title }) => title).toSorted(),
    (await examples.get(1)).users.length,
    (await examples.getMany([1, 2])).map(({ title }) => title),
  ];
  await titles();
  await app.settled();
  app.events.splice(0);
  return { ...app, proxy, examples, titles, time: timeOfDay() };
}

const before = [['one', 'two'], 1, ['one', 'two']];

describeDatabases(
  'While the database cannot be reached',
  (database) => {
    describe.each(['ends', 'refuses'] as const)('(each connection: %s)', (how) => {
      it('the last entry is shown although it has expired, by its manager alone, and the database when it is back', async () => {
        const { proxy, titles, time, events, get, dataSource } = await setUp(database);
        time.pass(24 * 3_600_000 - 1_000);
        // Details have been kept for an hour past their minute: these are gone by now.
        const mend = await proxy.cut(how);
        await expect(titles()).rejects.toThrow();
        await expect(get(StrictExamples).get(1)).rejects.toThrow();
        time.pass(2_000);
        expect((await get(Examples).all()).map(({ title }) => title).toSorted()).toEqual(before[0]);
        expect(events).toContainEqual({ name: 'entry:missed', key: get(Examples).getCacheKey(), reason: 'expired' });
        expect(events.at(-1)).toEqual({ name: 'entry:hit', key: get(Examples).getCacheKey(), stale: 'error' });
        expect(events.at(-2)).toMatchObject({ name: 'load:failed', error: expect.any(Error) });
        await mend();
        await dataSource.query('SELECT 1').catch(() => undefined);
        expect(await titles()).toEqual(before);
      });

      it('whatever has been written since', async () => {
        const { proxy, titles, dataSource } = await setUp(database);
        await dataSource.getRepository(Example).update(1, { title: 'new' });
        const mend = await proxy.cut(how);
        expect(await titles()).toEqual(before);
        await mend();
        await dataSource.query('SELECT 1').catch(() => undefined);
        expect(await titles()).toEqual([['new', 'two'], 1, ['new', 'two']]);
      });
    });

    it('and it breaks in the middle of a load: the same', async () => {
      const { proxy, titles, dataSource, examples } = await setUp(database);
      await dataSource.getRepository(Example).update(1, { title: 'new' });
      proxy.loseReplyTo('example_users_user');
      expect((await examples.get(1)).title).toBe('one');
      await dataSource.query('SELECT 1').catch(() => undefined);
      expect(await titles()).toEqual([['new', 'two'], 1, ['new', 'two']]);
    });
  },
  ['postgres', 'mariadb'],
);

describeDatabases('What a database answers, or the application throws, is told as it is:', (database) => {
  async function prepare() {
    const app = await createTestApp({
      database: {
        ...(await database.options()),
        entities: [...exampleEntities, Remark],
        synchronize: true,
      } as DataSourceOptions,
      managers: [Examples, Remarks],
    });
    await app.dataSource.manager.insert(Example, { title: 'one' });
    await app.dataSource.manager.insert(Remark, { text: 'plain' });
    for (const manager of [app.get(Examples), app.get(Remarks)]) await manager.all();
    await app.settled();
    return app;
  }

  it('a table that is not there', async () => {
    const { dataSource, get } = await prepare();
    await dataSource.query('ALTER TABLE example RENAME TO hidden');
    await expect(get(Examples).all()).rejects.toMatchObject({ name: 'QueryFailedError' });
  });

  it('a filter the database does not take', async () => {
    const { get } = await prepare();
    if (database.name !== 'postgres') return;
    await expect(get(Examples).all({ where: { id: 'abc' as never } })).rejects.toMatchObject({
      name: 'QueryFailedError',
    });
  });

  it('an error that a function of its own raises, as of a connection', async () => {
    if (database.name !== 'postgres') return;
    const { dataSource, get, settled } = await prepare();
    await dataSource.query(`CREATE FUNCTION partner() RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN
      IF (SELECT count(*) FROM "user") > 0 THEN RAISE EXCEPTION 'the partner is gone' USING ERRCODE = '08006'; END IF;
      RETURN true; END $$`);
    const where = { title: Raw((title) => `${title} <> '' AND partner()`) };
    const read = () => get(Examples).get('one', { where });
    await read();
    await settled();
    await dataSource.manager.insert(User, { username: 'ann' });
    await expect(read()).rejects.toMatchObject({ name: 'QueryFailedError', driverError: { code: '08006' } });
  });

  it('an error of a transformer, whatever code it has', async () => {
    const { dataSource, get, events } = await prepare();
    await dataSource.getRepository(Remark).insert({ text: 'more' });
    const error = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    thrown = error;
    await expect(get(Remarks).all()).rejects.toBe(error);
    expect(events.filter(({ name }) => name === 'load:failed')).toEqual([]);
  });
});
