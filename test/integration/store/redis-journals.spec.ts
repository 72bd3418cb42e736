import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { JOURNAL_LENGTH } from '../../../lib/store/cache-store.js';
import { clockKeys } from '../../../lib/store/clock-keys.js';
import { connectRedis } from '../../../lib/store/connect-redis.js';
import { RedisStore } from '../../../lib/store/redis.store.js';
import { describeWithRedisServers, RedisServer } from '../../support/redis-server.js';

const LONG = 60_000;

describeWithRedisServers('The journal of a clock in Redis', () => {
  let server: RedisServer;
  let clock: string;
  let record: string;
  let journal: string;

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    await server.admin.flushall();
    clock = `app.public.${randomUUID()}`;
    record = clockKeys.clock(clock);
    journal = clockKeys.journal(clock);
  });

  /** As a process has it; `login` of a user who may not do everything. */
  function storeOf(login: object = {}): RedisStore {
    const client = new Redis(server.port, { enableReadyCheck: false, ...login });
    client.on('error', () => undefined);
    onTestFinished(() => client.disconnect());
    const store = new RedisStore(connectRedis(client), {
      budgetMs: 2_000,
      entryKey: (key) => `app:${key}`,
    });
    onTestFinished(() => store.close());
    return store;
  }

  async function filled(store = storeOf()) {
    const { now } = (await store.touch([{ clock, rows: ['1'] }], LONG)).clocks[0]!;
    const since = async (asOf: number) => (await store.read([], [{ clock, rows: ['1'], since: asOf }])).clocks[0]!;
    const changes = async (asOf: number) => (await since(asOf)).changes;
    const write = (change?: string) =>
      store.advance([{ clock, rows: ['1'], ...(change === undefined ? {} : { change }) }]);
    return { store, now, since, changes, write };
  }

  async function callsOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
    await server.admin.config('RESETSTAT');
    await work();
    const calls = await server.commandCalls();
    return Object.fromEntries([...calls].filter(([name]) => !name.startsWith('config')));
  }

  it('is a list in the slot of its record, which ends when that does', async () => {
    const { now, write } = await filled();
    await write('one');
    await write('two');
    expect(await server.admin.lrange(journal, 0, -1)).toEqual([`${now + 1} one`, `${now + 2} two`]);
    expect(journal.slice(journal.indexOf('{'))).toBe(record.slice(record.indexOf('{')));
    await server.admin.pexpire(record, 200);
    await write('three');
    expect(await server.admin.pttl(journal)).toBeLessThanOrEqual(200);
    await vi.waitFor(async () => expect(await server.admin.exists(record, journal)).toBe(0));
  });

  it('costs neither a write nor a read a command where nothing is told or asked', async () => {
    const { store, now, write, changes } = await filled();
    await write('one');
    await changes(now);
    expect(await callsOf(() => write())).toEqual({ evalsha: 1, get: 1, set: 2 });
    expect(await callsOf(() => store.read([], [{ clock, rows: ['1'] }]))).toEqual({ evalsha: 1, mget: 1, info: 1 });
    expect(await callsOf(() => changes(now + 2))).toEqual({ evalsha: 1, mget: 1, info: 1 });
    const told = { evalsha: 1, get: 1, set: 2, ltrim: 1, rpush: 1, pttl: 1, pexpire: 1 };
    expect(await callsOf(() => write('three'))).toEqual(told);
    expect(await callsOf(() => changes(now + 2))).toEqual({ evalsha: 1, mget: 1, info: 1, lrange: 1 });
  });

  it('is not asked for what it cannot have', async () => {
    const { store, now, since } = await filled();
    for (const asOf of [now - JOURNAL_LENGTH - 1, now + 1, 0.5, -1, NaN, 2 ** 53, Infinity])
      expect(
        await callsOf(() => since(asOf).then(({ changes }) => expect(changes).toBeUndefined())),
      ).not.toHaveProperty('lrange');
    const { clocks } = await store.read([], [{ clock, rows: [], since: now }]);
    expect(clocks[0]!.changes).toEqual([]);
  });

  it('needs no more room than its length, however many changes there were', async () => {
    const { now, write, changes } = await filled();
    const text = 'x'.repeat(100);
    for (let i = 0; i < JOURNAL_LENGTH; i++) await write(text);
    const bytes = await server.admin.memory('USAGE', journal, 'SAMPLES', 0);
    expect(bytes).toBeLessThan(JOURNAL_LENGTH * (text.length + 40));
    for (let i = 0; i < JOURNAL_LENGTH; i++) await write(text);
    expect(await server.admin.llen(journal)).toBe(JOURNAL_LENGTH);
    expect(await server.admin.memory('USAGE', journal, 'SAMPLES', 0)).toBeLessThan(1.2 * bytes!);
    expect(await changes(now + JOURNAL_LENGTH)).toHaveLength(JOURNAL_LENGTH);
    expect(await changes(now + JOURNAL_LENGTH - 1)).toBeUndefined();
  });

  it.each<[string, (redis: Redis) => Promise<unknown>]>([
    ['a hash', (redis) => redis.hset(journal, { no: 'list' })],
    ['a text', (redis) => redis.set(journal, 'text')],
    ['a set', (redis) => redis.sadd(journal, 'text')],
    ['a stream', (redis) => redis.xadd(journal, '*', 'no', 'list')],
  ])('is unknown where %s stands under its key, and the clock goes on', async (_, forge) => {
    const { store, now, since, write } = await filled();
    await forge(server.admin);
    const forged = await server.admin.dumpBuffer(journal);
    await store.hold([clock], 'w', LONG);
    await store.advance([{ clock, rows: ['1'], change: 'one' }], 'w');
    expect(await since(now)).toEqual({
      now: now + 1,
      unknown: now,
      rows: [now + 1],
      held: false,
      hasHold: false,
      changes: undefined,
    });
    expect(await server.admin.get(record)).toBe(`${now + 1} ${now}`);
    expect(await server.admin.dumpBuffer(journal)).toEqual(forged);
    await server.admin.unlink(journal);
    await write('two');
    expect((await since(now)).changes).toBeUndefined();
    expect((await since(now + 1)).changes).toEqual(['two']);
  });

  it.each<[string, (now: number) => readonly string[]]>([
    ['one too few', (now) => [`${now + 1} one`, `${now + 3} three`]],
    ['one too few at its end', (now) => [`${now + 1} one`, `${now + 2} two`]],
    ['one too few at its beginning', (now) => [`${now + 2} two`, `${now + 3} three`]],
    ['another order', (now) => [`${now + 2} two`, `${now + 1} one`, `${now + 3} three`]],
    ['one twice', (now) => [`${now + 1} one`, `${now + 1} one`, `${now + 3} three`]],
    ['a change without a number', (now) => [`${now + 1} one`, 'two', `${now + 3} three`]],
    ['a number without a change', (now) => [`${now + 1} one`, `${now + 2} `, `${now + 3} three`]],
    ['a number by itself', (now) => [`${now + 1} one`, `${now + 2}`, `${now + 3} three`]],
    ['a number that goes on', (now) => [`${now + 1} one`, `${now + 2}7 two`, `${now + 3} three`]],
    ['a number spelled otherwise', (now) => [`${now + 1} one`, `0${now + 2} two`, `${now + 3} three`]],
    ['nothing that is ours', () => ['', '\0', '{"t":1}']],
  ])('is unknown with %s', async (_, elements) => {
    const { now, changes, write } = await filled();
    for (const change of ['one', 'two', 'three']) await write(change);
    expect(await changes(now)).toEqual(['one', 'two', 'three']);
    await server.admin.unlink(journal);
    await server.admin.rpush(journal, ...elements(now));
    expect(await changes(now)).toBeUndefined();
  });

  it('is unknown once it alone was evicted, until its next change', async () => {
    const { now, changes, write } = await filled();
    await write('one');
    await server.admin.unlink(journal);
    expect(await changes(now)).toBeUndefined();
    await write('two');
    expect(await changes(now)).toBeUndefined();
    expect(await changes(now + 1)).toEqual(['two']);
  });

  it('says nothing of a clock that was evicted without it', async () => {
    const { store, now, changes, write } = await filled();
    await write('one');
    await server.admin.unlink(record);
    const { clocks } = await store.touch([{ clock, rows: ['1'] }], LONG);
    expect(await changes(now)).toBeUndefined();
    await write('two');
    expect(await changes(now)).toBeUndefined();
    expect(await changes(clocks[0]!.now - 1)).toBeUndefined();
    expect(await changes(clocks[0]!.now)).toEqual(['two']);
  });

  it('has the change of whatever was stored before it, whoever has lengthened its clock since', async () => {
    const { store, changes, write } = await filled();
    await server.admin.pexpire(record, 100);
    await write('one');
    const { now } = (await store.touch([{ clock, rows: ['1'] }], LONG)).clocks[0]!;
    await vi.waitFor(async () => expect(await server.admin.exists(journal)).toBe(0));
    await write('two');
    expect(await changes(now)).toEqual(['two']);
    expect(await server.admin.pttl(journal)).toBeGreaterThan(LONG - 5_000);
  });

  it('is unknown while its record is none', async () => {
    const { now, since, write } = await filled();
    await write('one');
    for (const text of ['abc', `${now + 1}`, `${now + 1} x`, `0${now + 1} ${now}`]) {
      await server.admin.set(record, text, 'KEEPTTL');
      expect(await since(now)).toMatchObject({ held: true, changes: undefined });
    }
    await server.admin.set(record, `${now + 1} ${now}`, 'KEEPTTL');
    expect((await since(now)).changes).toEqual(['one']);
  });

  it('counts exactly up to the largest number that has a next one', async () => {
    const { changes, write } = await filled();
    const first = Number.MAX_SAFE_INTEGER - 5;
    await server.admin.set(record, `${first} ${first}`, 'KEEPTTL');
    for (let i = 1; i <= 5; i++) {
      await write(`change ${i}`);
      for (let asOf = first; asOf <= first + i; asOf++)
        expect(await changes(asOf)).toEqual(
          Array.from({ length: first + i - asOf }, (_, n) => `change ${asOf - first + n + 1}`),
        );
    }
    await expect(write('too much')).rejects.toThrow(/somebody else has written/);
    expect(await server.admin.llen(journal)).toBe(5);
  });

  it('keeps no write from a full server', async () => {
    const { now, changes, write } = await filled();
    await server.admin.config('SET', 'maxmemory', '1');
    try {
      await write('one');
    } finally {
      await server.admin.config('SET', 'maxmemory', '0');
    }
    expect(await changes(now)).toEqual(['one']);
  });

  it('goes on after the server forgot the scripts', async () => {
    const { now, changes, write } = await filled();
    for (const change of ['one', 'two']) {
      await server.admin.script('FLUSH');
      await write(change);
    }
    await server.admin.script('FLUSH');
    expect(await changes(now)).toEqual(['one', 'two']);
  });

  describe.each([
    ['LTRIM', ['~*', '+@all', '-ltrim']],
    ['RPUSH', ['~*', '+@all', '-rpush']],
    ['LRANGE', ['~*', '+@all', '-lrange']],
    ['go to its key', ['~app:*', '~qscache:{*', '+@all']],
  ])('of a user who may not %s', (_, rules) => {
    it('is unknown, and the clock goes on', async () => {
      await server.admin.acl('SETUSER', 'limited', 'reset', 'on', '>secret', ...rules);
      const { store, now, since } = await filled(storeOf({ username: 'limited', password: 'secret' }));
      await store.put('a', 'text', LONG);
      for (let i = 1; i <= 2; i++) {
        await store.advance([{ clock, rows: ['1'], change: 'a change' }]);
        expect(await since(now)).toMatchObject({ now: now + i, rows: [now + i], held: false, changes: undefined });
      }
      const { entries } = await store.read(['a'], [{ clock, rows: [], since: now }]);
      expect(entries).toEqual(['text']);
      // Nobody fills what nobody cuts.
      expect(await server.admin.llen(journal)).toBe(rules.includes('-lrange') ? 2 : 0);
    });
  });

  it('is nothing that a process is told of', async () => {
    const { store, now, changes } = await filled();
    const listener = new Redis(server.port);
    onTestFinished(() => listener.disconnect());
    const told: string[] = [];
    listener.on('message', (_, keys: string) => void told.push(...keys.split(',')));
    const id = await listener.client('ID');
    await listener.subscribe('__redis__:invalidate');
    const tracked = new Redis(server.port);
    onTestFinished(() => tracked.disconnect());
    await tracked.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', id, 'BCAST', 'PREFIX', clockKeys.prefix);
    await store.advance([{ clock, rows: ['1'], change: 'one' }]);
    const last = clockKeys.clock('last');
    await server.admin.set(last, '1 1');
    await vi.waitUntil(() => told.includes(last), { timeout: 10_000 });
    expect(told.toSorted()).toEqual([last, record, clockKeys.row(clock, '1')].toSorted());
    expect(await changes(now)).toEqual(['one']);
  });

  describe('replaces an entry', () => {
    const known = 'how it begins, ';

    it('in one step, for the rest of its life', async () => {
      const { store } = await filled();
      await store.put('a', `${known}and goes on`, 5_000);
      await store.replace('a', known, 'another one');
      expect(await callsOf(() => store.replace('a', known, 'a third one'))).toEqual({ evalsha: 1, getrange: 1 });
      expect(await server.admin.get('app:a')).toBe('another one');
      expect(await server.admin.pttl('app:a')).toBeLessThanOrEqual(5_000);
      expect(await server.admin.pttl('app:a')).toBeGreaterThan(0);
    });

    it('not where there is none, or one of another type', async () => {
      const { store } = await filled();
      await server.admin.hset('app:hash', { id: '1' });
      for (const mark of [known, '']) {
        for (const key of ['none', 'hash']) await store.replace(key, mark, 'text');
      }
      expect(await server.admin.exists('app:none')).toBe(0);
      expect(await server.admin.type('app:hash')).toBe('hash');
    });
  });
});
