import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CacheStore, UNFILLED_MS } from '../../../lib/store/cache-store.js';
import { connectRedis } from '../../../lib/store/connect-redis.js';
import { RedisStore } from '../../../lib/store/redis.store.js';
import { selectStore } from '../../../lib/store/select-store.js';
import {
  viaCreateKeyv,
  viaIoRedis,
  viaKeyvRedis,
  type MakeRedisCache,
  type RedisCache,
} from '../../contract/redis-stores.js';
import { describeWithRedisServers, RedisServer } from '../../support/redis-server.js';

const LONG = 60_000;
const work = { key: 'a', name: 'query' };
const user = { clock: 'app.public.user', rows: ['1'] };

describeWithRedisServers('What RedisStore does on a server', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(() => server.admin.flushall());

  const caches: Record<string, () => MakeRedisCache> = {
    'cache-manager-ioredis-yet': () => viaIoRedis(() => new Redis(server.url)),
    'cache-manager-ioredis-yet with a key prefix': () => viaIoRedis(() => new Redis(server.url, { keyPrefix: 'p:' })),
    'createKeyv()': () => viaCreateKeyv(server.url),
    'new Keyv(new KeyvRedis())': () => viaKeyvRedis(server.url),
  };

  describe.each(Object.entries(caches))('over %s', (_, makeCache) => {
    let subject: RedisCache;
    let store: CacheStore;

    beforeEach(async () => {
      subject = await makeCache()('app');
      store = selectStore({ cache: subject.cache, budgetMs: 2000 }).store;
    });
    afterEach(async () => void (await subject.close()));

    it('keeps an entry as plain text under the name the cache would use, for its lifetime', async () => {
      await store.put('example_1', 'text', LONG);
      const name = subject.physicalKey('example_1');
      expect(await server.admin.keys('*')).toEqual([name]);
      expect(await server.admin.get(name)).toBe('text');
      expect(await server.admin.pttl(name)).toBeGreaterThan(LONG - 5000);
      await subject.cache.del('example_1');
      expect(await server.admin.dbsize()).toBe(0);
    });

    it('leaves a key alone that begins with the namespace, as keyv does', async () => {
      await store.put('app:1', 'text', LONG);
      await subject.cache.del('app:1');
      expect(await server.admin.dbsize()).toBe(0);
    });

    it('reads nothing from a key of another type', async () => {
      await server.admin.hset(subject.physicalKey('example'), { id: '1' });
      const { entries } = await store.read(['example'], [user]);
      expect(entries).toEqual([undefined]);
    });
  });

  it('keeps one clock of a table for all applications, whatever they put before their keys', async () => {
    const apps = await Promise.all([
      viaIoRedis(() => new Redis(server.url))('one'),
      viaIoRedis(() => new Redis(server.url, { keyPrefix: 'p:' }))('two'),
      viaIoRedis(() => new Redis(server.url, { keyPrefix: 'q:', lazyConnect: true }))('two'),
      viaCreateKeyv(server.url)('four'),
      viaKeyvRedis(server.url)('five'),
    ]);
    const stores = apps.map(({ cache }) => selectStore({ cache, budgetMs: 2000 }).store);
    const rowClocks = () => Promise.all(stores.map(async (each) => (await each.read([], [user])).clocks[0]!.rows[0]));
    try {
      const [first] = await rowClocks();
      for (const [i, each] of stores.entries()) {
        await each.advance([user]);
        expect(await rowClocks()).toEqual(stores.map(() => first! + i + 1));
      }
      for (const [i, each] of stores.entries()) await each.put('example_1', `of ${i}`, LONG);
      for (const [i, each] of stores.entries()) {
        expect((await each.read(['example_1'], [])).entries).toEqual([`of ${i}`]);
        expect(await server.admin.get(apps[i]!.physicalKey('example_1'))).toBe(`of ${i}`);
      }
    } finally {
      for (const each of stores) await each.close();
      for (const each of apps) await each.close();
    }
  });

  describe('over an own client', () => {
    let client: Redis;
    let store: RedisStore;
    const withBudget = (budgetMs: number) =>
      new RedisStore(connectRedis(client), { budgetMs, entryKey: (key) => `app:${key}` });

    beforeEach(() => {
      client = new Redis(server.port);
      store = new RedisStore(connectRedis(client), {
        budgetMs: 100,
        entryKey: (key) => `app:${key}`,
      });
    });
    afterEach(() => client.disconnect());

    it('keeps the clocks of a table in one slot, as whole numbers', async () => {
      const { clocks } = await store.touch([{ clock: 'a{b}', rows: ['{1}'] }], LONG);
      await store.advance([{ clock: 'a{b}', rows: ['{1}'] }]);
      const clock = String(clocks[0]!.now + 1);
      expect(clock).toMatch(/^\d{16}$/);
      expect(await server.admin.get('qscache:{a%7Bb%7D}:{1}')).toBe(clock);
      expect(await server.admin.get('qscache:{a%7Bb%7D}')).toBe(`${clock} ${clocks[0]!.unknown}`);
    });

    it('leaves nothing behind that lives for ever', async () => {
      await store.hold(['held'], 'w', LONG);
      await store.hold(['user'], 'w', 10);
      await store.read(['a'], [user, { clock: 'user', rows: [] }]);
      await store.touch([user], LONG);
      await store.put('a', 'text', LONG);
      await store.advance([user], 'w');
      await store.lease([work, { key: 'b', name: 'query' }], 'a', LONG);
      await store.endLease([work], 'a', LONG);
      const keys = await server.admin.keys('*');
      const lifetimes = await Promise.all(keys.map(async (key) => [key, await server.admin.pttl(key)] as const));
      expect(lifetimes.filter(([, lifetimeMs]) => lifetimeMs < 0)).toEqual([]);
      await store.hold(['never read'], 'w', 10);
      await wait(40);
      expect(await server.admin.exists('qscache:{never read}')).toBe(0);
    });

    it('leaves nothing that lives long of what readers ask for', async () => {
      await store.touch([{ clock: 'filled', rows: ['1'] }], LONG);
      await store.read(['a'], [user, { clock: 'filled', rows: ['1', '2'] }]);
      const lifetimes = new Map<string, number>();
      for (const key of await server.admin.keys('*')) lifetimes.set(key, await server.admin.pttl(key));
      const long = [...lifetimes].filter(([, lifetimeMs]) => lifetimeMs > UNFILLED_MS).map(([key]) => key);
      expect(long.sort()).toEqual(['qscache:{filled}', 'qscache:{filled}:1']);
      expect(lifetimes.size).toBe(5);
      expect(Math.min(...lifetimes.values())).toBeGreaterThan(0);
    });

    it('writes nothing for a table nobody cached', async () => {
      await store.advance([user, { clock: 'user', rows: 'unknown' }], 'w');
      await store.release(['user'], 'w');
      expect(await server.admin.dbsize()).toBe(0);
    });

    it('leaves what others keep there alone', async () => {
      await server.admin.set('bull:job', 'theirs');
      await store.put('a', 'text', LONG);
      await store.read(['a', 'b'], [user]);
      await store.advance([user]);
      await store.remove(['a', 'b']);
      expect(await server.admin.get('bull:job')).toBe('theirs');
    });

    it('reads entries and clocks of many tables with one command, at one moment', async () => {
      await store.read(['a'], [user]);
      await server.admin.config('RESETSTAT');
      const tables = [user, { clock: 'company', rows: ['1', '2'] }, { clock: 'photo', rows: [] }];
      await store.read(['a', 'b', 'c'], tables);
      const calls = await server.commandCalls();
      expect([calls.get('evalsha'), calls.get('eval')]).toEqual([1, undefined]);
    });

    it('asks for nothing twice where nothing is missing and nothing held', async () => {
      const tables = [user, { clock: 'company', rows: ['1', '2'] }];
      await store.read(['a'], tables);
      await server.admin.config('RESETSTAT');
      await store.read(['a'], tables);
      const calls = await server.commandCalls();
      expect(Object.fromEntries([...calls].filter(([name]) => !name.startsWith('config')))).toEqual({
        evalsha: 1,
        mget: 1,
        info: 1,
      });
    });

    it('reads a text that is known to be long in a command of its own, and then a short one in the script again', async () => {
      const long = 'x'.repeat(20_000);
      const reads = async () => {
        await server.admin.config('RESETSTAT');
        const { entries } = await store.read(['short', 'long', 'none'], [user]);
        const calls = await server.commandCalls();
        return [entries.map((entry) => entry?.length), calls.get('mget')];
      };
      await store.put('short', 'text', LONG);
      await store.read([], [user]);
      // Of another process.
      await server.admin.set('app:long', long);
      expect(await reads()).toEqual([[4, 20_000, undefined], 1]);
      expect(await reads()).toEqual([[4, 20_000, undefined], 2]);
      await server.admin.set('app:long', 'short');
      expect(await reads()).toEqual([[4, 5, undefined], 2]);
      expect(await reads()).toEqual([[4, 5, undefined], 1]);
      await store.put('long', long, LONG);
      expect(await reads()).toEqual([[4, 20_000, undefined], 2]);
      await store.put('long', 'short', LONG);
      expect(await reads()).toEqual([[4, 5, undefined], 1]);
    });

    it('asks by its beginning for a text that the reader has, and for all of any other one', async () => {
      const long = `long, ${'x'.repeat(20_000)}`;
      for (const key of ['a', 'b']) await store.put(key, `of ${key}`, LONG);
      await store.put('c', long, LONG);
      await store.read([], [user]);
      await server.admin.config('RESETSTAT');
      const known = ['of a', 'of b', 'long, '];
      const { entries } = await store.read(['c', 'a', 'b', 'c'], [user], undefined, [
        'long, ',
        'of a',
        'of b',
        undefined,
      ]);
      expect(entries).toEqual(['long, ', 'of a', 'of b', long]);
      const calls = await server.commandCalls();
      expect([calls.get('evalsha'), calls.get('mget'), calls.get('getrange')]).toEqual([1, 2, 3]);
      await store.read(['a', 'b', 'c'], [user], undefined, known);
      expect((await server.commandCalls()).get('getrange')).toBe(6);
    });

    it('does not send a text again whose beginning the reader has', async () => {
      const known = '0123456789';
      const [long, other] = [`${known} and more`, '012345678 is another'];
      await store.put('a', long, LONG);
      await store.put('b', other, LONG);
      await server.admin.hset('app:c', { id: '1' });
      const keys = ['a', 'b', 'c', 'd', 'a'];
      const read = () => store.read(keys, [user], undefined, [known, known, known, known, undefined]);
      expect((await read()).entries).toEqual([known, other, undefined, undefined, long]);
      await store.put('a', 'x'.repeat(20_000), LONG);
      expect((await read()).entries[0]).toHaveLength(20_000);
      await store.put('a', `${known}${'x'.repeat(20_000)}`, LONG);
      expect((await read()).entries[0]).toBe(known);
      await store.remove(['a']);
      expect((await read()).entries[0]).toBeUndefined();
    });

    it('asks for many texts beside the script, and for few with it', async () => {
      const keys = Array.from({ length: 9 }, (_, i) => `key-${i}`);
      for (const key of keys) await store.put(key, `of ${key}`, LONG);
      await store.read([], [user]);
      for (const [count, mgets] of [
        [8, 1],
        [9, 2],
      ] as const) {
        await server.admin.config('RESETSTAT');
        const some = keys.slice(0, count);
        expect((await store.read(some, [user])).entries).toEqual(some.map((key) => `of ${key}`));
        const calls = await server.commandCalls();
        expect([calls.get('evalsha'), calls.get('mget')]).toEqual([1, mgets]);
      }
    });

    it('reads more keys than a script can hand to a command at once', async () => {
      const keys = Array.from({ length: 9_000 }, (_, i) => `key-${i}`);
      for (const i of [0, 3_999, 4_000, 8_999]) await store.put(keys[i]!, `text ${i}`, LONG);
      const patient = withBudget(5_000);
      const { entries, clocks } = await patient.read(keys, [user]);
      expect([0, 3_999, 4_000, 4_001, 8_999].map((i) => entries[i])).toEqual([
        'text 0',
        'text 3999',
        'text 4000',
        undefined,
        'text 8999',
      ]);
      expect(clocks[0]!.held).toBe(false);
    });

    it('answers who asks for nothing', async () => {
      const { epoch, clocks, entries } = await store.read([], []);
      expect([epoch.length, clocks, entries]).toEqual([40, [], []]);
    });

    it('takes holds and names of rows of any spelling', async () => {
      const odd = 'a b:c;d{e}|k:é %';
      const query = { clock: odd, rows: ['1'], key: odd };
      const { clocks } = await store.touch([query], LONG);
      await store.hold([odd], odd, LONG);
      await store.advance([query], odd);
      const after = await store.read([], [query]);
      expect(after.clocks[0]).toEqual({
        now: clocks[0]!.now + 1,
        unknown: clocks[0]!.unknown,
        rows: [clocks[0]!.now + 1],
        held: false,
        hasHold: false,
      });
      await store.hold([odd], odd, 1);
      await wait(5);
      expect((await store.read([], [query])).clocks[0]!.unknown).toBe(clocks[0]!.now + 2);
    });

    it('asks for any number of leases in one trip, and takes nothing else for one', async () => {
      const works = ['a', 'b', 'c', 'd'].map((key) => ({ key, name: 'query' }));
      await store.lease(works, 'theirs', LONG);
      const names = await server.admin.keys('qscache:lease:*');
      expect(names).toHaveLength(4);
      for (const [i, forge] of [
        (name: string) => server.admin.set(name, 'text'),
        (name: string) => server.admin.multi().del(name).hset(name, { id: '1' }).exec(),
        (name: string) => server.admin.set(name, ''),
      ].entries()) {
        await forge(names[i]!);
      }
      const leases = await store.lease(works, 'ours', LONG);
      expect(leases.toSorted()).toEqual(['free', 'free', 'free', 'taken']);
      await expect(store.endLease(works, 'ours')).rejects.toThrow(/could not end a lease/);
      expect(await server.admin.keys('qscache:lease:*')).toHaveLength(4);
    });

    it('lets those wait for each other only who share the entry', async () => {
      const another = new RedisStore(connectRedis(client), { budgetMs: 100, entryKey: (key) => `other:${key}` });
      await store.lease([work], 'a', LONG);
      expect(await another.lease([work], 'b', LONG)).toEqual(['mine']);
      expect(await withBudget(200).lease([work], 'c', LONG)).toEqual(['taken']);
    });

    it('never walks or empties the server', async () => {
      await server.admin.config('RESETSTAT');
      expect(await store.check()).toBeUndefined();
      await store.read(['a'], [user]);
      await store.touch([user], LONG);
      await store.put('a', 'text', LONG);
      await store.hold(['user'], 'w', 1);
      await store.release(['user'], 'w');
      await store.hold([user.clock], 'w', 1);
      await wait(5);
      await store.read(['a'], [user]);
      await store.advance([user, { clock: 'user', rows: 'unknown' }], 'w');
      await store.remove(['a']);
      await store.lease([work], 'a', LONG);
      await store.endLease([work], 'a', LONG);
      await store.lease([work], 'b', LONG);
      const expected = new Set(
        'eval evalsha script|load info time mget set get getrange unlink pexpire pttl config|resetstat'.split(' '),
      );
      const calls = await server.commandCalls();
      expect([...calls.keys()].filter((name) => !expected.has(name))).toEqual([]);
    });

    it('holds a table for every process, however patient its readers are', async () => {
      const readers = () => store.read([], [{ clock: 'user', rows: [] }]);
      await withBudget(200).hold(['user'], 'w', LONG);
      expect((await readers()).clocks[0]!.held).toBe(false);
      await wait(220);
      expect((await readers()).clocks[0]!.held).toBe(true);
    });
  });
});
