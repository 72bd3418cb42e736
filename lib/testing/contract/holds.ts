import { between, same, shows } from './assertions.js';
import { BUDGET, LONG, SHORT, type It } from './under-test.js';

/** What stands in for a write that may be under way. */
export function holds(it: It): void {
  const UNHELD =
    'A hold that is older than the budget does not make exactly its tables `held`: what its writer has committed and not told yet would be hidden by old entries, or other tables be misses.';
  const BLOCKS = 'A hold blocks where it should not: what it covers would be a miss for every reader.';
  const UNRELEASED =
    'A hold that was taken back is still there: its table would be a miss until its deadline, or count a write that never was.';
  const UNSETTLED =
    'A hold past its deadline is not settled once by the next reader, as a write of unknown rows: a writer that died after its commit would leave stale entries valid, or a table a miss for ever.';

  it('blocks nothing while it is younger than the budget', async ({ store, clock }) => {
    const before = await clock('user', ['1']);
    await store.hold(['user'], 'w', LONG);
    same(await clock('user', ['1']), { ...before, held: false }, BLOCKS);
  });

  it('makes its tables a miss once it is older, and no other table', async ({ store, elapse, clock }) => {
    const before = await clock('user', ['1']);
    await store.hold(['user', 'photo'], 'w', LONG);
    await elapse(BUDGET + 20);
    same(await clock('user', ['1']), { ...before, held: true }, UNHELD);
    same((await clock('photo')).held, true, UNHELD);
    same((await clock('company')).held, false, UNHELD);
    const { clocks } = await store.touch([{ clock: 'user', rows: [] }], LONG);
    same(
      clocks[0]!.held,
      true,
      'touch() does not say that a clock is held: a load that read what its writer replaces would be stored.',
    );
  });

  it('past its deadline advances the clock once as a write of unknown rows, in the place of its writer', async ({
    store,
    elapse,
    clock,
    filled,
  }) => {
    const { now } = await filled('user', ['1']);
    await store.hold(['user'], 'w', SHORT);
    await elapse(SHORT + 20);
    const after = await clock('user', ['1']);
    same(after, { now: now + 1, unknown: now + 1, rows: [now], held: false }, UNSETTLED);
    same(await clock('user', ['1']), after, UNSETTLED);
  });

  it('of a write that may free keys makes one that may take them count as one of unknown rows', async ({
    store,
    clock,
    filled,
  }) => {
    await store.hold(['user'], 'frees', LONG, true);
    const { now } = await filled('user', ['1', '2']);
    await store.advance([{ clock: 'user', rows: ['2'] }]);
    const known =
      'A write that takes no key counts as one of unknown rows beside a hold that may free one, or does not advance its rows: all entries of the table would be misses, or those of the written row stay valid.';
    shows(await clock('user', ['1', '2']), { unknown: now, rows: [now, now + 1] }, known);
    await store.advance([{ clock: 'user', rows: ['2'], takesKeys: true }]);
    const { unknown, rows } = await clock('user', ['1', '2']);
    same(
      unknown,
      now + 2,
      'A write that may take a key does not count as one of unknown rows beside a hold that may free one: whoever looks the key up would be shown the row that had it.',
    );
    // What is unknown stands for all rows, so that theirs may advance or not.
    const [one, two] = rows;
    between(one, now, now + 2, 'The clock of a row shows what no write to its table has made it.');
    between(
      two,
      now + 1,
      now + 2,
      'The clock of a row shows less than after the last write to it: entries that show it would be valid again.',
    );
  });

  it('of a write that frees no keys, or of the write itself, leaves rows alone', async ({ store, clock, filled }) => {
    await store.hold(['user'], 'other', LONG, false);
    await store.hold(['user'], 'own', LONG, true);
    const { now } = await filled('user', ['1']);
    await store.advance([{ clock: 'user', rows: 'new', takesKeys: true }], 'own');
    shows(
      await clock('user', ['1']),
      { now: now + 1, unknown: now, rows: [now] },
      'A write that may take a key counts as one of unknown rows beside holds that free none, or its own: every such write would make all entries of the table misses.',
    );
  });

  it('that is renewed has another deadline, and blocks when it would have before', async ({ store, elapse, clock }) => {
    const before = await clock('user');
    await store.hold(['user'], 'w', 2 * BUDGET);
    await elapse(BUDGET + 20);
    await store.hold(['user'], 'w', 2 * BUDGET);
    const renewed =
      'A hold that is renewed begins anew to be young, or keeps its former deadline: a writer that renews it would block nobody, or count as dead.';
    same(await clock('user'), { ...before, held: true }, renewed);
    await elapse(BUDGET + 20);
    same(await clock('user'), { ...before, held: true }, renewed);
    await elapse(BUDGET);
    shows(await clock('user'), { now: before.now + 1, held: false }, UNSETTLED);
  });

  it('that was lost with its clock is there again when it is renewed', async ({ store, elapse, clock }) => {
    await store.hold(['user'], 'w', SHORT / 4);
    await elapse(SHORT);
    await store.hold(['user'], 'w', LONG);
    await clock('user');
    await elapse(BUDGET + 20);
    same(
      (await clock('user')).held,
      true,
      'A hold that was lost is not there again once it is renewed: its writer would hold nothing.',
    );
  });

  it('that is released blocks nothing and advances nothing', async ({ store, elapse, clock }) => {
    const before = await clock('user');
    await store.hold(['user'], 'w', BUDGET + 60);
    await store.release(['user', 'photo'], 'w');
    await elapse(BUDGET + 80);
    same(await clock('user'), before, UNRELEASED);
  });

  it('is taken back by the advance that names it', async ({ store, elapse, clock }) => {
    const { now } = await clock('user');
    await store.hold(['user'], 'w', LONG);
    await store.advance([{ clock: 'user', rows: 'new' }], 'w');
    await elapse(BUDGET + 20);
    shows(await clock('user'), { now: now + 1, held: false }, UNRELEASED);
  });

  it('is taken back by an advance of a table nobody cached', async ({ store, elapse, clock }) => {
    await store.hold(['user'], 'w', LONG);
    await store.advance([{ clock: 'user', rows: 'new' }], 'w');
    await elapse(BUDGET + 20);
    same((await clock('user')).held, false, UNRELEASED);
  });

  it('stays when another one is released or an advance does not name it', async ({ store, elapse, clock }) => {
    await clock('user');
    await store.hold(['user'], 'w1', LONG);
    await store.hold(['user'], 'w2', LONG);
    await store.release(['user'], 'w2');
    await store.advance([{ clock: 'user', rows: 'unknown' }]);
    await elapse(BUDGET + 20);
    same(
      (await clock('user')).held,
      true,
      'A hold goes with another one that is released, or with an advance that does not name it: its writer would hold nothing.',
    );
  });

  it('does not make a clock: the first reader does, and sees it', async ({ store, elapse, clock }) => {
    await store.hold(['user'], 'w', LONG);
    const { now, unknown, held } = await clock('user');
    same(
      [unknown, held],
      [now, false],
      'The first reader of a table that was only held gets no whole clock, or is blocked by a young hold.',
    );
    await elapse(BUDGET + 20);
    same(await clock('user'), { now, unknown, rows: [], held: true }, UNHELD);
  });

  it('outlives the clock it came to', async ({ store, elapse, clock, filled }) => {
    await filled('user', [], SHORT);
    await store.hold(['user'], 'w', LONG);
    await elapse(BUDGET + 20);
    same((await clock('user')).held, true, 'A hold dies with the clock it came to: its writer would hold nothing.');
  });
}
