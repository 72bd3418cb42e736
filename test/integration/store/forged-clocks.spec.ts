import { createCache } from 'cache-manager';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { selectStore } from '../../../lib/store/select-store.js';
import { clockKeys } from '../../../lib/store/clock-keys.js';
import { Example } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { sqljs } from '../../fixtures/sqljs.js';
import { exampleApp } from '../../support/example-app.js';
import { nameOf, rawRedis } from '../../support/raw-redis.js';
import { describeWith } from '../../support/services.js';

const LONG = 60_000;

/** What no server of ours could have counted to, nor count on from. */
const noNumbers = ['abc', '', '1e15', '0x10', ' 12', '12abc', '007', '-5', '1.5', '9007199254740993', '1'.repeat(21)];

describeWith('redis', 'A clock that somebody else wrote', (url) => {
  async function setUp(budgetMs = 1_000) {
    const redis = rawRedis(url);
    const { store } = selectStore({ cache: createCache(), redis, budgetMs });
    onTestFinished(() => store.close());
    const clock = `forged-${randomUUID()}`;
    const key = clockKeys.clock(clock);
    const row = clockKeys.row(clock, '1');
    onTestFinished(() => void redis.unlink(key, row));
    const state = async () => (await store.read([], [{ clock, rows: ['1'] }])).clocks[0]!;
    const forge = (now: string | number, unknown = now) => redis.set(key, `${now} ${unknown}`, 'KEEPTTL');
    return { redis, store, clock, key, row, state, forge };
  }

  it.each(noNumbers)('as %j is held, and so is a table with such a row', async (value) => {
    const { redis, row, state, forge } = await setUp();
    const { now } = await state();
    for (const [forged, unknown] of [
      [value, now],
      [now, value],
    ] as const) {
      await forge(forged, unknown);
      expect((await state()).held).toBe(true);
      await forge(now);
      expect((await state()).held).toBe(false);
    }
    await redis.set(row, value, 'KEEPTTL');
    expect((await state()).held).toBe(true);
  });

  it('and cannot advance leaves a write its hold, which blocks in its place', async () => {
    const { redis, store, clock, key, state } = await setUp(100);
    const { now } = await state();
    await store.hold([clock], 'writer', LONG);
    const held = (await redis.get(key))!;
    await redis.set(key, held.replace(String(now), 'abc'), 'KEEPTTL');
    await expect(store.advance([{ clock, rows: ['1'] }], 'writer')).rejects.toThrow(/somebody else has written/);
    expect(await redis.get(key)).toBe(held.replace(String(now), 'abc'));
    await redis.set(key, held, 'KEEPTTL');
    await wait(120);
    expect((await state()).held).toBe(true);
    await store.advance([{ clock, rows: ['1'] }], 'writer');
    expect(await state()).toMatchObject({ now: now + 1, rows: [now + 1], held: false });
  });

  it('and cannot advance leaves the hold of a dead writer to whoever finds it right again', async () => {
    const { redis, store, clock, key, state } = await setUp();
    const { now } = await state();
    await store.hold([clock], 'dead', 1);
    await wait(20);
    const held = (await redis.get(key))!;
    await redis.set(key, held.replace(String(now), 'abc'), 'KEEPTTL');
    expect((await state()).held).toBe(true);
    await redis.set(key, held, 'KEEPTTL');
    expect(await state()).toMatchObject({ now: now + 1, unknown: now + 1, held: false });
    expect(await redis.get(key)).toBe(`${now + 1} ${now + 1}`);
  });

  it.each(['12345 12345 h:w:1:2;', '12345 12345 h:w:1;', '12345 12345 h:w:1:2:0;x;', '12345 12345 k: h;'])(
    'as the record %j, with holds that are none, is held',
    async (record) => {
      const { redis, key, state } = await setUp();
      await redis.set(key, record, 'PX', LONG);
      expect((await state()).held).toBe(true);
      expect(await redis.get(key)).toBe(record);
    },
  );

  it.each(['', 'text', '1 2 3', '-', '- 5', '5 -', '{"t":1}'])(
    'as the record %j is held, and nobody changes it',
    async (record) => {
      const { redis, store, clock, key, state } = await setUp();
      await redis.set(key, record, 'PX', LONG);
      expect((await state()).held).toBe(true);
      const { clocks } = await store.touch([{ clock, rows: ['1'], key: 'id' }], LONG);
      expect(clocks[0]!.held).toBe(true);
      for (const attempt of [
        store.hold([clock], 'w', LONG),
        store.release([clock], 'w'),
        store.advance([{ clock, rows: 'unknown' }]),
      ]) {
        await expect(attempt).rejects.toThrow(/somebody else has written/);
      }
      expect(await redis.get(key)).toBe(record);
    },
  );

  describe('under an application', () => {
    async function withEntry() {
      const app = await exampleApp(sqljs, { store: 'ioredis-yet', redisUrl: url });
      const examples = app.get(PlainExampleCacheManager);
      const redis = rawRedis(url);
      await examples.get(1);
      await app.settled();
      const text = (await redis.get(await nameOf(redis, examples.getDetailCacheKey(1))))!;
      const dependencies = (JSON.parse(text.slice(0, text.indexOf('\n'))) as unknown[])[5] as [string][];
      const clocks = dependencies.map(([clock]) => clockKeys.clock(clock));
      return { ...app, examples, redis, clocks };
    }

    it('makes its clock a miss that fills nothing, and no read or write fails', async () => {
      const { examples, redis, clocks, events, settled, statements, dataSource } = await withEntry();
      for (const clock of clocks) {
        const before = (await redis.get(clock))!;
        for (const value of ['abc', '1'.repeat(20)]) {
          await redis.set(clock, before.replace(/^\d+/, value), 'KEEPTTL');
          events.splice(0);
          await statements.expect(1, () => examples.get(1));
          await statements.expect(1, () => examples.all());
          await settled();
          expect(events.filter(({ name }) => name === 'entry:filled')).toEqual([]);
          expect(events).toContainEqual(expect.objectContaining({ name: 'entry:missed', reason: 'held' }));
        }
        await redis.set(clock, before, 'KEEPTTL');
        await statements.expect(0, () => examples.get(1));
      }
      await redis.set(clocks[0]!, 'abc', 'KEEPTTL');
      await dataSource.getRepository(Example).update(1, { title: 'new' });
      expect((await examples.get(1)).title).toBe('new');
    });

    it('set back to the past makes a miss of what was loaded after', async () => {
      const { examples, redis, clocks, statements } = await withEntry();
      for (const clock of clocks) {
        const before = (await redis.get(clock))!;
        const past = String(Number(/^\d+/.exec(before)![0]) - 1_000);
        await redis.set(clock, before.replace(/^\d+ \d+/, `${past} ${past}`), 'KEEPTTL');
        await statements.expect(1, () => examples.get(1));
        await redis.set(clock, before, 'KEEPTTL');
      }
    });
  });
});
