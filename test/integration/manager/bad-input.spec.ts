import { CACHE_MANAGER } from '@nestjs/cache-manager';
import type { Cache } from 'cache-manager';
import { randomUUID } from 'node:crypto';
import { QueryFailedError } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { Example } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager, PlainExampleCacheManager } from '../../fixtures/managers.js';
import { sqljs } from '../../fixtures/sqljs.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { nameOf, rawRedis } from '../../support/raw-redis.js';
import { describeWith } from '../../support/services.js';
import { NOTHING_KEPT } from '../../support/test-app.js';
import type { TestApp } from '../../support/test-app.js';

/** What may stand under one of our keys, made from what we wrote there. */
const values: [string, (entry: string) => unknown][] = [
  ['a text of somebody else', () => 'hello'],
  ['an empty text', () => ''],
  ['JSON of somebody else', () => '[{"id":1,"title":"forged"}]'],
  ['an entry cut in its header', (entry) => entry.slice(0, 20)],
  ['an entry cut behind its header', (entry) => entry.slice(0, entry.indexOf('\n'))],
  ['an entry cut in its payload', (entry) => entry.slice(0, -3)],
  ['an entry with one character changed', (entry) => entry.replace(/.(?=.{5}$)/s, (c) => (c === '1' ? '2' : '1'))],
  ['an entry with a text added', (entry) => `${entry}x`],
  ['an entry of another version', (entry) => entry.replace(/qs\d+/, 'qs0')],
  ['an entry with dependencies of no kind', (entry) => entry.replace(/\[\[.*\]\],(\d+,\d+)\]\n/, 'null,$1]\n')],
  ['an entry with a number for a table', (entry) => entry.replace(/\[\[.*\]\],(\d+,\d+)\]\n/, '[7],$1]\n')],
  ['a huge text', () => 'x'.repeat(4_000_000)],
  ['null bytes', () => '\0\0\0'],
];

const objects: [string, () => unknown][] = [
  ['an object', () => ({ id: 1 })],
  ['an array', () => [1]],
  ['a number', () => 7],
  ['true', () => true],
];

async function expectRecovery(
  { get, statements, events, settled }: TestApp,
  write: (key: string, change: (entry: string) => unknown) => Promise<void>,
  value: (entry: string) => unknown,
): Promise<void> {
  const examples = get(ExampleCacheManager);
  for (const [key, read] of [
    [examples.getCacheKey(), () => examples.all().then((found) => found[0]!)],
    [examples.getDetailCacheKey(1), () => examples.get(1)],
  ] as [string, () => Promise<Example>][]) {
    await read();
    await settled();
    await write(key, value);
    events.splice(0);
    const one = await statements.expect(2, read);
    expect([one.title, one.user?.username, one.users.length]).toEqual(['one', 'ann', 2]);
    expect(events).toContainEqual(expect.objectContaining({ name: 'entry:missed', key }));
    await statements.expect(0, read);
  }
}

describe('What is not ours under one of our keys, in memory', () => {
  it.each([...values, ...objects])('is a miss and is replaced: %s', async (_, value) => {
    const app = await exampleApp(sqljs, { options: NOTHING_KEPT });
    const cache = app.module.get<Cache>(CACHE_MANAGER, { strict: false });
    const write = async (key: string, change: (entry: string) => unknown) => {
      await cache.set(key, change((await cache.get<string>(key))!));
    };
    await expectRecovery(app, write, value);
  });
});

describeWith('redis', 'What is not ours under one of our keys, in Redis', (url) => {
  describe.each(['ioredis-yet', 'keyv-redis'] as const)('through %s', (store) => {
    it.each(values)('is a miss and is replaced: %s', async (_, value) => {
      const app = await exampleApp(sqljs, { store, redisUrl: url, options: NOTHING_KEPT });
      const redis = rawRedis(url);
      const write = async (key: string, change: (entry: string) => unknown) => {
        const name = await nameOf(redis, key);
        await redis.set(name, change((await redis.get(name))!) as string, 'PX', 60_000);
      };
      await expectRecovery(app, write, value);
    });

    it('is a miss when it is no text at all, and is replaced', async () => {
      const app = await exampleApp(sqljs, { store, redisUrl: url, options: NOTHING_KEPT });
      const redis = rawRedis(url);
      const write = async (key: string) => {
        const name = await nameOf(redis, key);
        await redis.del(name);
        await redis.rpush(name, 'a list');
        await redis.pexpire(name, 60_000);
      };
      await expectRecovery(app, write, () => undefined);
    });
  });
});

describeDatabases('A failure of the database', (database) => {
  it('is the error of the database, never "not found"', async () => {
    const { get, dataSource, events } = await exampleApp(database);
    const examples = get(PlainExampleCacheManager);
    await examples.get(1);
    await dataSource.query('ALTER TABLE example RENAME TO gone');
    const reads: (() => PromiseLike<unknown>)[] = [
      () => examples.get(2),
      () => examples.get(2, { raiseException: false }),
      () => examples.get('x', { where: { title: 'two' } }),
      () => examples.get('x', { where: { title: 'two' }, raiseException: false }),
      () => examples.getMany([2, 3]),
      () => examples.all(),
      () => examples.all().filter({ isActive: true }),
      () => examples.all().filter({ isActive: true }).count(),
      () => examples.all().filter({ isActive: true }).exists(),
      () => examples.all().filter({ isActive: true }).first(),
      () => examples.all().first(),
    ];
    for (const read of reads) await expect(read()).rejects.toThrow(QueryFailedError);
    // Everybody who waits for one load learns of its failure.
    const together = await Promise.allSettled(Array.from({ length: 5 }, () => examples.get(3)));
    expect(together.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
    await dataSource.query('ALTER TABLE gone RENAME TO example');
    expect((await examples.get(2)).title).toBe('two');
    expect(events.filter(({ name }) => name === 'store:failed')).toEqual([]);
  });
});

describe('Keys that could be taken for one another', () => {
  it('do not meet', async () => {
    const { get, statements } = await exampleApp(sqljs);
    const examples = get(PlainExampleCacheManager);
    const reads: [string, () => PromiseLike<Example | Example[] | null>][] = [
      ['get(a_b)', () => examples.get('a_b', { where: { title: 'one' } })],
      ['all(a_b)', () => examples.all({ suffix: 'a_b', where: { title: 'two' } })],
      ['get(a)', () => examples.get('a', { where: { title: 'three' } })],
      ['get(b)', () => examples.get('b', { where: { title: 'two' } })],
      ['all(a)', () => examples.all({ suffix: 'a', where: { title: 'one' } })],
      ['all()', () => examples.all()],
      ['get(a b)', () => examples.get('a b', { where: { title: 'one' } })],
      ['get(a%20b)', () => examples.get('a%20b', { where: { title: 'two' } })],
    ];
    const expected = new Map<string, string>();
    for (const [name, read] of reads) expected.set(name, JSON.stringify(await read()));
    for (const [name, read] of reads) expect([name, JSON.stringify(await read())]).toEqual([name, expected.get(name)]);

    await examples.get('a_b', { where: { title: 'one' } });
    await examples.clearCacheList('a');
    await examples.clearCacheList('b');
    await statements.expect(0, () => examples.get('a_b', { where: { title: 'one' } }));
  });

  it('keep the scopes of a manager apart: entries, lists and clears', async () => {
    class TenantCacheManager extends PlainExampleCacheManager {
      override cacheKey = 'tenant';
      override scope() {
        return tenant;
      }
    }
    let tenant: string | undefined;
    const { get, statements } = await exampleApp(sqljs, { managers: [TenantCacheManager] });
    const examples = get(TenantCacheManager);
    // The last is a scope like any other; without one is none.
    const tenants = ['a', 'b', 'a:tenant', 'a%3Ab', 'ä ~', randomUUID(), '', undefined];
    const keys = tenants.map((id) => {
      tenant = id;
      return examples.getCacheKey();
    });
    expect(new Set(keys).size).toBe(tenants.length);
    for (tenant of tenants) {
      await statements.expect(1, () => examples.all());
      await statements.expect(1, () => examples.get(1));
      await statements.expect(1, () => examples.all({ suffix: 'x', where: { id: 1 } }));
    }
    // clearCache() tells of rows that are in everybody's entries.
    for (const clear of [() => examples.clearCacheList(), () => examples.clearCacheDetail()]) {
      tenant = 'a';
      await clear();
      for (tenant of tenants.slice(1)) {
        await statements.expect(0, () => examples.all());
        await statements.expect(0, () => examples.get(1));
        await statements.expect(0, () => examples.all({ suffix: 'x', where: { id: 1 } }));
      }
    }
    tenant = 'a';
    await statements.expect(1, () => examples.all());
    await statements.expect(1, () => examples.get(1));
  });
});
