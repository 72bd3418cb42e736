import { JOURNAL_LENGTH } from '../../store/cache-store.js';
import { among, same, shows } from './assertions.js';
import { HOSTILE } from './texts.js';
import { BUDGET, LONG, SHORT, type It, type Subject } from './under-test.js';

/**
 * What writes have told of their changes. A store need not keep any of it: whoever asks may always be told that it is not known. What is told
 * must be all there is.
 */
export function journal(it: It): void {
  const PART =
    'A journal does not tell exactly what every advance since has changed, the oldest first: entries that a missing change has made stale would be valid, or true ones be misses.';
  const UNKNOWN =
    'A journal is answered although it cannot know all that was changed since (`changes` must be `undefined`): entries that the missing change has made stale would be valid.';
  const KEPT = 'A store that says that it keeps a journal has none, or one that says it keeps none has one.';

  /** What the store says was changed since then. */
  async function since({ store }: Subject, asOf: number, clock = 'user'): Promise<readonly string[] | undefined> {
    return (await store.read([], [{ clock, rows: [], since: asOf }])).clocks[0]!.changes;
  }

  async function change({ store }: Subject, ...changes: (string | undefined)[]): Promise<void> {
    for (const text of changes)
      await store.advance([{ clock: 'user', rows: 'new', ...(text === undefined ? {} : { change: text }) }]);
  }

  /** Of a store that keeps a journal this, of any other one nothing. */
  async function tells(subject: Subject, asOf: number, changes: readonly string[]): Promise<void> {
    const told = await since(subject, asOf);
    if (await subject.keepsJournal()) same(told, changes, PART);
    else among(told, [undefined, changes], PART);
  }

  async function tellsNothing(subject: Subject, asOf: number): Promise<void> {
    same(await since(subject, asOf), undefined, UNKNOWN);
  }

  it('is kept by a store that says so', async (subject) => {
    const { now } = await subject.filled('user');
    await change(subject, 'one');
    same((await since(subject, now)) !== undefined, await subject.keepsJournal(), KEPT);
  });

  it('tells what every write since then has changed, the oldest first', async (subject) => {
    const { now } = await subject.filled('user');
    await tells(subject, now, []);
    await change(subject, 'one', 'two', 'three');
    await tells(subject, now, ['one', 'two', 'three']);
    await tells(subject, now + 2, ['three']);
    await tells(subject, now + 3, []);
  });

  it('tells nothing of what was before its clock, nor of a moment that has not come', async (subject) => {
    await change(subject, 'before');
    const { now } = await subject.filled('user');
    await tellsNothing(subject, now - 1);
    await tellsNothing(subject, now + 1);
    await change(subject, 'one');
    await tellsNothing(subject, now - 1);
    await tellsNothing(subject, now + 2);
    await tells(subject, now, ['one']);
  });

  it('is told to nobody who does not ask', async (subject) => {
    const { now } = await subject.filled('user');
    await change(subject, 'one');
    const { clocks } = await subject.store.read([], [{ clock: 'user', rows: [] }]);
    shows(
      clocks[0],
      { now: now + 1, changes: undefined },
      'A journal is told to a reader who does not ask: every hit would take longer.',
    );
  });

  it('comes back as it was told, whatever the text', async (subject) => {
    const { now } = await subject.filled('user');
    const texts = HOSTILE.filter((text) => text !== '' && text.length < 1_000);
    await change(subject, ...texts);
    await tells(subject, now, texts);
  });

  it('has a gap where a write tells of no change, or of an empty one', async (subject) => {
    const { now } = await subject.filled('user');
    await change(subject, 'one', undefined, 'three', '', 'five');
    for (const asOf of [now, now + 1, now + 2, now + 3]) await tellsNothing(subject, asOf);
    await tells(subject, now + 4, ['five']);
  });

  it('ends with a write that tells of no change', async (subject) => {
    const { now } = await subject.filled('user');
    await change(subject, 'one', undefined);
    await tellsNothing(subject, now);
    await tellsNothing(subject, now + 1);
    await tells(subject, now + 2, []);
  });

  it(`has the last ${JOURNAL_LENGTH} changes, and all or nothing of more`, async (subject) => {
    const { now } = await subject.filled('user');
    const texts = Array.from({ length: JOURNAL_LENGTH + 2 }, (_, i) => `change ${i}`);
    await change(subject, ...texts);
    await tells(subject, now + 2, texts.slice(2));
    for (const more of [0, 1]) among(await since(subject, now + more), [undefined, texts.slice(more)], PART);
  });

  it('tells of a write whatever rows it names', async (subject) => {
    const { store } = subject;
    const { now } = (await store.touch([{ clock: 'user', rows: ['1'], key: 'id' }], LONG)).clocks[0]!;
    await store.advance([{ clock: 'user', rows: ['1'], key: 'id', change: 'a row' }]);
    await store.advance([{ clock: 'user', rows: 'unknown', change: 'unknown rows' }]);
    await store.advance([{ clock: 'user', rows: 'new', change: 'a new row' }]);
    await store.advance([{ clock: 'user', rows: ['one'], key: 'slug', change: 'a row by another name' }]);
    await tells(subject, now, ['a row', 'unknown rows', 'a new row', 'a row by another name']);
  });

  it('is asked for beside rows, other clocks and entries, and is of its own clock', async (subject) => {
    const { store } = subject;
    const names = ['user', 'company', 'photo'];
    const of = (rows: readonly string[]) => names.map((clock) => ({ clock, rows }));
    const [user, company, photo] = (await store.touch(of(['1']), LONG)).clocks;
    await store.put('a', 'text', LONG);
    await store.advance([
      { clock: 'user', rows: ['1'], change: 'of user' },
      { clock: 'company', rows: ['1'], change: 'of company' },
      { clock: 'photo', rows: ['2'], change: 'of photo' },
    ]);
    const [forUser, forCompany, forPhoto] = of(['1']);
    const { entries, clocks } = await store.read(
      ['b', 'a'],
      [{ ...forUser!, since: user!.now }, forCompany!, { ...forPhoto!, since: photo!.now - 1 }],
      undefined,
      [undefined, 'te'],
    );
    const why = 'What is asked for together with a journal is not answered as it would be without.';
    among(entries[1], ['text', 'te'], why);
    same(entries[0], undefined, why);
    same(
      clocks.map(({ now, rows }) => [now, rows]),
      [
        [user!.now + 1, [user!.now + 1]],
        [company!.now + 1, [company!.now + 1]],
        [photo!.now + 1, [photo!.now]],
      ],
      why,
    );
    const keeps = await subject.keepsJournal();
    among(clocks[0]!.changes, keeps ? [['of user']] : [undefined, ['of user']], PART);
    same([clocks[1]!.changes, clocks[2]!.changes], [undefined, undefined], UNKNOWN);
  });

  it('is of the moment that its clock is of', async (subject) => {
    const { store } = subject;
    const { now } = await subject.filled('user');
    const reads: Promise<readonly [count: number, changes: readonly string[] | undefined]>[] = [];
    const writes: Promise<void>[] = [];
    const read = async () => {
      const state = (await store.read([], [{ clock: 'user', rows: [], since: now }])).clocks[0]!;
      return [state.now - now, state.changes] as const;
    };
    for (let i = 0; i < 20; i++) {
      writes.push(store.advance([{ clock: 'user', rows: 'new', change: `change ${i}` }]));
      reads.push(read(), read());
    }
    await Promise.all(writes);
    const all = (await read())[1];
    for (const [count, changes] of await Promise.all(reads)) {
      if (changes === undefined) continue;
      same(
        changes,
        all?.slice(0, count),
        'A journal tells of more or fewer changes than its clock has counted at that moment: an entry would be dated after a write that was not judged, or before one that was.',
      );
    }
  });

  it('is lost with its clock', async (subject) => {
    const { now } = await subject.filled('user', [], SHORT);
    await change(subject, 'one');
    await subject.elapse(SHORT + 40);
    await tellsNothing(subject, now);
    await tellsNothing(subject, now + 1);
    const after = await subject.clock('user');
    await change(subject, 'two');
    await tellsNothing(subject, now);
    await tellsNothing(subject, now + 1);
    await tellsNothing(subject, after.now - 1);
    await tells(subject, after.now, ['two']);
  });

  it('is kept as long as its clock', async (subject) => {
    const { now } = await subject.filled('user', [], SHORT);
    await change(subject, 'one');
    await subject.filled('user');
    await change(subject, 'two');
    await subject.elapse(SHORT + 40);
    await tells(subject, now, ['one', 'two']);
  });

  it('knows nothing of what a hold has advanced in the place of its writer', async (subject) => {
    const { now } = await subject.filled('user');
    await change(subject, 'one');
    await subject.store.hold(['user'], 'dead', SHORT);
    await subject.elapse(SHORT + 20);
    await tellsNothing(subject, now);
    await change(subject, 'three');
    await tellsNothing(subject, now);
    await tellsNothing(subject, now + 1);
    await tells(subject, now + 2, ['three']);
  });

  it('is told to nobody while a hold is in sight, however young', async (subject) => {
    const { now } = await subject.filled('user');
    await change(subject, 'one');
    await subject.store.hold(['user'], 'w', LONG);
    await tellsNothing(subject, now);
    await subject.store.release(['user'], 'w');
    await tells(subject, now, ['one']);
    await subject.store.hold(['user'], 'w', LONG);
    await subject.elapse(BUDGET + 20);
    await tellsNothing(subject, now);
    await subject.store.advance([{ clock: 'user', rows: 'new', change: 'two' }], 'w');
    await tells(subject, now, ['one', 'two']);
  });

  it('comes with whether a hold is on the clock, from its beginning to its end', async (subject) => {
    const { store } = subject;
    if (!(await subject.keepsJournal())) return;
    const { now } = await subject.filled('user');
    const hasHold = async () =>
      (await store.read([], [{ clock: 'user', rows: [], since: now }])).clocks[0]!.hasHold !== false;
    const WHY =
      'Whoever judges an entry by what journals tell has to know of every hold on one of its tables: what that covers may be visible already.';
    same(await hasHold(), false, `${WHY} There is none, so nothing would ever be judged.`);
    await store.hold(['user'], 'w', LONG);
    same(await hasHold(), true, WHY);
    await store.hold(['user'], 'w', LONG);
    await store.advance([{ clock: 'user', rows: 'new', change: 'one' }]);
    same(await hasHold(), true, WHY);
    await store.release(['user'], 'w');
    same(await hasHold(), false, `${WHY} It is released, so nothing would ever be judged again.`);
  });

  it('knows nothing of a write that takes a key while a hold may free one', async (subject) => {
    const { store } = subject;
    const { now } = await subject.filled('user');
    await store.hold(['user'], 'frees', LONG, true);
    await store.hold(['user'], 'own', LONG, true);
    await change(subject, 'one');
    await store.advance([{ clock: 'user', rows: 'new', takesKeys: true, change: 'contested' }], 'own');
    await tellsNothing(subject, now);
    await store.release(['user'], 'frees');
    await store.hold(['user'], 'own', LONG, true);
    await store.advance([{ clock: 'user', rows: 'new', takesKeys: true, change: 'three' }], 'own');
    await tellsNothing(subject, now + 1);
    await tells(subject, now + 2, ['three']);
  });

  it('is of all processes that share the store', async (subject) => {
    const { other } = subject;
    if (!other) return;
    const { now } = await subject.filled('user');
    await change(subject, 'one');
    await change({ ...subject, store: other }, 'two');
    await change(subject, 'three');
    await tells(subject, now, ['one', 'two', 'three']);
    await tells({ ...subject, store: other }, now, ['one', 'two', 'three']);
    await change({ ...subject, store: other }, undefined);
    await tellsNothing(subject, now);
  });
}
