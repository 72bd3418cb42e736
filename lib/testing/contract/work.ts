import type { CacheStore, Lease } from '../../store/cache-store.js';
import { oneOf, same } from './assertions.js';
import { LONG, SHORT, type It } from './under-test.js';

/** Who loads for all of them. */
export function work(it: It): void {
  const one = { key: 'example_1', name: 'query' };
  const two = { key: 'example_2', name: 'query' };
  const other = { key: 'example_1', name: 'another query' };

  it('is whose who asks first, in the order asked', async ({ store }) => {
    const first = await store.lease([two], 'a', LONG);
    same(
      first,
      ['mine'],
      'Work that nobody has is not given to who asks: each would wait for a load that nobody makes.',
    );
    oneOf(
      await store.lease([one, two, other], 'b', LONG),
      [['mine'], taken(store), ['mine']],
      'Leases do not come in the order of the work, or are told apart by less than its key and its name: readers would load what another process loads, or wait for what none does.',
    );
  });

  it('stays whose it is when they ask again', async ({ store }) => {
    await store.lease([one], 'a', LONG);
    const again = await store.lease([one], 'a', LONG);
    same(again, ['mine'], 'Who asks again for their own work does not get it: they would wait for themselves.');
    const others = await store.lease([one], 'b', LONG);
    oneOf(
      others,
      [taken(store)],
      'Work of one is given to another one as well: every process would make the same load.',
    );
  });

  it('is for the next one once it is given back, and once its time is over', async ({ store, elapse }) => {
    await store.lease([one, two], 'a', LONG);
    await store.endLease([one, two], 'a');
    const next = await store.lease([one], 'b', SHORT + 0.5);
    same(next, ['mine'], 'Work that was given back stays leased: the next reader would wait for nobody.');
    await elapse(SHORT + 40);
    const last = await store.lease([one, two], 'c', LONG);
    same(last, ['mine', 'mine'], 'A lease outlives its time: readers would wait for a process that is dead.');
  });

  it('of somebody else is not given back', async ({ store }) => {
    await store.lease([one], 'a', LONG);
    await store.endLease([one, two], 'b');
    await store.endLease([one, two], 'b', LONG);
    oneOf(
      await store.lease([one, two], 'c', LONG),
      [taken(store), ['mine']],
      'endLease ends a lease of another id, or makes free what its caller never had: a late one would take work from whoever does it.',
    );
  });

  it('is free for a while where it is given back so, and then for the next one', async ({ store, elapse }) => {
    const why =
      'Work that was given back with freeMs is not free for everybody meanwhile: what came of it could not be stored, so readers would wait for nothing, one after the other.';
    await store.lease([one], 'a', LONG);
    await store.endLease([one], 'a', SHORT);
    oneOf(await store.lease([one], 'a', LONG), [free(store)], why);
    oneOf(await store.lease([one], 'b', LONG), [free(store)], why);
    await elapse(SHORT + 40);
    const next = await store.lease([one], 'b', LONG);
    same(next, ['mine'], 'Work stays free for longer than freeMs: every process would make the same load.');
  });

  it('may be none at all', async ({ store }) => {
    same(await store.lease([], 'a', LONG), [], 'No work is not answered by no lease.');
    await store.endLease([], 'a');
  });
}

/** A store that is one process's own may give work to everybody: that process makes equal loads once anyway. */
const taken = ({ reach }: CacheStore): Lease[] => (reach === 'process' ? ['mine', 'taken'] : ['taken']);
const free = ({ reach }: CacheStore): Lease[] => (reach === 'process' ? ['mine', 'free'] : ['free']);
