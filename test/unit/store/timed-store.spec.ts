import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../lib/errors.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';
import { TimedStore } from '../../../lib/store/timed-store.js';
import { LocalCache } from '../../../lib/testing/local-cache.js';

const queries = [{ clock: 'example', rows: ['1'] }];
const clocks = [{ now: 1, unknown: 1, rows: [1], held: false }];

/** A store that answers so whatever it is asked. */
function storeThat(methods: Readonly<Record<string, () => unknown>>): TimedStore {
  return new TimedStore(Object.assign(new MemoryStore(new LocalCache(), { budgetMs: 100 }), methods), 100);
}

describe('A store that answers something else than it was asked', () => {
  it.each([
    ['nothing', undefined],
    ['an empty object', {}],
    ['no clocks', { epoch: 'one', clocks: [], entries: [undefined] }],
    ['no rows', { epoch: 'one', clocks: [{ ...clocks[0], rows: [] }], entries: [undefined] }],
    ['a clock that is none', { epoch: 'one', clocks: [null], entries: [undefined] }],
    ['no entries', { epoch: 'one', clocks }],
    ['too few entries', { epoch: 'one', clocks, entries: [] }],
  ])('is one that refuses: %s', async (_, answer) => {
    const store = storeThat({ read: async () => answer, touch: async () => answer });
    await expect(store.read(['key'], queries)).rejects.toMatchObject({
      name: StoreError.name,
      reason: 'refused',
      message: expect.stringMatching(
        /^memory answered something else than it was asked\. .*database\. Prove it/,
      ) as unknown,
    });
  });

  it.each([[undefined], [[]], [[null]]])('is one that refuses to touch clocks: %o', async (answer) => {
    const store = storeThat({ touch: async () => ({ epoch: 'one', clocks: answer }) });
    await expect(store.touch(queries, 1_000)).rejects.toMatchObject({ name: StoreError.name, reason: 'refused' });
  });

  it.each([[undefined], [[]]])('is one that refuses to lease: %o', async (answer) => {
    const store = storeThat({ lease: async () => answer });
    await expect(store.lease([{ key: 'key', name: 'query' }], 'a', 1_000)).rejects.toMatchObject({ reason: 'refused' });
  });

  it.each([[true], [null], [{}]])('has no problem to tell of where that is no text: %o', async (answer) => {
    expect(await storeThat({ check: async () => answer }).check()).toBeUndefined();
  });

  it.each<[string, unknown, number | undefined]>([
    ['no list', 'a change', 0],
    ['no texts', [1], 0],
    ['too few', [], 0],
    ['too many', ['one', 'two'], 0],
    ['something of a moment that has not come', [], 2],
    ['nothing of it as null', null, 0],
    ['what nobody has asked for', [], undefined],
  ])('is one that refuses: of what was changed it tells %s', async (_, changes, since) => {
    const answer = { epoch: 'one', clocks: [{ ...clocks[0], changes }], entries: [] };
    const asked = [{ ...queries[0]!, ...(since === undefined ? {} : { since }) }];
    await expect(storeThat({ read: async () => answer }).read([], asked)).rejects.toMatchObject({ reason: 'refused' });
  });

  it.each([
    [['one'], 0],
    [[], 1],
    [undefined, 0],
  ])('is taken at its word where it tells that %o was changed since %i', async (changes, since) => {
    const answer = { epoch: 'one', clocks: [{ ...clocks[0], changes }], entries: [] };
    expect(await storeThat({ read: async () => answer }).read([], [{ ...queries[0]!, since }])).toEqual(answer);
  });

  it('replaces entries within its budget', async () => {
    const store = storeThat({ replace: () => new Promise(() => undefined) });
    await expect(store.replace('key', 'mark', 'text')).rejects.toMatchObject({ name: StoreError.name, reason: 'late' });
  });

  it('is taken at its word where it answers what it was asked', async () => {
    const answer = { epoch: 'one', clocks, entries: [undefined] };
    expect(await storeThat({ read: async () => answer }).read(['key'], queries)).toEqual(answer);
  });
});
