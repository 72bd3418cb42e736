import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../lib/errors.js';
import type { RedisConnection } from '../../../lib/store/redis-connection.js';
import { RedisStore } from '../../../lib/store/redis.store.js';

const queries = [
  { clock: 'a', rows: ['1', '2'] },
  { clock: 'b', rows: [] },
];
const clocks = ['5 1', '7 1 k:id', '2', '3'];

/** Replies that belong to something else: a proxy between, or a client, has lost count. */
describe('A connection whose replies are out of step', () => {
  const storeWith = (reply: unknown): RedisStore => {
    const connection: RedisConnection = { name: 'fake', isCluster: false, send: async () => [reply] };
    return new RedisStore(connection, { budgetMs: 1_000, entryKey: (key) => key });
  };

  it.each<[string, unknown]>([
    ['fewer clocks', [...clocks.slice(1), 'epoch', '']],
    ['more clocks', [...clocks, '4', 'epoch', '']],
    ['no epoch', [...clocks, null, '']],
    ['a number in the place of the epoch', [...clocks, 1, '']],
    ['nothing of holds', [...clocks, 'epoch']],
    ['none of it', 'OK'],
    ['nothing', null],
  ])('has failed when it answers %s', async (_, reply) => {
    const store = storeWith(reply);
    await expect(store.read([], queries)).rejects.toBeInstanceOf(StoreError);
    await expect(store.touch(queries, 1_000)).rejects.toBeInstanceOf(StoreError);
  });

  it('is believed when it answers what it was asked', async () => {
    const { clocks: read } = await storeWith([...clocks, 'epoch', '01']).read([], queries);
    expect(read).toEqual([
      { now: 5, unknown: 1, held: false, rows: [2, 3] },
      { now: 7, unknown: 1, held: true, rows: [] },
    ]);
  });

  it.each([null, 3, '', 'x', '-1', '1e3'])('counts a clock as held in whose place it answers %j', async (value) => {
    for (const place of [0, 2]) {
      const reply = [...clocks.with(place, value as string), 'epoch', ''];
      expect((await storeWith(reply).read([], queries)).clocks.map(({ held }) => held)).toEqual([true, false]);
    }
  });
});
