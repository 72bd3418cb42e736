import { createCache } from 'cache-manager';
import { expect, it } from 'vitest';
import type { Dependency } from '../../../lib/cache/dependency.js';
import { endOfTurn } from '../../../lib/cache/end-of-turn.js';
import type { ReadRequest } from '../../../lib/cache/read-request.js';
import { ReadThrough } from '../../../lib/cache/read-through.js';
import { noSeal } from '../../../lib/cache/seal.js';
import { CacheEvents } from '../../../lib/events/cache-events.js';
import type { EntriesRead } from '../../../lib/store/cache-store.js';
import { tellAdvanced } from '../../../lib/store/tell-advanced.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';

/** Tells of the rows it is asked about. */
class WatchedStore extends MemoryStore {
  readonly asked: string[][] = [];

  constructor() {
    super(createCache(), { budgetMs: 1_000 });
  }

  /** What a question about rows alone waits for. */
  slowed: Promise<unknown> | undefined;

  override async read(...asked: Parameters<MemoryStore['read']>): Promise<EntriesRead> {
    if (!asked[0].length) await this.slowed;
    this.asked.push(asked[1].flatMap(({ clock, rows }) => rows.map((row) => `${clock} ${row}`)));
    return super.read(...asked);
  }
}

const row = (name: string): Dependency => ({ clock: 'posts', rows: [name] });
const clocks = ['posts', 'users'];

function setUp() {
  const store = new WatchedStore();
  const events = new CacheEvents();
  let fills = 0;
  events.on('entry:filled', () => void fills++);
  const readThrough = new ReadThrough(store, events, 1_000, noSeal);
  let loads = 0;
  const loaded: string[] = [];
  let meanwhile: (() => Promise<void>) | undefined;
  const load = async (missing: readonly ReadRequest<string>[]) => {
    loads += missing.length;
    loaded.push(...missing.map(({ key }) => key));
    await meanwhile?.();
    meanwhile = undefined;
    return missing.map(({ key }) => ({
      own: key,
      payload: key,
      // Whose user it is nobody knows before the load.
      dependencies: [row(key), { clock: 'users', rows: [`of ${key}`] }],
    }));
  };
  const request = (key: string): ReadRequest<string> => ({
    key,
    kind: 'detail',
    fingerprint: 'query',
    rows: [row(key)],
    lifetimeMs: 60_000,
    decode: (payload) => payload,
  });
  /** The rows the store was asked about by a read of these, per question, and how many of them were loaded. */
  const read = async (...keys: string[]) => {
    loads = 0;
    store.asked.length = 0;
    const shown = await readThrough.readMany({ clocks, requests: keys.map(request) }, { load });
    await readThrough.settled();
    expect(shown).toEqual(keys);
    return [store.asked.slice(), loads] as const;
  };
  const write = (clock: string, name: string) => store.advance([{ clock, rows: [name] }]);
  /** By this process, which tells itself. */
  const writeHere = async (clock: string, name: string) => {
    await write(clock, name);
    tellAdvanced(events, [{ clock, rows: [name] }]);
  };
  const drop = (key: string) => store.remove([key]);
  const slowDown = (until: Promise<unknown>) => void (store.slowed = until);
  const whileLoading = (work: () => Promise<void>) => void (meanwhile = work);
  return { read, write, writeHere, drop, filled: () => fills, loaded: () => loaded, whileLoading, slowDown };
}

it('nobody asks about rows of tables that have not moved since their entry was loaded', async () => {
  const { read } = setUp();
  // For its load.
  expect(await read('1')).toEqual([[['posts 1']], 1]);
  expect(await read('1')).toEqual([[[]], 0]);
  expect(await read('1', '2')).toEqual([[['posts 2']], 1]);
  expect(await read('1', '2')).toEqual([[[]], 0]);
});

it('about those of entries whose tables have moved it is asked at once, but for the first who hears of that', async () => {
  const { read, write } = setUp();
  await read('1', '2');
  await write('users', 'of nobody');
  // And about those that its load is known to show, should it come to that.
  const both = ['posts 1', 'users of 1'];
  expect(await read('1')).toEqual([[[], both], 0]);
  // It was found true as of then.
  for (let i = 0; i < 100; i++) expect(await read('1')).toEqual([[[]], 0]);
  expect(await read('2')).toEqual([[['posts 2', 'users of 2']], 0]);
  await write('posts', '1');
  expect(await read('1')).toEqual([[[], ['posts 1']], 1]);
  expect(await read('1')).toEqual([[[]], 0]);
});

it('what this process has written it need not be told of', async () => {
  const { read, writeHere } = setUp();
  await read('1', '2');
  await writeHere('posts', '1');
  expect(await read('1')).toEqual([[['posts 1', 'users of 1']], 1]);
  expect(await read('2')).toEqual([[['posts 2', 'users of 2']], 0]);
  expect(await read('1')).toEqual([[[]], 0]);
});

it('what was written to them is seen whether it was asked at once or afterwards', async () => {
  const { read, write } = setUp();
  await read('1', '2');
  await write('posts', '2');
  expect((await read('1'))[1]).toBe(0);
  expect((await read('2'))[1]).toBe(1);
  await write('users', 'of 1');
  expect((await read('1'))[1]).toBe(1);
  expect((await read('2'))[1]).toBe(0);
});

it('before a load it is asked about the rows that are known, so that a write to another one does not overtake it', async () => {
  const { read, write, drop, filled, whileLoading } = setUp();
  await read('1');
  await drop('1');
  whileLoading(() => write('posts', 'another'));
  expect(await read('1')).toEqual([[[], ['posts 1']], 1]);
  whileLoading(() => write('posts', 'another'));
  expect(await read('new')).toEqual([[['posts new']], 1]);
  expect(filled()).toBe(3);
});

it('what is under way is joined without asking about rows first: by then it would be over', async () => {
  const { read, drop, loaded, whileLoading, slowDown } = setUp();
  await read('1');
  await drop('1');
  const joined: Promise<unknown>[] = [];
  whileLoading(async () => {
    slowDown(first);
    joined.push(read('1'), read('1', '2'));
    await endOfTurn();
    await endOfTurn();
  });
  const first: Promise<unknown> = read('1');
  await Promise.all([first, ...joined]);
  await Promise.all(joined);
  expect(loaded().filter((key) => key === '1')).toEqual(['1', '1']);
});
