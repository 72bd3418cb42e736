import { above, same, shows } from './assertions.js';
import { LONG, SHORT, type It } from './under-test.js';

/** What a store forgets may only make misses. */
export function lostClocks(it: It): void {
  const LOST =
    'A clock is lost, or changed, before the lifetime that a fill has asked for is over: entries that are true would be misses.';

  it('come back above anything they ever were', async ({ store, elapse, clock, filled }) => {
    const { now } = await filled('user', ['1'], SHORT);
    for (let i = 0; i < 5; i++) await store.advance([{ clock: 'user', rows: ['1'] }]);
    await elapse(SHORT + 40);
    const after = await clock('user', ['1']);
    above(
      after.now,
      now + 5,
      'A clock that was lost comes back below what it showed: entries that writes have made stale would be valid again.',
    );
    same(
      [after.unknown, after.rows[0]],
      [after.now, after.now],
      'What a new clock shows is not all the same: of what was written before it was lost nothing is known, so all of it counts as written now.',
    );
  });

  it("of a row show what the table's does", async ({ store, elapse, clock, filled }) => {
    const { now } = await filled('user');
    await filled('user', ['1'], SHORT);
    await store.advance([{ clock: 'user', rows: 'new' }]);
    await elapse(SHORT + 40);
    shows(
      await clock('user', ['1']),
      { unknown: now, rows: [now + 1] },
      "The clock of a row that was lost does not come back with what its table's shows: a write to the row that was forgotten with it would not be seen.",
    );
  });

  it('are not lost earlier because someone asked for a shorter life', async ({ store, elapse, clock, filled }) => {
    const { now } = await filled('user', ['1']);
    await store.touch([{ clock: 'user', rows: ['1'] }], 20);
    await clock('user', ['1']);
    await store.hold(['user'], 'w', 20);
    await store.release(['user'], 'w');
    await store.advance([{ clock: 'user', rows: ['1'] }]);
    await store.advance([{ clock: 'user', rows: 'new' }]);
    await elapse(SHORT);
    shows(await clock('user', ['1']), { now: now + 2, unknown: now, rows: [now + 1] }, LOST);
  });

  it('are kept as long as the latest fill asks for', async ({ store, elapse, clock, filled }) => {
    const { now } = await filled('user', ['1'], SHORT);
    await store.touch([{ clock: 'user', rows: ['1'] }], LONG);
    await store.advance([{ clock: 'user', rows: ['1'] }]);
    await store.advance([{ clock: 'user', rows: 'new' }]);
    await elapse(SHORT + 40);
    shows(await clock('user', ['1']), { now: now + 2, unknown: now, rows: [now + 1] }, LOST);
  });

  it('of a table that was only held live as long as the reader asks for', async ({ store, elapse, clock }) => {
    await store.hold(['user'], 'w', SHORT / 4);
    const { now } = await clock('user');
    await store.release(['user'], 'w');
    await store.advance([{ clock: 'user', rows: 'new' }]);
    await elapse(SHORT + 40);
    const why =
      'A clock that a reader made dies with a hold that was there before: a load under way would count as overtaken each time.';
    shows(await clock('user'), { now: now + 1, unknown: now }, why);
  });
}
