import { same, shows } from './assertions.js';
import { LONG, type It } from './under-test.js';

/** A write that speaks of rows by other names than a fill did. */
export function foreignRows(it: It): void {
  const byId = { clock: 'user', rows: ['1'], key: 'id' };
  const bySlug = { clock: 'user', rows: ['one'], key: 'slug' };

  it('are unknown to a write that names them by another key than a fill did', async ({ store, clock }) => {
    await store.touch([byId], LONG);
    const { clocks } = await store.touch([bySlug], LONG);
    const { now } = clocks[0]!;
    await store.advance([byId]);
    shows(await clock('user', ['1', 'one']), { unknown: now + 1, rows: [now + 1, now] });
    await store.advance([{ clock: 'user', rows: ['1'] }]);
    same((await clock('user')).unknown, now + 2);
  });

  it('are known to a write that names them as all fills did', async ({ store, clock }) => {
    const { clocks } = await store.touch([byId, { clock: 'user', rows: [], key: 'slug' }], LONG);
    const { now, unknown } = clocks[0]!;
    await clock('user', ['one']);
    await store.advance([byId]);
    await store.advance([{ clock: 'user', rows: 'new', key: 'slug' }]);
    shows(await clock('user', ['1']), { now: now + 2, unknown, rows: [now + 1] });
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
    shows(clocks[0], { now: asOf + 1, unknown: asOf + 1, rows: [asOf] });
    same((await store.touch([bySlug], LONG)).clocks, clocks);
  });

  it('stay fillable where nothing was written meanwhile', async ({ store, clock }) => {
    const { now } = await clock('user', ['1', 'one']);
    for (const query of [byId, bySlug]) {
      const { clocks } = await store.touch([query], LONG);
      shows(clocks[0], { now, unknown: now });
    }
  });
}
