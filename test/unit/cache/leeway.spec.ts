import { createCache } from 'cache-manager';
import { expect, it, vi } from 'vitest';
import { formatEntry, parseEntry } from '../../../lib/cache/entry.js';
import type { Leeway } from '../../../lib/cache/leeway.js';
import type { Loaded, ReadRequest } from '../../../lib/cache/read-request.js';
import { ReadThrough } from '../../../lib/cache/read-through.js';
import { noSeal } from '../../../lib/cache/seal.js';
import { CacheEvents } from '../../../lib/events/cache-events.js';
import { type ClockQuery, type ClocksRead, type EntriesRead } from '../../../lib/store/cache-store.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';
import { timeOfDay } from '../../support/time-of-day.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const nothing: Leeway = { revalidateMs: 0, unreachedMs: 0, jitter: 0 };
const renewing: Leeway = { ...nothing, revalidateMs: HOUR };
const keeping: Leeway = { ...nothing, unreachedMs: HOUR };

/** Says how long it is told to keep what, and may have another history, or be held. */
class LabStore extends MemoryStore {
  readonly touched: number[] = [];
  readonly put_: number[] = [];
  epoch: string | undefined;
  isHeld = false;

  constructor() {
    super(createCache(), { budgetMs: 1_000 });
  }

  override async read(...asked: Parameters<MemoryStore['read']>): Promise<EntriesRead> {
    const read = await super.read(...asked);
    const clocks = read.clocks.map((state) => ({ ...state, held: this.isHeld }));
    return { ...read, clocks, epoch: this.epoch ?? read.epoch };
  }

  override touch(queries: readonly ClockQuery[], lifetimeMs: number): Promise<ClocksRead> {
    this.touched.push(lifetimeMs);
    return super.touch(queries, lifetimeMs);
  }

  override put(key: string, entry: string, lifetimeMs: number): Promise<void> {
    this.put_.push(lifetimeMs);
    return super.put(key, entry, lifetimeMs);
  }
}

const down = new Error('down');

function setUp(leeway?: Leeway, store = new LabStore(), overdueMs?: number) {
  const events = new CacheEvents();
  const heard: string[] = [];
  events.on((event) => {
    const why = 'reason' in event ? ` ${event.reason}` : 'stale' in event ? ` ${event.stale}` : '';
    heard.push(event.name + why);
  });
  const readThrough = new ReadThrough(store, events, 1_000, noSeal, overdueMs);
  const request = (key = 'key', change: Partial<ReadRequest<string>> = {}): ReadRequest<string> => ({
    key,
    kind: 'detail',
    fingerprint: 'query',
    rows: [{ clock: 'rows', rows: [key] }],
    lifetimeMs: MINUTE,
    leeway,
    decode: (payload) => payload,
    ...change,
  });
  const database = {
    value: 'old',
    loads: 0,
    load: async (): Promise<string> => database.value,
    bring: (payload: string, rows: Loaded<string>['dependencies']): Loaded<string> => {
      return { own: payload, payload, dependencies: rows! };
    },
  };
  const readAll = (...requests: ReadRequest<string>[]) =>
    readThrough.readMany(
      { clocks: ['rows'], requests },
      {
        load: async (missing) => {
          database.loads++;
          const payload = await database.load();
          return missing.map(({ rows }) => database.bring(payload, rows));
        },
        isUnreached: (error) => error === down,
      },
    );
  const read = async (change?: Partial<ReadRequest<string>>) => (await readAll(request('key', change)))[0];
  /** An entry whose timeout is over. */
  const expire = async () => {
    await read();
    await readThrough.settled();
    time.pass(2 * MINUTE);
    heard.splice(0);
  };
  const time = timeOfDay();
  const fails = (error: Error) => (database.load = () => Promise.reject(error));
  return { store, readThrough, heard, request, database, read, readAll, expire, time, fails };
}

it('an entry past its timeout is shown while one load replaces it, however many read it', async () => {
  const { database, read, expire, heard, readThrough } = setUp(renewing);
  await expire();
  let arrive!: (value: string) => void;
  database.load = () => new Promise((resolve) => (arrive = resolve));
  expect(await Promise.all([read(), read(), read()])).toEqual(['old', 'old', 'old']);
  expect(await read()).toBe('old');
  await vi.waitFor(() => expect(database.loads).toBe(2));
  arrive('new');
  await readThrough.settled();
  expect(await read()).toBe('new');
  expect(database.loads).toBe(2);
  expect(heard).toEqual([...Array<string>(4).fill('entry:hit expired'), 'entry:filled', 'entry:hit']);
});

it('one load replaces it whatever is written to other rows meanwhile', async () => {
  const { database, store, read, expire } = setUp(renewing);
  await expire();
  database.load = () => new Promise(() => undefined);
  for (let round = 0; round < 5; round++) {
    expect(await read()).toBe('old');
    await store.advance([{ clock: 'rows', rows: ['other'] }]);
  }
  await vi.waitFor(() => expect(database.loads).toBe(2));
  await new Promise((resolve) => setImmediate(resolve));
  expect(database.loads).toBe(2);
});

it.each<[string, string, (lab: ReturnType<typeof setUp>) => unknown]>([
  ['a write to its row', 'stale', ({ store }) => store.advance([{ clock: 'rows', rows: ['key'] }])],
  ['a write to unknown rows', 'stale', ({ store }) => store.advance([{ clock: 'rows', rows: 'unknown' }])],
  ['another history', 'epoch', ({ store }) => (store.epoch = 'another')],
  ['a hold', 'held', ({ store }) => (store.isHeld = true)],
])('%s makes it a miss', async (_, reason, happens) => {
  const lab = setUp(renewing);
  await lab.expire();
  await happens(lab);
  lab.database.value = 'new';
  expect(await lab.read()).toBe('new');
  expect(lab.heard[0]).toBe(`entry:missed ${reason}`);
});

it('past its time it is a miss, also where somebody keeps it longer', async () => {
  const { store, read, expire, time, heard, database } = setUp(renewing);
  await expire();
  const text = (await store.read(['key'], [])).entries[0]!;
  await store.put('key', text, 24 * HOUR);
  time.pass(HOUR);
  database.value = 'new';
  expect(await read()).toBe('new');
  expect(heard).toEqual(['entry:missed expired']);
});

it('a reader who allows less waits for the load, and what it stores is fresh for all', async () => {
  const store = new LabStore();
  const { read, expire, heard, readThrough } = setUp(renewing, store);
  await expire();
  const other = setUp(undefined, store);
  other.database.value = 'new';
  expect(await other.read()).toBe('new');
  expect(other.heard).toEqual(['entry:missed expired']);
  await other.readThrough.settled();
  expect(await read()).toBe('new');
  expect(heard).toEqual(['entry:hit']);
  await readThrough.settled();
});

it('a time of day that is ahead makes nothing expire that the store keeps no longer', async () => {
  const { store, read, readThrough, heard, time } = setUp();
  await read();
  await readThrough.settled();
  const text = (await store.read(['key'], [])).entries[0]!;
  expect(parseEntry(text)).toMatchObject({ freshUntil: 0 });
  await store.put('key', text, 24 * HOUR);
  time.pass(1.5 * MINUTE);
  expect(await read()).toBe('old');
  expect(heard.at(-1)).toBe('entry:hit');
});

it('is shown until its time is over when the load behind its back fails, which an event tells', async () => {
  const { fails, read, expire, heard, readThrough, database } = setUp(renewing);
  await expire();
  fails(new Error('no such table'));
  for (let round = 0; round < 3; round++) {
    expect(await read()).toBe('old');
    await readThrough.settled();
  }
  expect(database.loads).toBe(4);
  expect(heard).toEqual(Array.from({ length: 3 }, () => ['entry:hit expired', 'load:failed']).flat());
});

it.each<[string, Partial<Loaded<string>>, 'miss' | 'hit']>([
  ['has nothing to store', {}, 'miss'],
  ['may not be stored', { payload: 'new', skipped: { reason: 'unsupported' } }, 'miss'],
  ['is stored when no transaction is open', { payload: 'new', skipped: { reason: 'uncommitted' } }, 'hit'],
  ['is stored when its tables are known', { payload: 'new', skipped: { reason: 'uncovered' } }, 'hit'],
])('an entry whose load %s is shown once more: %j, then it is a %s', async (_, brought, then) => {
  const { database, readAll, request, expire, heard, readThrough } = setUp(renewing);
  await expire();
  database.bring = () => ({ own: 'new', ...brought });
  const again = async () => {
    heard.splice(0);
    const [found] = await readAll(request());
    await readThrough.settled();
    return [found, heard[0]];
  };
  expect(await again()).toEqual(['old', 'entry:hit expired']);
  expect(await again()).toEqual(then === 'hit' ? ['old', 'entry:hit expired'] : ['new', 'entry:missed absent']);
});

it('that it cannot be removed is told, and it is shown until its time is over', async () => {
  const { database, read, store, expire, heard, readThrough } = setUp(renewing);
  await expire();
  database.bring = () => ({ own: 'new' });
  vi.spyOn(store, 'remove').mockRejectedValue(new Error('refused'));
  for (let round = 0; round < 2; round++) {
    expect(await read()).toBe('old');
    await readThrough.settled();
  }
  expect(heard).toEqual(Array.from({ length: 2 }, () => ['entry:hit expired', 'store:failed']).flat());
});

it('a load behind its back that never ends is in the way of none that follows', async () => {
  const { database, read, expire } = setUp(renewing, new LabStore(), 20);
  await expire();
  database.load = () => new Promise(() => undefined);
  await read();
  await vi.waitFor(async () => {
    expect(await read()).toBe('old');
    expect(database.loads).toBeGreaterThan(2);
  });
});

it("a load behind its back that fails since the application has closed is nobody's concern", async () => {
  const { database, read, expire, readThrough, heard } = setUp(renewing);
  await expire();
  let fail!: (error: Error) => void;
  database.load = () => new Promise((_, reject) => (fail = reject));
  await read();
  await vi.waitFor(() => expect(database.loads).toBe(2));
  await readThrough.close(1_000);
  fail(new Error('the pool has ended'));
  await readThrough.settled();
  expect(heard).toEqual(['entry:hit expired']);
});

it('nothing is loaded behind its back once the application closes', async () => {
  const { database, read, expire, readThrough } = setUp(renewing);
  await expire();
  await readThrough.close(1_000);
  expect(await read()).toBe('old');
  await readThrough.settled();
  expect(database.loads).toBe(1);
});

it('what cannot be decoded is neither shown nor loaded twice', async () => {
  const { database, read, expire, heard } = setUp(renewing);
  await expire();
  const decode = (payload: string, isStored: boolean) => {
    if (isStored) throw new Error('broken');
    return payload;
  };
  database.value = 'new';
  expect(await read({ decode })).toBe('new');
  expect(heard).toEqual(['entry:corrupt', 'entry:missed foreign']);
  expect(database.loads).toBe(2);
});

it.each<[string, string, (lab: ReturnType<typeof setUp>) => unknown]>([
  ['has expired', 'expired', ({ time }) => time.pass(2 * MINUTE)],
  ['was written', 'stale', ({ store }) => store.advance([{ clock: 'rows', rows: ['key'] }])],
  ['is of another history', 'epoch', ({ store }) => (store.epoch = 'another')],
  ['is held', 'held', ({ store }) => (store.isHeld = true)],
])('without a database the last entry is shown that %s', async (_, reason, happens) => {
  const lab = setUp(keeping);
  await lab.read();
  await lab.readThrough.settled();
  await happens(lab);
  lab.fails(down);
  lab.heard.splice(0);
  expect(await lab.read()).toBe('old');
  expect(lab.heard).toEqual([`entry:missed ${reason}`, 'load:failed', 'entry:hit error']);
});

it.each<[string, (lab: ReturnType<typeof setUp>) => unknown]>([
  ['another error', ({ fails }) => fails(new Error('syntax'))],
  ['nothing stored', ({ store }) => store.remove(['key'])],
  ['a time that is over', ({ time }) => time.pass(HOUR)],
  [
    'another checksum',
    async ({ store }) => {
      const text = (await store.read(['key'], [])).entries[0]!;
      await store.put('key', text.slice(0, -1), HOUR);
    },
  ],
  [
    'a time that is over, of what somebody kept longer',
    async ({ store, time }) => {
      const text = (await store.read(['key'], [])).entries[0]!;
      await store.put('key', text, 24 * HOUR);
      time.pass(HOUR);
    },
  ],
])('not with %s', async (_, happens) => {
  const lab = setUp(keeping);
  await lab.expire();
  lab.fails(down);
  await happens(lab);
  await expect(lab.read()).rejects.toThrow();
  expect(lab.heard.filter((event) => event === 'entry:hit error' || event === 'load:failed')).toEqual([]);
});

it.each<[string, Partial<ReadRequest<string>>]>([
  ['of another query', { fingerprint: 'another' }],
  ['of another kind', { kind: 'list' }],
  ['for who only wants it loaded again', { leeway: { ...renewing, revalidateMs: 1 } }],
  ['for who wants nothing', { leeway: undefined }],
])('nor one %s', async (_, change) => {
  const lab = setUp(keeping);
  await lab.expire();
  lab.time.pass(HOUR / 2);
  lab.fails(down);
  await expect(lab.read(change)).rejects.toBe(down);
});

it('several are shown together or not at all', async () => {
  const { readAll, request, readThrough, time, fails } = setUp(keeping);
  const [one, two, three] = ['one', 'two', 'three'].map((key) => request(key));
  await readAll(one!, two!);
  await readThrough.settled();
  time.pass(2 * MINUTE);
  fails(down);
  expect(await readAll(one!, two!)).toEqual(['old', 'old']);
  await expect(readAll(one!, two!, three!)).rejects.toBe(down);
});

it('entries that are filled together expire apart, none later than its timeout', async () => {
  const { store, readAll, request, readThrough } = setUp({ ...nothing, jitter: 0.5 });
  await readAll(...Array.from({ length: 200 }, (_, i) => request(String(i))));
  await readThrough.settled();
  expect(new Set(store.put_).size).toBeGreaterThan(100);
  expect(Math.min(...store.put_)).toBeGreaterThanOrEqual(MINUTE / 2);
  expect(Math.max(...store.put_)).toBeLessThanOrEqual(MINUTE);
});

it.each<[string, Leeway | undefined, number]>([
  ['its timeout', undefined, MINUTE],
  ['what it is shown for while it is loaded again', renewing, MINUTE + HOUR],
  ['what it is shown for without a database', keeping, MINUTE + HOUR],
  ['the longer of the two', { ...renewing, unreachedMs: 2 * HOUR }, MINUTE + 2 * HOUR],
])('an entry is kept for %s, and its clocks outlive it', async (_, leeway, keptMs) => {
  const { store, read, readThrough } = setUp(leeway);
  await read();
  await readThrough.settled();
  expect(store.put_).toEqual([keptMs]);
  expect(store.touched).toEqual([2 * keptMs]);
});

it('a header that says another end of its timeout is believed as far as the store keeps it', async () => {
  const { store, read, expire } = setUp(renewing);
  await expire();
  const entry = parseEntry((await store.read(['key'], [])).entries[0]!)!;
  await store.put('key', formatEntry({ ...entry, freshUntil: Number.MAX_SAFE_INTEGER }), HOUR);
  await store.advance([{ clock: 'rows', rows: ['key'] }]);
  expect(await read({ decode: (payload) => `decoded ${payload}` })).toBe('decoded old');
});
