import { createCache } from 'cache-manager';
import { expect, it } from 'vitest';
import type { Dependency } from '../../../lib/cache/dependency.js';
import type { ReadRequest } from '../../../lib/cache/read-request.js';
import { ReadThrough } from '../../../lib/cache/read-through.js';
import { noSeal } from '../../../lib/cache/seal.js';
import { CacheEvents } from '../../../lib/events/cache-events.js';
import type { EntriesRead } from '../../../lib/store/cache-store.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';

/** Tells of the rows it is asked about. */
class WatchedStore extends MemoryStore {
  readonly asked: string[][] = [];

  constructor() {
    super(createCache(), { budgetMs: 1_000 });
  }

  override read(...asked: Parameters<MemoryStore['read']>): Promise<EntriesRead> {
    this.asked.push(asked[1].flatMap(({ clock, rows }) => rows.map((row) => `${clock} ${row}`)));
    return super.read(...asked);
  }
}

const AGAIN = 16;
const row = (name: string): Dependency => ({ clock: 'posts', rows: [name] });
const clocks = ['posts', 'users'];

function setUp() {
  const store = new WatchedStore();
  const readThrough = new ReadThrough(store, new CacheEvents(), 1_000, noSeal);
  let loads = 0;
  const load = async (missing: readonly ReadRequest<string>[]) => {
    loads += missing.length;
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
  return { read, write };
}

it('nobody asks about rows of tables that have not moved', async () => {
  const { read } = setUp();
  // As long as nobody knows whether they do.
  expect(await read('1')).toEqual([[['posts 1']], 1]);
  expect(await read('1')).toEqual([[[]], 0]);
  expect(await read('2')).toEqual([[[]], 1]);
  expect(await read('1', '2')).toEqual([[[]], 0]);
});

it('about those of an entry whose tables have moved it is asked, at once from the next time on, and after a while no more', async () => {
  const { read, write } = setUp();
  await read('1', '2');
  await write('users', 'of nobody');
  // Of the table that has moved only.
  expect(await read('1')).toEqual([[[], ['users of 1']], 0]);
  const both = ['posts 1', 'users of 1'];
  for (let i = 0; i < AGAIN; i++) expect(await read('1')).toEqual([[both], 0]);
  expect(await read('1')).toEqual([[[], ['users of 1']], 0]);
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

it('while tables move, it is asked about the rows of what nobody has seen yet, so that writes to others overtake no load', async () => {
  const { read, write } = setUp();
  await read('1');
  await write('posts', 'another');
  await read('none');
  for (let i = 0; i < AGAIN; i++) expect(await read(`new ${i}`)).toEqual([[[`posts new ${i}`]], 1]);
  expect(await read('newer')).toEqual([[[]], 1]);
});
