import type { ClockQuery } from '../../store/cache-store.js';
import { above, differs, same, shows } from './assertions.js';
import { LONG, type It } from './under-test.js';

/** What writes do to clocks. */
export function clocks(it: It): void {
  const UNMOVED = 'A clock changes although nothing was written: entries that are true would be misses.';
  const UNCOUNTED =
    'A write is not counted exactly once, on the clocks it concerns and on no other: entries it made stale would stay valid, or others be misses.';

  it('are made by the first who asks, and start from the time in microseconds', async ({ clock }) => {
    const { now, unknown, rows, held } = await clock('user', ['1', '2']);
    above(
      now,
      1.7e15,
      'A new clock does not start from the time in microseconds: one that is lost could come back below what it showed.',
    );
    same(Number.isSafeInteger(now), true, 'A clock is no safe integer: the next write could leave it as it is.');
    same(
      { unknown, rows, held },
      { unknown: now, rows: [now, now], held: false },
      'What a new clock shows is not all the same: of what was written before it nothing is known, so all of it counts as written now.',
    );
  });

  it('stay as they are while nothing is written', async ({ clock, filled }) => {
    const first = await filled('user', ['1']);
    same(await clock('user', ['1']), first, UNMOVED);
    same(await filled('user', ['1']), first, UNMOVED);
  });

  it('of several tables come in the order of the queries, under one epoch', async ({ store }) => {
    const queries: ClockQuery[] = [
      { clock: 'user', rows: ['1', '2'] },
      { clock: 'company', rows: [] },
      { clock: 'photo', rows: ['x'] },
    ];
    const first = await store.touch(queries, LONG);
    await store.advance([{ clock: 'photo', rows: ['x'] }]);
    const second = await store.read([], queries);
    same(
      first.clocks.map(({ rows }) => rows.length),
      [2, 0, 1],
      'Clocks do not come in the order of the queries, each with its rows in their order: a reader would take those of another table.',
    );
    same(second.clocks.slice(0, 2), first.clocks.slice(0, 2), UNMOVED);
    same(second.clocks[2]!.rows[0], first.clocks[2]!.now + 1, UNCOUNTED);
    same(
      second.epoch,
      first.epoch,
      'The epoch changes although the store has lost nothing: every entry would be a miss.',
    );
    differs(
      first.epoch,
      '',
      'The epoch names no history: a store that has lost writes could not be told from one that has not.',
    );
  });

  it("of a written row follow the table's; those of others stay, and no write of unknown rows is counted", async ({
    store,
    clock,
    filled,
  }) => {
    const { now, unknown } = await filled('user', ['1', '2', '3']);
    await store.advance([{ clock: 'user', rows: ['1', '3'] }]);
    const after = await clock('user', ['1', '2', '3']);
    same(
      after,
      {
        now: now + 1,
        unknown,
        rows: [now + 1, now, now + 1],
        held: false,
      },
      "A write of known rows does not advance exactly its table's clock and theirs: entries that show them would stay valid, or those of other rows be misses.",
    );
  });

  it("of rows stay when the rows are unknown: the table's counts that for all of them", async ({
    store,
    clock,
    filled,
  }) => {
    const { now } = await filled('user', ['1']);
    await store.advance([{ clock: 'user', rows: 'unknown' }]);
    const after = await clock('user', ['1']);
    same(
      after,
      { now: now + 1, unknown: now + 1, rows: [now], held: false },
      'A write of unknown rows is not counted as one (`unknown` shows what the clock does after it): entries of whichever row was written would stay valid.',
    );
  });

  it("of an insert: only the table's advances", async ({ store, clock, filled }) => {
    const { now } = await filled('user', ['1']);
    await store.advance([{ clock: 'user', rows: 'new' }]);
    const after = await clock('user', ['1']);
    same(
      after,
      { now: now + 1, unknown: now, rows: [now], held: false },
      "An insert does not advance its table's clock and nothing else: lists would stay valid without the new row, or every detail be a miss.",
    );
  });

  it('of rows come with the first who asks: what is written to others later is not theirs', async ({
    store,
    clock,
    filled,
  }) => {
    const { now } = await clock('user', ['1']);
    await store.advance([{ clock: 'user', rows: ['2'] }]);
    const why =
      'The clock of a row is not made by the first who asks, or not kept: writes to other rows of its table would overtake its load.';
    shows(await clock('user', ['1']), { now: now + 1, rows: [now] }, why);
    shows(await filled('user', ['1']), { now: now + 1, rows: [now] }, why);
  });

  it("of a row that has none show what the table's does", async ({ store, clock }) => {
    const { now } = await clock('user');
    await store.advance([{ clock: 'user', rows: ['1'] }]);
    await store.advance([{ clock: 'user', rows: 'new' }]);
    same(
      (await clock('user', ['1'])).rows,
      [now + 2],
      "A row without a clock does not show what its table's does: a write to it before would not be seen.",
    );
  });

  it('of a table nobody cached stay absent when it is written', async ({ store, clock }) => {
    await store.advance([
      { clock: 'user', rows: 'unknown' },
      { clock: 'user', rows: ['1'] },
    ]);
    const { now, unknown, rows } = await clock('user', ['1']);
    const why =
      'A write makes a clock of a table nobody has cached, or less than a whole one: the store would fill with tables that nobody reads.';
    above(now, 1.7e15, why);
    same([unknown, rows[0]], [now, now], why);
  });

  it('of several tables advance in one call', async ({ store, clock }) => {
    const [user, company] = [await clock('user'), await clock('company')];
    await store.advance([
      { clock: 'user', rows: 'unknown' },
      { clock: 'company', rows: 'new' },
    ]);
    same((await clock('user')).unknown, user.now + 1, UNCOUNTED);
    same((await clock('company')).now, company.now + 1, UNCOUNTED);
  });

  it('count exactly', async ({ store, clock, filled }) => {
    const { now } = await filled('user', ['1']);
    for (let i = 1; i <= 20; i++) {
      await store.advance([{ clock: 'user', rows: ['1'] }]);
      const after = await clock('user', ['1']);
      same([after.now, after.rows[0]], [now + i, now + i], UNCOUNTED);
    }
  });

  it('of tables and rows with similar names are different clocks', async ({ store }) => {
    const names = ['a', '{a', 'a}', '{a}', 'a%7D', 'a:1', 'a}:1', 'A', 'ä'];
    const queries = names.map((clock) => ({ clock, rows: names }));
    const before = (await store.touch(queries, LONG)).clocks;
    for (const [i, clock] of names.entries()) await store.advance([{ clock, rows: [names[(i + 1) % names.length]!] }]);
    const after = (await store.read([], queries)).clocks;
    for (const [i, { now, unknown, rows }] of after.entries()) {
      const was = before[i]!;
      const why =
        'Tables or rows whose names are alike share a clock, or have none of their own: a write to one would be taken for one to the other, or for none.';
      same({ now, unknown }, { now: was.now + 1, unknown: was.now }, why);
      same(
        rows,
        names.map((_, j) => (j === (i + 1) % names.length ? was.now + 1 : was.now)),
        why,
      );
    }
  });
}
