import { between, same, shows } from './assertions.js';
import { LONG, type It } from './under-test.js';

/** A write that speaks of rows by other names than a fill did. */
export function foreignRows(it: It): void {
  const byId = { clock: 'user', rows: ['1'], key: 'id' };
  const bySlug = { clock: 'user', rows: ['one'], key: 'slug' };

  const UNHEARD =
    'A write that names its rows by another key than a fill did does not count as one of unknown rows: an entry that knows the written row by its other name would stay valid.';
  const ROW = 'The clock of a row shows what no write to the table has made it.';

  it('are unknown to a write that names them by another key than a fill did', async ({ store, clock }) => {
    await store.touch([byId], LONG);
    const { clocks } = await store.touch([bySlug], LONG);
    const { now } = clocks[0]!;
    await store.advance([byId]);
    const { unknown, rows } = await clock('user', ['1', 'one']);
    same(unknown, now + 1, UNHEARD);
    // What is unknown stands for all rows, so that theirs may advance or not.
    for (const row of rows) between(row, now, now + 1, ROW);
    await store.advance([{ clock: 'user', rows: ['1'] }]);
    same((await clock('user')).unknown, now + 2, UNHEARD);
  });

  it('are known to a write that names them as all fills did', async ({ store, clock }) => {
    const { clocks } = await store.touch([byId, { clock: 'user', rows: [], key: 'slug' }], LONG);
    const { now, unknown } = clocks[0]!;
    await clock('user', ['one']);
    await store.advance([byId]);
    await store.advance([{ clock: 'user', rows: 'new', key: 'slug' }]);
    const after = await clock('user', ['1']);
    shows(
      after,
      { now: now + 2, unknown },
      'A write counts as one of unknown rows although it names its rows as every fill did that named rows at all (one without rows names none): it would make all entries of the table misses.',
    );
    between(
      after.rows[0],
      now + 1,
      now + 2,
      'The clock of a written row did not advance: entries that show it would stay valid.',
    );
  });

  it('are unknown to the writes before the first fill that names them so, also where they had clocks', async ({
    store,
    clock,
    filled,
  }) => {
    await filled('user', ['one']);
    const { now: asOf } = await clock('user', ['one']);
    await store.advance([byId]);
    const { clocks } = await store.touch([bySlug], LONG);
    shows(
      clocks[0],
      { now: asOf + 1, unknown: asOf + 1 },
      'The first fill that names rows by a key does not count the writes before it as ones of unknown rows: they did not know of such rows, so a load they overtook would be stored.',
    );
    between(clocks[0]?.rows[0], asOf, asOf + 1, ROW);
    const again = await store.touch([bySlug], LONG);
    same(
      again.clocks,
      clocks,
      'A second fill by the same key changes clocks: the entry of the first one would be a miss.',
    );
  });

  it('stay fillable where nothing was written meanwhile', async ({ store, clock }) => {
    const { now } = await clock('user', ['1', 'one']);
    for (const query of [byId, bySlug]) {
      const { clocks } = await store.touch([query], LONG);
      const why =
        'A fill that names rows by a new key counts as a write: nothing could be stored that two mappings read.';
      shows(clocks[0], { now, unknown: now }, why);
    }
  });
}
