import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { formatEntry, parseEntry } from '../../../lib/cache/entry.js';
import { Example } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager } from '../../fixtures/managers.js';
import { sqljs } from '../../fixtures/sqljs.js';
import { exampleApp } from '../../support/example-app.js';
import { keysWith, nameOf, rawRedis } from '../../support/raw-redis.js';
import { describeWith } from '../../support/services.js';
import { NOTHING_KEPT } from '../../support/test-app.js';

type Listed = [table: string, asOf: unknown, rows?: unknown];
type Header = [
  format: unknown,
  name: unknown,
  kind: unknown,
  fingerprint: unknown,
  epoch: unknown,
  dependencies: unknown,
  freshUntil: unknown,
  checksum: unknown,
];

/** In the name of whatever a forged entry makes up. */
const mark = randomUUID();
const many = (count: number) => Array.from({ length: count }, (_, i) => `${mark}-${i}`);

const listed = (change: (...parts: Listed) => unknown) => (header: Header) => {
  header[5] = (header[5] as Listed[]).map((parts) => change(...parts));
  return header;
};
const alsoOn = (...more: unknown[]) => {
  return (header: Header) => header.with(5, [...(header[5] as Listed[]), ...more]);
};

/** Headers nobody of this library writes, made from one that is. */
const forgeries: [string, (header: Header) => unknown][] = [
  ['null', () => null],
  ['an object', () => ({ length: 8 })],
  ['nine parts', (header) => [...header, 1]],
  ['dependencies that are null', (header) => header.with(5, null)],
  ['dependencies that are an object', (header) => header.with(5, { length: 1 })],
  ['dependencies that are nested', (header) => header.with(5, [[header[5]]])],
  ['rows that are a text', listed((table, asOf) => [table, asOf, 'rows'])],
  ['rows that are a number', listed((table, asOf) => [table, asOf, 7])],
  ['rows that are an object', listed((table, asOf) => [table, asOf, { length: 1, 0: '1' }])],
  ['rows that are lists', listed((table, asOf) => [table, asOf, [['1', ['2']]]])],
  ['rows that are numbers', listed((table, asOf) => [table, asOf, [1]])],
  ['rows that are null', listed((table, asOf) => [table, asOf, [null]])],
  ['an as-of that is a text', listed((table, _, ...rows) => [table, '9007199254740991', ...rows])],
  ['an as-of that is too large', listed((table, _, ...rows) => [table, 1e300, ...rows])],
  ['an as-of that is null', listed((table, _, ...rows) => [table, null, ...rows])],
  ['tables that are numbers', listed((_, ...dated) => [7, ...dated])],
  ['the table __proto__', alsoOn(['__proto__', Number.MAX_SAFE_INTEGER])],
  ['the table constructor', alsoOn(['constructor', Number.MAX_SAFE_INTEGER, ['toString']])],
  ['a table twice', (header) => alsoOn((header[5] as Listed[])[0])(header)],
  ['a hundred thousand rows', listed((table, asOf) => [table, asOf, many(100_000)])],
  ['one row more than a fill names', listed((table, asOf) => [table, asOf, many(33)])],
  ['a row with a name of two million characters', listed((table, asOf) => [table, asOf, [mark.repeat(60_000)]])],
  ['a table the manager does not read', alsoOn([mark, 1])],
  ['rows of a table the manager does not read', alsoOn([mark, 1, many(32)])],
  ['a thousand tables', alsoOn(...many(1_000).map((table) => [table, 1, ['1']]))],
];

describeWith('redis', 'An entry that somebody else wrote', (url) => {
  async function setUp() {
    const app = await exampleApp(sqljs, { store: 'ioredis-yet', redisUrl: url, options: NOTHING_KEPT });
    const examples = app.get(ExampleCacheManager);
    const redis = rawRedis(url);
    const read = async () => {
      const [one] = await examples.all();
      const [first] = await examples.getMany([1, 2]);
      return [one?.title, (await examples.get(1)).title, first?.title, first?.users.length];
    };
    const keys = [examples.getCacheKey(), examples.getDetailCacheKey(1), examples.getDetailCacheKey(2)];
    await read();
    await app.settled();
    return { ...app, examples, redis, read, keys };
  }

  async function forge(redis: Redis, keys: readonly string[], change: (header: Header) => unknown): Promise<void> {
    for (const key of keys) {
      const name = await nameOf(redis, key);
      const text = (await redis.get(name))!;
      const end = text.indexOf('\n');
      const header = JSON.stringify(change(JSON.parse(text.slice(0, end)) as Header));
      await redis.set(name, header + text.slice(end), 'PX', 60_000);
    }
  }

  it('is a hit when nothing of it is changed', async () => {
    const { redis, read, keys, statements } = await setUp();
    await forge(redis, keys, (header) => header);
    await statements.expect(0, read);
  });

  describe.each(forgeries)('with %s', (_, change) => {
    it('is a miss, makes no keys, and is replaced', async () => {
      const { redis, read, keys, statements, settled, events } = await setUp();
      await forge(redis, keys, change);
      events.splice(0);
      expect(await read()).toEqual(['one', 'one', 'one', 2]);
      await settled();
      for (const key of keys) expect(events).toContainEqual({ name: 'entry:missed', key, reason: 'foreign' });
      expect(events.filter(({ name }) => name === 'store:failed')).toEqual([]);
      expect(await keysWith(redis, mark)).toEqual([]);
      await statements.expect(0, read);
    });

    it('is in the way of no clear', async () => {
      const { redis, keys, examples, statements } = await setUp();
      await forge(redis, keys, change);
      await examples.clearCacheDetail(1);
      await statements.expect(2, () => examples.get(1));
      expect(await keysWith(redis, mark)).toEqual([]);
    });
  });

  it('or cut is a miss, is told of, and is replaced', async () => {
    const { redis, read, keys, events, settled, statements } = await setUp();
    for (const key of keys) {
      const name = await nameOf(redis, key);
      await redis.set(name, (await redis.get(name))!.slice(0, -4), 'PX', 60_000);
    }
    events.splice(0);
    expect(await read()).toEqual(['one', 'one', 'one', 2]);
    await settled();
    for (const key of keys) {
      const error = expect.objectContaining({ message: expect.stringContaining('does not match its checksum') });
      expect(events).toContainEqual({ name: 'entry:corrupt', key, error });
      expect(events).toContainEqual({ name: 'entry:missed', key, reason: 'foreign' });
    }
    await statements.expect(0, read);
  });

  it('and has no row is a miss, not a 404', async () => {
    const { redis, read, keys, events, settled } = await setUp();
    for (const key of keys.slice(1)) {
      const name = await nameOf(redis, key);
      const entry = parseEntry((await redis.get(name))!)!;
      await redis.set(name, formatEntry({ ...entry, payload: '[[0,[]]]' }), 'PX', 60_000);
    }
    events.splice(0);
    expect(await read()).toEqual(['one', 'one', 'one', 2]);
    await settled();
    expect(events).toContainEqual({ name: 'entry:missed', key: keys[1], reason: 'foreign' });
  });

  it('for all time to come is a miss', async () => {
    const { redis, read, keys, dataSource, settled } = await setUp();
    await forge(
      redis,
      keys,
      listed((table, _, ...rows) => [table, Number.MAX_SAFE_INTEGER, ...rows]),
    );
    await dataSource.getRepository(Example).update(1, { title: 'new' });
    expect(await read()).toEqual(['new', 'new', 'new', 2]);
    await settled();
  });
});
