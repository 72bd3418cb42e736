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

  it.each<[string, unknown]>([
    ['what a read is answered', [...clocks, 'epoch', '']],
    ['nothing of journals', [[...clocks, 'epoch', '']]],
    ['too few journals', [[...clocks, 'epoch', ''], [null]]],
    ['journals that are none', [[...clocks, 'epoch', ''], 'x']],
    [
      'fewer clocks',
      [
        [...clocks.slice(1), 'epoch', ''],
        [null, null],
      ],
    ],
    ['nothing', null],
  ])('has failed when it is asked for journals and answers %s', async (_, reply) => {
    const asked = queries.map((query) => ({ ...query, since: 5 }));
    await expect(storeWith(reply).read([], asked)).rejects.toBeInstanceOf(StoreError);
  });

  it.each([null, 'x', [], [1], [null], ['7'], ['7 a', '7 b'], { 0: '7 a', length: 1 }])(
    'knows no change where it answers %j for a journal',
    async (list) => {
      const asked = queries.map((query) => ({ ...query, since: 6 }));
      const { clocks: read } = await storeWith([
        [...clocks, 'epoch', ''],
        [list, list],
      ]).read([], asked);
      expect(read.map(({ changes }) => changes)).toEqual([undefined, undefined]);
    },
  );

  it('is believed when it answers what it was asked', async () => {
    const { clocks: read } = await storeWith([...clocks, 'epoch', '01']).read([], queries);
    expect(read).toEqual([
      { now: 5, unknown: 1, held: false, hasHold: false, rows: [2, 3] },
      { now: 7, unknown: 1, held: true, hasHold: false, rows: [] },
    ]);
  });

  it.each([null, 3, '', 'x', '-1', '1e3'])('counts a clock as held in whose place it answers %j', async (value) => {
    for (const place of [0, 2]) {
      const reply = [...clocks.with(place, value as string), 'epoch', ''];
      expect((await storeWith(reply).read([], queries)).clocks.map(({ held }) => held)).toEqual([true, false]);
    }
  });
});
