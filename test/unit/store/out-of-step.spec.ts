import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../lib/errors.js';
import type { RedisConnection } from '../../../lib/store/redis-connection.js';
import { RedisStore } from '../../../lib/store/redis.store.js';

const queries = [
  { clock: 'a', rows: ['1', '2'] },
  { clock: 'b', rows: [] },
];
const a = ['5', '1', '0', '2', '3'];
const b = ['7', '1', '0'];

/** Replies that belong to something else: a proxy between, or a client, has lost count. */
describe('A connection whose replies are out of step', () => {
  const storeWith = (reply: unknown): RedisStore => {
    const connection: RedisConnection = { name: 'fake', isCluster: false, send: async () => [reply] };
    return new RedisStore(connection, { budgetMs: 1_000, entryKey: (key) => key });
  };

  it.each<[string, unknown]>([
    ['fewer clocks', ['epoch', a]],
    ['more clocks', ['epoch', a, b, b]],
    ['fewer rows', ['epoch', a.slice(0, 4), b]],
    ['more rows', ['epoch', a, [...b, '1']]],
    ['none of it', 'OK'],
    ['nothing', null],
  ])('has failed when it answers %s', async (_, reply) => {
    const store = storeWith(reply);
    await expect(store.read([], queries)).rejects.toBeInstanceOf(StoreError);
    await expect(store.touch(queries, 1_000)).rejects.toBeInstanceOf(StoreError);
  });

  it('is believed when it answers what it was asked', async () => {
    const { clocks } = await storeWith(['epoch', a, b]).read([], queries);
    expect(clocks).toEqual([
      { now: 5, unknown: 1, held: false, rows: [2, 3] },
      { now: 7, unknown: 1, held: false, rows: [] },
    ]);
  });
});
