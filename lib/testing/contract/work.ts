import type { CacheStore, Lease } from '../../store/cache-store.js';
import { same } from './assertions.js';
import { LONG, SHORT, type It } from './under-test.js';

/** Who loads for all of them. */
export function work(it: It): void {
  const one = { key: 'example_1', name: 'query' };
  const two = { key: 'example_2', name: 'query' };
  const other = { key: 'example_1', name: 'another query' };

  it('is whose who asks first, in the order asked', async ({ store }) => {
    same(await store.lease([two], 'a', LONG), ['mine']);
    same(await store.lease([one, two, other], 'b', LONG), ['mine', taken(store), 'mine']);
  });

  it('stays whose it is when they ask again', async ({ store }) => {
    await store.lease([one], 'a', LONG);
    same(await store.lease([one], 'a', LONG), ['mine']);
    same(await store.lease([one], 'b', LONG), [taken(store)]);
  });

  it('is for the next one once it is given back, and once its time is over', async ({ store, elapse }) => {
    await store.lease([one, two], 'a', LONG);
    await store.endLease([one, two], 'a');
    same(await store.lease([one], 'b', SHORT + 0.5), ['mine']);
    await elapse(SHORT + 40);
    same(await store.lease([one, two], 'c', LONG), ['mine', 'mine']);
  });

  it('of somebody else is not given back', async ({ store }) => {
    await store.lease([one], 'a', LONG);
    await store.endLease([one, two], 'b');
    await store.endLease([one, two], 'b', LONG);
    same(await store.lease([one, two], 'c', LONG), [taken(store), 'mine']);
  });

  it('is free for a while where it is given back so, and then for the next one', async ({ store, elapse }) => {
    await store.lease([one], 'a', LONG);
    await store.endLease([one], 'a', SHORT);
    same(await store.lease([one], 'a', LONG), [free(store)]);
    same(await store.lease([one], 'b', LONG), [free(store)]);
    await elapse(SHORT + 40);
    same(await store.lease([one], 'b', LONG), ['mine']);
  });

  it('may be none at all', async ({ store }) => {
    same(await store.lease([], 'a', LONG), []);
    await store.endLease([], 'a');
  });
}

/** Over a store that is one process's own nobody else is there to wait for. */
const taken = ({ reach }: CacheStore): Lease => (reach === 'process' ? 'mine' : 'taken');
const free = ({ reach }: CacheStore): Lease => (reach === 'process' ? 'mine' : 'free');
