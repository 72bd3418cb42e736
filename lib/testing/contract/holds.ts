import { same, shows } from './assertions.js';
import { BUDGET, LONG, SHORT, type It } from './under-test.js';

/** What stands in for a write that may be under way. */
export function holds(it: It): void {
  it('blocks nothing while it is younger than the budget', async ({ store, clock }) => {
    const before = await clock('user', ['1']);
    await store.hold(['user'], 'w', LONG);
    same(await clock('user', ['1']), { ...before, held: false });
  });

  it('makes its tables a miss once it is older, and no other table', async ({ store, elapse, clock }) => {
    const before = await clock('user', ['1']);
    await store.hold(['user', 'photo'], 'w', LONG);
    await elapse(BUDGET + 20);
    same(await clock('user', ['1']), { ...before, held: true });
    same((await clock('photo')).held, true);
    same((await clock('company')).held, false);
    const { clocks } = await store.touch([{ clock: 'user', rows: [] }], LONG);
    same(clocks[0]!.held, true);
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
    same(after, { now: now + 1, unknown: now + 1, rows: [now], held: false });
    same(await clock('user', ['1']), after);
  });

  it('of a write that may free keys makes one that may take them count as one of unknown rows', async ({
    store,
    clock,
    filled,
  }) => {
    await store.hold(['user'], 'frees', LONG, true);
    const { now } = await filled('user', ['1', '2']);
    await store.advance([{ clock: 'user', rows: ['2'] }]);
    shows(await clock('user', ['1', '2']), { unknown: now, rows: [now, now + 1] });
    await store.advance([{ clock: 'user', rows: ['2'], takesKeys: true }]);
    shows(await clock('user', ['1', '2']), { unknown: now + 2, rows: [now, now + 2] });
  });

  it('of a write that frees no keys, or of the write itself, leaves rows alone', async ({ store, clock, filled }) => {
    await store.hold(['user'], 'other', LONG, false);
    await store.hold(['user'], 'own', LONG, true);
    const { now } = await filled('user', ['1']);
    await store.advance([{ clock: 'user', rows: 'new', takesKeys: true }], 'own');
    shows(await clock('user', ['1']), { now: now + 1, unknown: now, rows: [now] });
  });

  it('that is renewed has another deadline, and blocks when it would have before', async ({ store, elapse, clock }) => {
    const before = await clock('user');
    await store.hold(['user'], 'w', 2 * BUDGET);
    await elapse(BUDGET + 20);
    await store.hold(['user'], 'w', 2 * BUDGET);
    same(await clock('user'), { ...before, held: true });
    await elapse(BUDGET + 20);
    same(await clock('user'), { ...before, held: true });
    await elapse(BUDGET);
    shows(await clock('user'), { now: before.now + 1, held: false });
  });

  it('that was lost with its clock is there again when it is renewed', async ({ store, elapse, clock }) => {
    await store.hold(['user'], 'w', SHORT / 4);
    await elapse(SHORT);
    await store.hold(['user'], 'w', LONG);
    await clock('user');
    await elapse(BUDGET + 20);
    same((await clock('user')).held, true);
  });

  it('that is released blocks nothing and advances nothing', async ({ store, elapse, clock }) => {
    const before = await clock('user');
    await store.hold(['user'], 'w', BUDGET + 60);
    await store.release(['user', 'photo'], 'w');
    await elapse(BUDGET + 80);
    same(await clock('user'), before);
  });

  it('is taken back by the advance that names it', async ({ store, elapse, clock }) => {
    const { now } = await clock('user');
    await store.hold(['user'], 'w', LONG);
    await store.advance([{ clock: 'user', rows: 'new' }], 'w');
    await elapse(BUDGET + 20);
    shows(await clock('user'), { now: now + 1, held: false });
  });

  it('is taken back by an advance of a table nobody cached', async ({ store, elapse, clock }) => {
    await store.hold(['user'], 'w', LONG);
    await store.advance([{ clock: 'user', rows: 'new' }], 'w');
    await elapse(BUDGET + 20);
    same((await clock('user')).held, false);
  });

  it('stays when another one is released or an advance does not name it', async ({ store, elapse, clock }) => {
    await clock('user');
    await store.hold(['user'], 'w1', LONG);
    await store.hold(['user'], 'w2', LONG);
    await store.release(['user'], 'w2');
    await store.advance([{ clock: 'user', rows: 'unknown' }]);
    await elapse(BUDGET + 20);
    same((await clock('user')).held, true);
  });

  it('does not make a clock: the first reader does, and sees it', async ({ store, elapse, clock }) => {
    await store.hold(['user'], 'w', LONG);
    const { now, unknown, held } = await clock('user');
    same([unknown, held], [now, false]);
    await elapse(BUDGET + 20);
    same(await clock('user'), { now, unknown, rows: [], held: true });
  });

  it('outlives the clock it came to', async ({ store, elapse, clock, filled }) => {
    await filled('user', [], SHORT);
    await store.hold(['user'], 'w', LONG);
    await elapse(BUDGET + 20);
    same((await clock('user')).held, true);
  });
}
