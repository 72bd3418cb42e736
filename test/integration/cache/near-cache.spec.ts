import { CACHE_MANAGER } from '@nestjs/cache-manager';
import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Cache } from 'cache-manager';
import type { DataSourceOptions } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { NearCache } from '../../../lib/cache/near-cache.js';
import { BaseCacheManager, type QsCacheOptions } from '../../../lib/index.js';
import { Company, Example, exampleEntities, User } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { nameOf, rawRedis } from '../../support/raw-redis.js';
import { describeWithRedisServers, RedisServer } from '../../support/redis-server.js';
import { createTestApp, type StoreKind, type TestApp } from '../../support/test-app.js';
import { timeOfDay } from '../../support/time-of-day.js';

@Injectable()
class ForgetfulExamples extends BaseCacheManager<Example> {
  model = Example;
  override nearCache = false;
}

/** More than any other reply takes. */
const LONG_TITLE = 'x'.repeat(100_000);
const SECRET = 'a secret of more than thirty-two characters';

const inMemory: DataSourceOptions = { type: 'sqljs' };

async function fill({ dataSource: { manager } }: TestApp, title = 'first'): Promise<void> {
  const company = await manager.save(Company, { name: 'company' });
  const user = await manager.save(User, { username: 'user', company });
  await manager.save(Example, { title, user, users: [user] });
}

interface Given {
  readonly store: StoreKind;
  readonly redisUrl: string;
  readonly options?: QsCacheOptions;
  readonly Manager?: new () => BaseCacheManager<Example>;
  readonly database?: DataSourceOptions;
  readonly title?: string;
}

/** An application that has one detail in hand, as far as it keeps any. */
async function setUp({ store, redisUrl, options, Manager = ExampleCacheManager, database = inMemory, title }: Given) {
  const app = await createTestApp({
    database: { ...database, entities: exampleEntities, synchronize: true } as DataSourceOptions,
    managers: [Manager],
    store,
    redisUrl,
    ...(options && { options }),
  });
  if (!(await app.dataSource.manager.exists(Example))) await fill(app, title);
  const examples = app.get(Manager);
  const key = examples.getDetailCacheKey(1);
  const read = async () => {
    const one = await examples.get(1);
    await app.settled();
    return one;
  };
  const keeps = vi.spyOn(NearCache.prototype, 'set');
  const warm = async () => {
    // Who has loaded it has not read it.
    await read();
    await read();
    keeps.mockClear();
  };
  await warm();
  /** A hit of which no text was read. */
  const expectNear = async () => {
    app.events.splice(0);
    keeps.mockClear();
    const one = await app.statements.expect(0, read);
    expect(app.events).toContainEqual({ name: 'entry:hit', key });
    expect(keeps).not.toHaveBeenCalled();
    return one;
  };
  const expectMiss = async (reason: unknown = expect.any(String)) => {
    app.events.splice(0);
    const { result, statements } = await app.statements.during(read);
    expect(statements).not.toEqual([]);
    expect(app.events).toContainEqual(expect.objectContaining({ name: 'entry:missed', key, reason }));
    return result;
  };
  return {
    ...app,
    cache: app.module.get<Cache>(CACHE_MANAGER),
    examples,
    key,
    read,
    keeps,
    warm,
    expectNear,
    expectMiss,
  };
}

describeWithRedisServers('What a process keeps', () => {
  let server: RedisServer;
  beforeAll(async () => {
    // Of its own: it is cleared, and what it sends is counted.
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  afterEach(() => void vi.restoreAllMocks());

  describe.each<StoreKind>(['memory', 'ioredis-yet', 'keyv-redis'])('over %s', (store) => {
    const given = () => ({ store, redisUrl: server.url });

    it('is read once', async () => {
      const { expectNear } = await setUp(given());
      expect(await expectNear()).toMatchObject({ title: 'first', users: [{ username: 'user' }] });
    });

    it.each<[string, (cache: Cache, key: string) => unknown]>([
      ['is deleted', (cache, key) => cache.del(key)],
      ['is deleted with others', (cache, key) => cache.mdel([key])],
      ['is overwritten', (cache, key) => cache.set(key, 'theirs', 60_000)],
      ['is overwritten by what is no text', (cache, key) => cache.set(key, { id: 1 }, 60_000)],
      ['is cleared with everything', (cache) => cache.clear()],
    ])('is a miss at the next read once it %s through CACHE_MANAGER', async (_, happens) => {
      const { cache, key, expectNear, expectMiss, warm } = await setUp(given());
      await expectNear();
      await happens(cache, key);
      await expectMiss();
      await warm();
      await expectNear();
    });

    it('is a miss once it is written, with what was written', async () => {
      const { dataSource, expectNear, expectMiss } = await setUp(given());
      await expectNear();
      await dataSource.manager.update(Example, 1, { title: 'second' });
      expect(await expectMiss('stale')).toMatchObject({ title: 'second' });
    });

    it('is a miss once a related row is written, and none once another row is', async () => {
      const { dataSource, expectNear, expectMiss } = await setUp(given());
      await dataSource.manager.insert(Example, { title: 'other' });
      await dataSource.manager.update(Example, 2, { title: 'another' });
      await expectNear();
      await dataSource.manager.update(User, 1, { username: 'second' });
      expect(await expectMiss('stale')).toMatchObject({ user: { username: 'second' } });
    });

    it('is a copy for each reader', async () => {
      const { expectNear } = await setUp(given());
      const one = await expectNear();
      one.title = 'mine';
      one.user!.username = 'mine';
      one.users.push(new User());
      Object.assign(one, { more: 1 });
      const other = await expectNear();
      expect(other).not.toBe(one);
      expect(other).toMatchObject({ title: 'first', user: { username: 'user' } });
      expect(other.users).toHaveLength(1);
      expect(other).not.toHaveProperty('more');
    });

    it('is a miss past its timeout', async () => {
      const { key, expectNear, expectMiss } = await setUp(given());
      await expectNear();
      if (store === 'memory') timeOfDay().pass(24 * 3_600_000);
      else {
        const redis = rawRedis(server.url);
        const name = await nameOf(redis, key);
        await redis.pexpire(name, 1);
        await vi.waitUntil(async () => !(await redis.exists(name)));
      }
      await expectMiss('absent');
    });

    it.each<[string, Partial<Given>]>([
      ['where its manager says so', { Manager: ForgetfulExamples }],
      ['without room', { options: { nearCache: { maxBytes: 0 } } }],
    ])('is nothing %s', async (_, choice) => {
      const { read, statements, events, key } = await setUp({ ...given(), ...choice });
      const found = vi.spyOn(NearCache.prototype, 'get');
      events.splice(0);
      await statements.expect(0, read);
      expect(events).toContainEqual({ name: 'entry:hit', key });
      expect(found.mock.results.filter(({ value }) => value)).toEqual([]);
    });
  });

  describe('in front of Redis', () => {
    it.each<['DEL' | 'UNLINK', QsCacheOptions]>([
      ['DEL', {}],
      ['UNLINK', {}],
      ['DEL', { secret: SECRET }],
      ['DEL', { secret: SECRET, encrypt: true }],
    ])('is a miss at the next read after a %s by redis-cli, with %o', async (command, options) => {
      const { key, expectNear, expectMiss } = await setUp({ store: 'ioredis-yet', redisUrl: server.url, options });
      await expectNear();
      const redis = rawRedis(server.url);
      await redis.call(command, await nameOf(redis, key));
      await expectMiss('absent');
    });

    it.each<QsCacheOptions>([{}, { secret: SECRET }, { secret: SECRET, encrypt: true }])(
      'is not sent again, with %o',
      async (options) => {
        const app = await setUp({ store: 'ioredis-yet', redisUrl: server.url, options, title: LONG_TITLE });
        const sent = async () => Number(/total_net_output_bytes:(\d+)/.exec(await server.admin.info('stats'))![1]);
        const sentDuring = async (read: () => Promise<Example>) => {
          const before = await sent();
          expect((await read()).title).toBe(LONG_TITLE);
          return (await sent()) - before;
        };
        expect(await sentDuring(app.expectNear)).toBeLessThan(LONG_TITLE.length);
        // What is counted is there to be counted.
        const other = await setUp({
          store: 'ioredis-yet',
          redisUrl: server.url,
          options,
          Manager: ForgetfulExamples,
          title: LONG_TITLE,
        });
        expect(await sentDuring(other.read)).toBeGreaterThan(LONG_TITLE.length);
      },
    );
  });

  describeDatabases(
    'beside another process',
    (database) => {
      it('is a miss at the next read once that has written or cleared', async () => {
        const given: Given = {
          store: 'ioredis-yet',
          redisUrl: server.url,
          database: await database.options(),
          options: { namespace: `test-${randomUUID()}` },
        };
        const one = await setUp(given);
        const other = await setUp(given);
        await one.expectNear();
        await other.expectNear();
        await other.dataSource.manager.update(Example, 1, { title: 'second' });
        expect(await one.expectMiss('stale')).toMatchObject({ title: 'second' });
        // What another process has stored is not what it has in hand.
        expect(await other.statements.expect(0, other.read)).toMatchObject({ title: 'second' });
        await other.expectNear();
        await one.warm();
        await one.expectNear();
        await other.examples.clearCacheDetail(1);
        await one.expectMiss();
      });
    },
    ['postgres'],
  );
});
