import type { DatedClock } from '../../store/cache-store.js';
import { oneOf, same } from './assertions.js';
import { BUDGET, LONG, SHORT, type It, type Subject } from './under-test.js';

/** Long enough to tell a text from any other one. */
const MARK = 64;

const text = (name: string) => name.padEnd(MARK, '.') + ' and what follows';
const markOf = (of: string) => of.slice(0, MARK);

/** What a reader has already. */
export function inHand(it: It): void {
  const REPLACED =
    'A text does not come back as it is, or as the beginning that its reader knows it by: a reader would take what it has in hand for what is stored, or be served nothing.';
  const VOUCHED =
    'vouchesFor() is true of an entry that `read` would show to be gone, or written since: it would be served without another question.';

  it('comes back whole, or as the beginning that is known, where the text begins so', async ({ store }) => {
    const [one, two] = [text('one'), text('two')];
    await store.put('a', one, LONG);
    await store.put('b', two, LONG);
    const known = [markOf(one), undefined, markOf(one)];
    const { entries } = await store.read(['a', 'b', 'c'], [{ clock: 'any', rows: [] }], undefined, known);
    oneOf(entries, [[one, markOf(one)], [two], [undefined]], REPLACED);
  });

  it('is not what another text begins with', async ({ store }) => {
    const [one, two] = [text('one'), text('two')];
    const read = async () =>
      (await store.read(['a', 'b'], [{ clock: 'any', rows: [] }], undefined, [markOf(one), markOf(one)])).entries;
    await store.put('a', one, LONG);
    await store.put('a', two, LONG);
    await store.put('b', 'one', LONG);
    same(await read(), [two, 'one'], REPLACED);
    await store.remove(['a', 'b']);
    same(await read(), [undefined, undefined], REPLACED);
  });

  it('comes with clocks that are asked anew', async ({ store, filled }) => {
    const { now } = await filled('user', ['1']);
    await store.put('a', text('one'), LONG);
    await store.advance([{ clock: 'user', rows: ['1'] }]);
    const { clocks } = await store.read(['a'], [{ clock: 'user', rows: ['1'] }], undefined, [markOf(text('one'))]);
    same(
      [clocks[0]!.now, clocks[0]!.rows[0]],
      [now + 1, now + 1],
      'Who has an entry in hand is told of other clocks than who has none: what a write has made stale would be valid.',
    );
  });

  it('is gone after the lifetime it was stored for', async ({ store, elapse }) => {
    const known = [markOf(text('one'))];
    await store.put('a', text('one'), SHORT);
    await elapse(SHORT + 40);
    same((await store.read(['a'], [], undefined, known)).entries, [undefined], REPLACED);
  });

  it('is replaced where the stored one begins so, for the rest of its lifetime, or not at all', async (subject) => {
    const { store, elapse, entry } = subject;
    const [one, two] = [text('one'), text('two')];
    const WRONG =
      'replace() puts a text where none stands that begins with the mark, or makes it live longer: an entry that has been dropped or replaced would be back.';
    await store.put('a', one, SHORT);
    await store.put('b', two, LONG);
    for (const key of ['a', 'b', 'c']) await store.replace(key, markOf(one), text('three'));
    oneOf([await entry('a'), await entry('b'), await entry('c')], [[one, text('three')], [two], [undefined]], WRONG);
    await elapse(SHORT + 40);
    same(await entry('a'), undefined, WRONG);
    await store.replace('a', markOf(text('three')), one);
    same(await entry('a'), undefined, WRONG);
  });

  const row = (asOf: number): DatedClock => ({ clock: 'user', rows: ['1'], asOf });
  const table = (asOf: number): DatedClock => ({ clock: 'user', asOf });

  /** Stored, and read, as of now; the result asks whether the store vouches for it. */
  async function kept({ store, filled }: Subject, lifetimeMs = LONG) {
    const { now } = await filled('user', ['1']);
    const { epoch } = await store.read([], [{ clock: 'user', rows: ['1'] }]);
    await store.put('a', text('one'), lifetimeMs);
    return (dependency: DatedClock = row(now), mark = markOf(text('one')), of = epoch) =>
      store.vouchesFor('a', { mark, epoch: of, dependencies: [dependency] });
  }

  it('is vouched for as long as nothing happens, or never', async (subject) => {
    const vouches = await kept(subject);
    const first = vouches();
    const { now } = await subject.clock('user', ['1']);
    same(
      [typeof first, vouches(table(now))],
      ['boolean', first],
      'vouchesFor() does not answer at once, or another thing of a table than of its rows: what it cannot tell, it must leave to `read`.',
    );
  });

  it('is not vouched for once it is written: its row, rows that nobody knows, its table', async (subject) => {
    const { store, clock } = subject;
    const vouches = await kept(subject);
    const { now } = await clock('user', ['1']);
    await store.advance([{ clock: 'user', rows: ['1'] }]);
    same([vouches(row(now)), vouches(table(now))], [false, false], VOUCHED);
    await store.advance([{ clock: 'user', rows: 'unknown' }]);
    same([vouches(row(now + 1)), vouches(table(now + 1))], [false, false], VOUCHED);
    await store.advance([{ clock: 'user', rows: 'new' }]);
    same(vouches(table(now + 2)), false, VOUCHED);
  });

  it('is not vouched for where it is dated after what the clock shows', async (subject) => {
    const vouches = await kept(subject);
    const { now } = await subject.clock('user', ['1']);
    same([vouches(row(now + 1)), vouches(table(now + 1))], [false, false], VOUCHED);
  });

  it('is not vouched for where it is another one, or of another epoch', async (subject) => {
    const vouches = await kept(subject);
    same([vouches(undefined, markOf(text('two'))), vouches(undefined, undefined, 'another')], [false, false], VOUCHED);
  });

  it('is not vouched for once it is gone or replaced', async (subject) => {
    const { store } = subject;
    const vouches = await kept(subject);
    await store.remove(['a']);
    same(vouches(), false, VOUCHED);
    await store.put('a', text('two'), LONG);
    same(vouches(), false, VOUCHED);
  });

  it('is not vouched for past its lifetime', async (subject) => {
    const vouches = await kept(subject, SHORT);
    await subject.elapse(SHORT + 40);
    same(vouches(), false, VOUCHED);
  });

  /** Found by an answer, which may stand; the result asks whether the store vouches for it by that. */
  async function found({ store, clock }: Subject) {
    await store.put('a', text('one'), LONG);
    const { now } = await clock('user', ['1']);
    const { epoch, standing } = await store.read(['a'], [{ clock: 'user', rows: ['1'] }]);
    return () => store.vouchesFor('a', { mark: markOf(text('one')), epoch, dependencies: [row(now)], standing });
  }

  it('is not vouched for, by whatever answer, once this very store was told that it is written, or to drop it', async (subject) => {
    await subject.filled('user', ['1']);
    const written = await found(subject);
    await subject.store.advance([{ clock: 'user', rows: ['1'] }]);
    same(written(), false, VOUCHED);
    const dropped = await found(subject);
    await subject.store.remove(['a']);
    same(dropped(), false, VOUCHED);
  });

  it('is not vouched for by an answer with a hold in sight, once that is older than the budget', async (subject) => {
    await subject.filled('user', ['1']);
    await subject.store.hold(['user'], 'w', LONG);
    const vouches = await found(subject);
    await subject.elapse(BUDGET + 20);
    same(vouches(), false, VOUCHED);
  });

  it('is not vouched for while a hold is older than the budget, nor past its deadline', async (subject) => {
    const { store, elapse } = subject;
    const vouches = await kept(subject);
    await store.hold(['user'], 'w', 2 * BUDGET);
    await elapse(BUDGET + 20);
    same(vouches(), false, VOUCHED);
    await elapse(BUDGET + 20);
    same(vouches(), false, VOUCHED);
  });
}
