import { CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager';
import { createClient } from '@redis/client';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { type Cache, KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import type { DataSourceOptions } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RedisClient } from '../../../lib/store/connect-redis.js';
import { clockKeys } from '../../../lib/store/clock-keys.js';
import type { QsCacheOptions } from '../../../lib/index.js';
import { RedisStore } from '../../../lib/store/redis.store.js';
import { Company, Example, exampleEntities, User } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { nameOf, rawRedis } from '../../support/raw-redis.js';
import { describeWithRedisServers, Proxy, RedisServer } from '../../support/redis-server.js';
import { createTestApp, type TestAppOptions } from '../../support/test-app.js';

const TRACKING: QsCacheOptions = { nearCache: { tracking: true } };
const PATIENCE = { timeout: 10_000, interval: 5 };
/** What a read may ask a store with. */
const ASKING = ['evalsha', 'eval', 'get', 'mget', 'set'];

type Way = Pick<TestAppOptions, 'store' | 'options' | 'cacheModule'>;

/** Each leads to a Redis in a way of its own. */
const ways: Record<string, (url: string) => Promise<Way> | Way> = {
  'ioredis in CACHE_MANAGER': () => ({ store: 'ioredis-yet' }),
  'node-redis in CACHE_MANAGER': () => ({ store: 'keyv-redis' }),
  'ioredis in CACHE_MANAGER, with a key prefix': (url) => ({
    cacheModule: CacheModule.registerAsync({
      useFactory: () => {
        const client = new Redis(url, { keyPrefix: 'p:' });
        onTestFinished(() => client.disconnect());
        return { stores: [new Keyv({ store: new KeyvAdapter(redisInsStore(client) as never) })] };
      },
    }),
  }),
  'ioredis in forRoot, with a key prefix and a namespace of signs': (url) => {
    const redis = new Redis(url, { keyPrefix: 'p:' });
    onTestFinished(() => redis.disconnect());
    return { options: { redis, namespace: `a:b %{ü}${randomUUID()}` } };
  },
  'ioredis in forRoot, with a namespace that clocks begin with': (url) => {
    const redis = new Redis(url);
    onTestFinished(() => redis.disconnect());
    return { options: { redis, namespace: 'qscache' } };
  },
  'ioredis in forRoot, without a namespace': (url) => {
    const redis = new Redis(url);
    onTestFinished(() => redis.disconnect());
    return { options: { redis, namespace: '' } };
  },
  'node-redis in forRoot': async (url) => ({ options: { redis: await nodeRedis(url, 2) } }),
  'node-redis in forRoot that speaks RESP3': async (url) => ({ options: { redis: await nodeRedis(url, 3) } }),
};

async function nodeRedis(url: string, RESP: 2 | 3): Promise<RedisClient> {
  const client = createClient({ url, RESP });
  onTestFinished(() => client.destroy());
  return (await client.connect()) as unknown as RedisClient;
}

describeWithRedisServers('What a process keeps, where Redis tells what changes', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(() => server.admin.flushall());
  afterEach(() => void vi.restoreAllMocks());

  /** An application that has a detail in hand, of which nothing has changed. */
  async function setUp(way: Way, database: DataSourceOptions = { type: 'sqljs' }, redisUrl = server.url) {
    const app = await createTestApp({
      database: { ...database, entities: exampleEntities, synchronize: true } as DataSourceOptions,
      managers: [ExampleCacheManager],
      redisUrl,
      ...way,
      options: { ...TRACKING, ...way.options },
    });
    const { manager } = app.dataSource;
    if (!(await manager.exists(Example))) {
      const company = await manager.save(Company, { name: 'company' });
      const user = await manager.save(User, { username: 'user', company });
      await manager.save(Example, { title: 'first', user, users: [user] });
    }
    const examples = app.get(ExampleCacheManager);
    const key = examples.getDetailCacheKey(1);
    const read = async () => {
      const one = await examples.get(1);
      await app.settled();
      return one;
    };
    const asked = async () => {
      const calls = await server.commandCalls();
      return ASKING.reduce((sum, name) => sum + (calls.get(name) ?? 0), 0);
    };
    /** How often the store was asked by one read. */
    const costs = async () => {
      const before = await asked();
      await app.statements.expect(0, read);
      return (await asked()) - before;
    };
    // What was heard late of the fill may cost another question.
    const warm = async () => {
      await read();
      await vi.waitUntil(async () => (await costs()) === 0, PATIENCE);
    };
    /** Until a read finds that it is not there, or not true any more. Nothing but what is told ends what stands. */
    const misses = async () => {
      app.events.splice(0);
      await vi.waitUntil(async () => {
        await read();
        return app.events.some((event) => event.name === 'entry:missed' && event.key === key);
      }, PATIENCE);
    };
    // The time that ends what nobody tells of.
    const stop = () => vi.spyOn(performance, 'now').mockReturnValue(performance.now());
    return { ...app, cache: app.module.get<Cache>(CACHE_MANAGER), examples, key, read, costs, warm, misses, stop };
  }

  const trackers = async () => {
    const list = String(await server.admin.client('LIST'));
    return [...list.matchAll(/^id=(\d+) .* flags=\w*B\w* /gm)].map(([, id]) => id!);
  };

  describe.each(Object.entries(ways))('over %s', (_, makeWay) => {
    it('costs no command, until it is dropped, by anybody', async () => {
      const app = await setUp(await makeWay(server.url));
      app.stop();
      await app.warm();
      expect(await app.costs()).toBe(0);
      const names = (await server.admin.keys('*')).filter((name) => name.endsWith(app.key));
      expect(names).toHaveLength(1);
      await server.admin.del(names[0]!);
      await app.misses();
    });

    it('is asked for again once it is written, and then costs nothing again', async () => {
      const app = await setUp(await makeWay(server.url));
      app.stop();
      await app.warm();
      await app.dataSource.manager.update(Example, 1, { title: 'second' });
      // At once: this process has written it.
      expect(await app.read()).toMatchObject({ title: 'second' });
      await app.warm();
      expect(await app.read()).toMatchObject({ title: 'second' });
    });
  });

  describe.each<'ioredis-yet' | 'keyv-redis'>(['ioredis-yet', 'keyv-redis'])('over %s', (store) => {
    it('is a copy for each reader, and a hit', async () => {
      const app = await setUp({ store });
      await app.warm();
      app.events.splice(0);
      const [one, other] = [await app.examples.get(1), await app.examples.get(1)];
      one.title = 'mine';
      expect(other).toMatchObject({ title: 'first', users: [{ username: 'user' }] });
      expect(app.events).toContainEqual({ name: 'entry:hit', key: app.key });
    });

    it('costs nothing although other rows of its tables are stored', async () => {
      const app = await setUp({ store });
      await app.dataSource.manager.insert(
        Example,
        Array.from({ length: 20 }, () => ({ title: 'other' })),
      );
      app.stop();
      await app.warm();
      // Leases that end are commands as well.
      const reads = vi.spyOn(RedisStore.prototype, 'read');
      let asked = 0;
      for (let id = 2; id <= 21; id++) {
        await app.examples.get(id);
        await app.settled();
        reads.mockClear();
        await app.read();
        asked += reads.mock.calls.length;
      }
      expect(app.events.filter(({ name }) => name === 'entry:filled').length).toBeGreaterThan(20);
      // What was heard late of the first fill.
      expect(asked).toBeLessThan(5);
    });

    it.each<[string, (cache: Cache, key: string) => unknown]>([
      ['is deleted', (cache, key) => cache.del(key)],
      ['is overwritten', (cache, key) => cache.set(key, 'theirs', 60_000)],
    ])('is asked for once it %s through CACHE_MANAGER', async (_, change) => {
      const app = await setUp({ store });
      app.stop();
      await app.warm();
      await change(app.cache, app.key);
      await app.misses();
    });

    it.each(['flushdb', 'flushall'] as const)('is asked for after %s', async (flush) => {
      const app = await setUp({ store });
      app.stop();
      await app.warm();
      await server.admin[flush]();
      await app.misses();
    });

    it('is asked for while a hold is in sight, and not once it is released', async () => {
      const app = await setUp({ store });
      app.stop();
      await app.warm();
      const [record] = (await server.admin.keys(`${clockKeys.prefix}*example}`)) as [string];
      const text = (await server.admin.get(record))!;
      const later = `${Date.now() + 600_000}000`;
      await server.admin.set(record, `${text} h:w:${later}:${later}:0;`, 'KEEPTTL');
      await vi.waitUntil(async () => (await app.costs()) > 0, PATIENCE);
      for (let i = 0; i < 5; i++) expect(await app.costs()).toBeGreaterThan(0);
      await server.admin.set(record, text, 'KEEPTTL');
      await vi.waitUntil(async () => (await app.costs()) === 0, PATIENCE);
    });

    it('is asked for once its line is killed, whatever changed while there was none, until there is another one', async () => {
      const app = await setUp({ store });
      app.stop();
      await app.warm();
      const [id] = (await trackers()) as [string];
      const name = await nameOf(rawRedis(server.url), app.key);
      // In one step, so that nobody could be told of it.
      await server.admin.multi().client('KILL', 'ID', id).del(name).exec();
      await app.misses();
      await app.warm();
      expect(await trackers()).toHaveLength(1);
      expect(await trackers()).not.toContain(id);
    });

    it('leaves no line behind when the application closes', async () => {
      const app = await setUp({ store });
      await app.warm();
      expect(await trackers()).toHaveLength(1);
      await app.close();
      await vi.waitUntil(async () => (await trackers()).length === 0, PATIENCE);
    });
  });

  it('is asked for when nothing passes the ways to Redis, and when something does again', async () => {
    const proxy = await Proxy.to(server.port);
    onTestFinished(() => proxy.cut());
    const app = await setUp(
      { store: 'ioredis-yet', options: { budgetMs: 200 } },
      undefined,
      `redis://127.0.0.1:${proxy.port}`,
    );
    app.stop();
    await app.warm();
    app.events.splice(0);
    proxy.blackHole();
    await server.admin.del(await nameOf(rawRedis(server.url), app.key));
    await vi.waitUntil(async () => {
      await app.read();
      return app.events.some((event) => event.name === 'entry:missed' && event.reason === 'store');
    }, PATIENCE);
    await proxy.heal();
    await app.read();
    await vi.waitUntil(async () => {
      const before = (await server.commandCalls()).get('evalsha');
      await app.read();
      return (await server.commandCalls()).get('evalsha') === before && app.events.at(-1)?.name === 'entry:hit';
    }, PATIENCE);
  });

  it('is asked for at every read where its user may not be told, which is said once', async () => {
    await server.admin.call('ACL', 'SETUSER', 'limited', 'on', '>secret', '~*', '+@all', '-client|tracking', '&*');
    onTestFinished(async () => void (await server.admin.call('ACL', 'DELUSER', 'limited')));
    const redis = new Redis(server.url.replace('//', '//limited:secret@'));
    onTestFinished(() => redis.disconnect());
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const app = await setUp({ options: { redis } });
    await app.read();
    await vi.waitUntil(() => warn.mock.calls.length, PATIENCE);
    for (let i = 0; i < 3; i++) expect(await app.costs()).toBeGreaterThan(0);
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/failed to track: .*NOPERM .*CLIENT TRACKING/s)]]);
  });

  describeDatabases(
    'beside another process',
    (database) => {
      it.each<'ioredis-yet' | 'keyv-redis'>(['ioredis-yet', 'keyv-redis'])(
        'is asked for once that has written or cleared it, over %s',
        async (store) => {
          const way: Way = { store, options: { namespace: `test-${randomUUID()}` } };
          const options = await database.options();
          const [one, other] = [await setUp(way, options), await setUp(way, options)];
          one.stop();
          await one.warm();
          await other.warm();
          await other.dataSource.manager.update(Example, 1, { title: 'second' });
          await vi.waitUntil(async () => (await one.read()).title === 'second', PATIENCE);
          await one.warm();
          await other.examples.clearCacheDetail(1);
          await one.misses();
        },
      );
    },
    ['postgres'],
  );
});
