import { createCache } from 'cache-manager';
import { expect, it } from 'vitest';
import { ReadThrough } from '../../../lib/cache/read-through.js';
import type { Loads, ReadRequest } from '../../../lib/cache/read-request.js';
import { PIECE, readInPieces } from '../../../lib/cache/read-in-pieces.js';
import { noSeal } from '../../../lib/cache/seal.js';
import { type CacheEvent, CacheEvents } from '../../../lib/events/cache-events.js';
import { Budget, type EntriesRead, type ClockQuery, type ClocksRead } from '../../../lib/store/cache-store.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';

const LONG = 60_000;
const COUNT = 2 * PIECE + 500;
const rows = Array.from({ length: COUNT }, (_, i) => String(i));

/** Says what it is asked for, and lets something happen before it answers. */
class WatchedStore extends MemoryStore {
  readonly reads: { keys: number; rows: number; budget: Budget | undefined }[] = [];
  readonly touches: number[] = [];
  puts = 0;
  mostPuts = 0;
  before: (read: number) => Promise<void> = async () => undefined;

  constructor() {
    super(createCache(), { budgetMs: 5_000 });
  }

  override async read(keys: readonly string[], queries: readonly ClockQuery[], budget?: Budget): Promise<EntriesRead> {
    await this.before(this.reads.length);
    this.reads.push({ keys: keys.length, rows: Math.max(0, ...queries.map((query) => query.rows.length)), budget });
    return super.read(keys, queries, budget);
  }

  override touch(queries: readonly ClockQuery[], lifetimeMs: number): Promise<ClocksRead> {
    this.touches.push(Math.max(...queries.map((query) => query.rows.length)));
    return super.touch(queries, lifetimeMs);
  }

  override async put(...entry: Parameters<MemoryStore['put']>): Promise<void> {
    this.mostPuts = Math.max(this.mostPuts, ++this.puts);
    await super.put(...entry);
    this.puts--;
  }
}

function setUp(rowsOf = (row: string) => [row]) {
  const store = new WatchedStore();
  const events = new CacheEvents();
  const heard: CacheEvent[] = [];
  events.on((event) => heard.push(event));
  const readThrough = new ReadThrough(store, events, 5_000, noSeal);
  const requests = rows.map((row): ReadRequest<string> => ({
    key: `key ${row}`,
    kind: 'detail',
    fingerprint: 'query',
    rows: [{ clock: 'rows', rows: rowsOf(row) }],
    lifetimeMs: LONG,
    decode: (payload) => payload,
  }));
  const clocks = ['rows', 'more'];
  let version = 1;
  const loads: Loads<string> = {
    load: async (missing) =>
      missing.map(({ key, rows: known }) => ({
        own: '',
        payload: `${key} of ${version}`,
        dependencies: [...known, { clock: 'more' }],
      })),
  };
  const read = () => readThrough.readMany({ clocks, requests }, loads);
  const count = (name: CacheEvent['name']) => heard.filter((event) => event.name === name).length;
  const write = async (row: string) => {
    version++;
    await store.advance([{ clock: 'rows', rows: [row] }]);
  };
  const other = () => readThrough.readMany({ clocks, requests: [{ ...requests[0]!, key: 'other' }] }, loads);
  return { store, readThrough, read, other, count, write };
}

it('many keys are asked for in pieces that share one budget, and stored in such pieces', async () => {
  const { store, readThrough, read, count } = setUp();
  // About rows it asks for their load.
  for (const [hits, share] of [
    [0, 1],
    [COUNT, 0],
  ] as const) {
    store.reads.length = 0;
    expect(await read()).toEqual(rows.map((row) => `key ${row} of 1`));
    await readThrough.settled();
    expect(count('entry:hit')).toBe(hits);
    expect(store.reads.map(({ keys, rows: clocks }) => [keys, clocks])).toEqual([
      [PIECE, share * PIECE],
      [PIECE, share * PIECE],
      [500, share * 500],
    ]);
    expect(new Set(store.reads.map(({ budget }) => budget)).size).toBe(1);
    expect(store.reads[0]!.budget).toBeInstanceOf(Budget);
  }
  expect(store.touches).toEqual([PIECE, PIECE, 500]);
  expect(store.mostPuts).toBeLessThanOrEqual(PIECE);
});

it('one reader of many keys keeps those of the same turn from no answer', async () => {
  const { store, read, other } = setUp();
  await Promise.all([other(), read()]);
  expect(store.reads.map(({ keys }) => keys).sort((a, b) => a - b)).toEqual([1, 500, PIECE, PIECE]);
});

it.each([0, 1, 2])('a write while piece %i is asked for overtakes neither hits nor fills', async (piece) => {
  const { store, readThrough, read, count, write } = setUp();
  await read();
  await readThrough.settled();
  const begun = store.reads.length;
  // A row of the first piece and one of the last: each is written before, between and after the pieces that ask for them.
  const written = ['0', rows.at(-1)!];
  store.before = async (reads) => {
    if (reads === begun + piece) for (const row of written) await write(row);
  };
  const hits = count('entry:hit');
  await read();
  await readThrough.settled();
  expect(count('entry:hit') - hits).toBeGreaterThanOrEqual(COUNT - 2);
  const after = await read();
  for (const row of written) expect(after[Number(row)]).toBe(`key ${row} of 3`);
  expect(after[1]).toBe('key 1 of 1');
});

it('what a load brings is dated by the last piece, so that a write between two of them costs no fill', async () => {
  const { store, readThrough, read, count, write } = setUp();
  store.before = async (reads) => (reads === 1 ? write('0') : undefined);
  await read();
  await readThrough.settled();
  expect([count('entry:filled'), count('entry:skipped')]).toEqual([COUNT, 0]);
});

it.each([0, 1, 2])('a store that fails at piece %i has answered those before it, and is told of', async (failing) => {
  const { store, readThrough, read, count, write } = setUp();
  await read();
  await readThrough.settled();
  await write(rows.at(-1)!);
  const begun = store.reads.length;
  store.before = async (reads) => {
    if (reads !== begun + failing) return;
    store.before = async () => undefined;
    throw new Error('gone');
  };
  const hits = count('entry:hit');
  expect((await read()).at(-1)).toBe(`key ${rows.at(-1)} of 2`);
  expect([count('entry:hit') - hits, count('store:failed')]).toEqual([failing * PIECE, 1]);
});

it('an entry is not served whose rows nobody has told of', async () => {
  const { store, readThrough, read, other, count, write } = setUp((row) => [row, `twin of ${row}`]);
  await read();
  await readThrough.settled();
  await write('nobody');
  await other();
  const begun = store.reads.length;
  store.before = async (reads) => {
    if (reads === begun + 1) throw new Error('gone');
  };
  const hits = count('entry:hit');
  await read();
  expect(count('entry:hit') - hits).toBe(PIECE / 2);
});

it('a history that changes between two pieces is none', async () => {
  const histories = ['one', 'two', 'two'];
  const changing = { read: async () => ({ epoch: histories.shift()!, clocks: [], entries: [] }) };
  const { epoch } = await readInPieces(changing as never, rows, [], new Budget(100), () => undefined);
  expect(['one', 'two']).not.toContain(epoch);
});
