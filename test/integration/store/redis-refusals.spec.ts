import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { StoreError } from '../../../lib/errors.js';
import { connectRedis } from '../../../lib/store/connect-redis.js';
import { COMMANDS } from '../../../lib/store/redis-trouble.js';
import { RedisStore } from '../../../lib/store/redis.store.js';
import { uniqueNamespace } from '../../contract/redis-stores.js';
import { describeWithRedisServers, RedisServer } from '../../support/redis-server.js';

const LONG = 60_000;
const user = [{ clock: 'user', rows: ['1'] }];

describeWithRedisServers('RedisStore over a server that lost or refuses something', () => {
  let server: RedisServer;
  let client: Redis;
  let store: RedisStore;

  beforeAll(async () => {
    server = await RedisServer.start();
    client = new Redis(server.port, { retryStrategy: () => 20 });
    client.on('error', () => undefined);
  });
  beforeEach(() => {
    const namespace = uniqueNamespace();
    store = new RedisStore(connectRedis(client), { budgetMs: 2000, entryKey: (key) => namespace + key });
  });
  afterAll(async () => {
    client.disconnect();
    await server.stop();
  });

  async function config(settings: Record<string, string>): Promise<void> {
    for (const [name, value] of Object.entries(settings)) await server.admin.config('SET', name, value);
  }

  it('starts another epoch when the server restarts, though it kept everything', async () => {
    await store.put('example', 'text', LONG);
    const before = await store.read(['example'], user);
    expect((await store.read([], user)).epoch).toBe(before.epoch);
    await server.restart();
    const after = await vi.waitFor(() => store.read(['example'], user), { timeout: 5000 });
    expect(after).toMatchObject({ entries: ['text'], clocks: before.clocks });
    expect(after.epoch).not.toBe(before.epoch);
  });

  it.each(['hold', 'advance'] as const)('that knows another password says so to whoever wants to %s', async (what) => {
    const stranger = new Redis(`redis://nobody:wrong@127.0.0.1:${server.port}`, { retryStrategy: () => 20 });
    onTestFinished(() => stranger.disconnect());
    stranger.on('error', () => undefined);
    const estranged = new RedisStore(connectRedis(stranger), { budgetMs: 200, entryKey: (key) => key });
    onTestFinished(() => estranged.close());
    await estranged.open().catch(() => undefined);
    for (let i = 0; i < 5; i++) {
      // Beyond what a dial that failed speaks for.
      await pause(10);
      const asking = what === 'hold' ? estranged.hold(['user'], 'w', LONG) : estranged.advance(user);
      await expect(asking).rejects.toMatchObject({ reason: 'unable', message: expect.stringContaining('WRONGPASS') });
    }
  });

  it('starts another epoch when a replica is promoted', async () => {
    const before = await store.read([], user);
    await server.admin.replicaof('127.0.0.1', 1);
    await server.admin.replicaof('NO', 'ONE');
    expect((await store.read([], user)).epoch).not.toBe(before.epoch);
  });

  describe.each([
    { state: 'full', error: /OOM/, on: { maxmemory: '1' }, off: { maxmemory: '0' } },
    {
      state: 'short of replicas',
      error: /NOREPLICAS/,
      on: { 'min-replicas-to-write': '1' },
      off: { 'min-replicas-to-write': '0' },
    },
  ])('that is $state', ({ error, on, off }) => {
    it('vouches for no entry, makes no clock and takes no hold', async () => {
      await store.put('example', 'text', LONG);
      await store.read(['example'], user);
      await config(on);
      try {
        await expect(store.read(['example'], user)).rejects.toThrow(error);
        await expect(store.read(['example'], user)).rejects.toBeInstanceOf(StoreError);
        await expect(store.touch(user, LONG)).rejects.toThrow(error);
        await expect(store.hold(['user'], 'w', LONG)).rejects.toThrow(error);
        await expect(store.put('example', 'text', LONG)).rejects.toThrow(error);
      } finally {
        await config(off);
      }
      expect((await store.read(['example'], user)).entries).toEqual(['text']);
    });
  });

  it('learns of a write although it is full', async () => {
    const { clocks } = await store.touch(user, LONG);
    await store.hold(['user'], 'w', LONG);
    await store.hold(['photo'], 'w', LONG);
    await config({ maxmemory: '1' });
    try {
      await store.release(['photo'], 'w');
      await store.advance([{ clock: 'user', rows: ['1'] }], 'w');
      await store.advance([{ clock: 'user', rows: 'unknown' }]);
    } finally {
      await config({ maxmemory: '0' });
    }
    const after = await store.read([], user);
    const { now } = clocks[0]!;
    expect(after.clocks[0]).toMatchObject({ now: now + 2, unknown: now + 2, rows: [now + 1] });
  });

  it('vouches for no entry as a replica', async () => {
    await store.put('example', 'text', LONG);
    await server.admin.replicaof('127.0.0.1', 1);
    try {
      await expect(store.read(['example'], user)).rejects.toThrow(/READONLY/);
      await expect(store.advance([{ clock: 'user', rows: [] }])).rejects.toThrow(/READONLY/);
    } finally {
      await server.admin.replicaof('NO', 'ONE');
    }
  });

  it('vouches for no entry while it cannot save', async () => {
    const broken = await RedisServer.start();
    const connected = new Redis(broken.port);
    try {
      const other = new RedisStore(connectRedis(connected), { budgetMs: 2000, entryKey: (key) => key });
      await other.read([], user);
      await broken.admin.config('SET', 'save', '3600 1');
      await rm(broken.directory, { recursive: true });
      await broken.admin.bgsave();
      await vi.waitFor(() => expect(other.read([], user)).rejects.toThrow(/MISCONF/), { timeout: 5000 });
    } finally {
      connected.disconnect();
      await broken.stop();
    }
  });

  it('goes on after the server forgot the scripts', async () => {
    const before = await store.read([], user);
    await server.admin.script('FLUSH');
    await store.advance([{ clock: 'user', rows: [] }]);
    await server.admin.script('FLUSH');
    const after = await store.read([], user);
    expect(after.clocks[0]!.now).toBe(before.clocks[0]!.now + 1);
  });

  it('rejects an advance when one of its tables failed, and advances the others', async () => {
    const other = new RedisStore(connectRedis(client), { budgetMs: 2000, entryKey: (key) => key });
    const { clocks } = await other.read([], user);
    await server.admin.hset('qscache:{broken}', { no: 'text' });
    const writes = ['broken', 'user'].map((clock) => ({ clock, rows: [] }));
    await expect(other.advance(writes)).rejects.toThrow(/WRONGTYPE/);
    expect((await other.read([], user)).clocks[0]!.now).toBe(clocks[0]!.now + 1);
  });

  describe('asked whether it can be used', () => {
    it('has nothing to say of a good server', async () => {
      expect(await store.check()).toBeUndefined();
    });

    it.each([
      { denied: '-@scripting', says: /EVALSHA/ },
      { denied: '-info', says: /INFO/ },
      { denied: '-set', says: /SET/ },
    ])('says what a user with $denied lacks', async ({ denied, says }) => {
      await server.admin.acl('SETUSER', 'limited', 'reset', 'on', '>secret', '~*', '+@all', denied);
      const limited = new Redis(server.port, { username: 'limited', password: 'secret', enableReadyCheck: false });
      try {
        const other = new RedisStore(connectRedis(limited), { budgetMs: 2000, entryKey: (key) => key });
        const problem = await other.check();
        expect(problem).toMatch(/no permissions|can't run/);
        expect(problem).toMatch(says);
      } finally {
        limited.disconnect();
      }
    });

    it('names the commands that it needs, and no other one', async () => {
      const allowed = COMMANDS.toLowerCase().split(/, | and /);
      const client = ['client', 'select', 'hello', 'auth'];
      // Everything that a store is asked.
      const isRefused = async (commands: readonly string[]): Promise<boolean> => {
        const rules = [...commands, ...client].map((command) => `+${command}`);
        await server.admin.acl('SETUSER', 'limited', 'reset', 'on', '>secret', '~*', '-@all', ...rules);
        await server.admin.script('FLUSH');
        await server.admin.del('qscache:{user}');
        const limited = new Redis(server.port, { username: 'limited', password: 'secret', enableReadyCheck: false });
        limited.on('error', () => undefined);
        const other = new RedisStore(connectRedis(limited), { budgetMs: 2000, entryKey: (key) => key });
        try {
          if ((await other.check()) !== undefined) return true;
          await other.put('long', `long, ${'x'.repeat(20_000)}`, LONG);
          await other.read(['long', 'short'], [{ clock: 'user', rows: ['1'] }], undefined, ['long, ', undefined]);
          await other.touch([{ clock: 'user', rows: ['1'] }], LONG);
          await other.hold(['user'], 'one', LONG);
          await other.release(['user'], 'one');
          await other.remove(['long']);
          return false;
        } catch {
          return true;
        } finally {
          await other.close();
          limited.disconnect();
        }
      };
      expect(await isRefused(allowed)).toBe(false);
      // Without GETRANGE a long text that is in hand is sent again.
      for (const command of allowed.filter((each) => each !== 'getrange')) {
        const others = allowed.filter((each) => each !== command);
        expect([command, await isRefused(others)]).toEqual([command, true]);
      }
    });

    it('names the version of a server that is too old', async () => {
      const old = { name: 'fake', isCluster: false, send: async () => ['# Server\r\nredis_version:6.2.14\r\n'] };
      const other = new RedisStore(old, { budgetMs: 2000, entryKey: (key) => key });
      expect(await other.check()).toMatch(/6\.2\.14.*nothing is cached.*Redis 7/);
    });
  });
});
