import { createCache } from 'cache-manager';
import { describe, expect, it } from 'vitest';
import type { Dependency } from '../../../lib/cache/dependency.js';
import { endOfTurn } from '../../../lib/cache/end-of-turn.js';
import { NearCache } from '../../../lib/cache/near-cache.js';
import type { ReadRequest } from '../../../lib/cache/read-request.js';
import { ReadThrough } from '../../../lib/cache/read-through.js';
import { noSeal } from '../../../lib/cache/seal.js';
import { CacheEvents } from '../../../lib/events/cache-events.js';
import type { EntriesRead, EntryInHand } from '../../../lib/store/cache-store.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';
import { timeOfDay } from '../../support/time-of-day.js';

/** Vouches by the standings of its answers alone, which end when a test says so, whatever is written. */
class StandingStore extends MemoryStore {
  readonly given: { isStanding: boolean }[] = [];
  asked = 0;
  gives = true;

  constructor() {
    super(createCache(), { budgetMs: 1_000 });
  }

  override async read(...asked: Parameters<MemoryStore['read']>): Promise<EntriesRead> {
    this.asked++;
    const read = await super.read(...asked);
    if (!this.gives) return read;
    const standing = { isStanding: true };
    this.given.push(standing);
    return { ...read, standing };
  }

  override vouchesFor(_key: string, { standing }: EntryInHand): boolean {
    return standing?.isStanding ?? false;
  }

  endAll(): void {
    for (const standing of this.given) standing.isStanding = false;
  }
}

const row = (key: string): Dependency => ({ clock: 'rows', rows: [key] });

function setUp(
  change: Partial<ReadRequest<string>> = {},
  dependencies?: readonly Dependency[],
  store = new StandingStore(),
  near = new NearCache(1e6),
) {
  const events = new CacheEvents();
  const missed: string[] = [];
  events.on('entry:missed', ({ reason }) => missed.push(reason));
  const readThrough = new ReadThrough(store, events, 1_000, noSeal, undefined, near);
  const database = { value: 'old', ready: Promise.resolve() };
  const request = (key: string): ReadRequest<string> => ({
    key,
    kind: 'detail',
    fingerprint: 'query',
    rows: [row(key)],
    lifetimeMs: 60_000,
    decode: (payload) => payload,
    keeping: {
      read: (payload) => ({ bytes: payload.length, payload }),
      make: (reading) => (reading as unknown as { payload: string }).payload,
    },
    ...change,
  });
  const readAll = async (...keys: string[]) => {
    const load = async (missing: readonly ReadRequest<string>[]) => {
      await database.ready;
      const { value } = database;
      return missing.map(({ key }) => ({ own: value, payload: value, dependencies: dependencies ?? [row(key)] }));
    };
    const read = await readThrough.readMany({ clocks: ['rows'], requests: keys.map(request) }, { load });
    await readThrough.settled();
    return read;
  };
  /** What a read shows, and how often the store was asked by it. */
  const read = async (key = 'key') => {
    const before = store.asked;
    const [shown] = await readAll(key);
    return [shown, store.asked - before] as const;
  };
  /** Somebody loads what is new, and meanwhile another one reads it. */
  const whileItIsLoaded = async (readAnew: () => Promise<string[]>) => {
    let isReady!: () => void;
    database.ready = new Promise<void>((resolve) => (isReady = resolve));
    database.value = 'new';
    const loaded = readAnew();
    // The store has answered, and the load has begun.
    for (let i = 0; i < 20; i++) await endOfTurn();
    const reading = read();
    for (let i = 0; i < 20; i++) await endOfTurn();
    isReady();
    return { loaded, reading };
  };
  return { store, database, near, read, readAll, whileItIsLoaded, missed };
}

describe('An entry that this process has in hand', () => {
  it('is shown without a question while the answer stands by which it was found true, and asked about after that', async () => {
    const { store, read } = setUp();
    await read();
    expect(await read()).toEqual(['old', 1]);
    expect(await read()).toEqual(['old', 0]);
    expect(await read()).toEqual(['old', 0]);
    store.endAll();
    expect(await read()).toEqual(['old', 1]);
    expect(await read()).toEqual(['old', 0]);
  });

  it('is shown without a question as soon as its text was read', async () => {
    const { store, read } = setUp();
    await read();
    const another = setUp({}, undefined, store);
    expect(await another.read()).toEqual(['old', 1]);
    expect(await another.read()).toEqual(['old', 0]);
  });

  it('has no standing of the load that stored it: nobody has asked since', async () => {
    const { read, near } = setUp();
    await read();
    expect(near.get('key')?.standing).toBeUndefined();
    expect(await read()).toEqual(['old', 1]);
  });

  it('is asked about once more where the last answer had no standing', async () => {
    const { store, read } = setUp();
    await read();
    await read();
    store.endAll();
    store.gives = false;
    expect(await read()).toEqual(['old', 1]);
    expect(await read()).toEqual(['old', 1]);
  });

  it('has no standing where it took a second question to find it true, and the next answer has one', async () => {
    // Of rows that nobody knew it shows, but for who has loaded it.
    const shown = [{ clock: 'rows', rows: ['1', '2'] }];
    const { store, read } = setUp({ rows: [] }, shown);
    await read();
    // One that moves no row it shows.
    await store.advance([{ clock: 'rows', rows: ['3'] }]);
    const another = setUp({ rows: [] }, shown, store);
    expect(await another.read()).toEqual(['old', 2]);
    expect(await another.read()).toEqual(['old', 1]);
    expect(await another.read()).toEqual(['old', 0]);
  });

  it('is shown to nobody any more once somebody was told that it is stale', async () => {
    const { store, read, readAll, whileItIsLoaded, missed } = setUp();
    await readAll('key', 'other');
    await read();
    expect(await read()).toEqual(['old', 0]);
    await store.advance([{ clock: 'rows', rows: ['key'] }]);
    // Nothing has ended what stands: that is what it costs.
    expect(await read()).toEqual(['old', 0]);
    missed.splice(0);
    const { loaded, reading } = await whileItIsLoaded(() => readAll('key', 'other'));
    expect(missed).toEqual(['stale', 'stale']);
    expect(await Promise.all([loaded, reading])).toEqual([
      ['new', 'old'],
      ['new', 1],
    ]);
  });

  it('is shown to nobody any more once somebody was told that it is gone', async () => {
    const { store, read, readAll, whileItIsLoaded } = setUp();
    await readAll('key', 'other');
    await read();
    await store.remove(['key']);
    expect(await read()).toEqual(['old', 0]);
    const { loaded, reading } = await whileItIsLoaded(() => readAll('key', 'other'));
    expect(await Promise.all([loaded, reading])).toEqual([
      ['new', 'old'],
      ['new', 1],
    ]);
  });

  it('is asked about past its timeout, whatever stands', async () => {
    const leeway = { revalidateMs: 0, unreachedMs: 60_000, jitter: 0 };
    const { read } = setUp({ leeway });
    await read();
    await read();
    expect(await read()).toEqual(['old', 0]);
    timeOfDay().pass(61_000);
    expect((await read())[1]).toBeGreaterThan(0);
  });

  it('is not shown to who asks another query', async () => {
    const { store, read, near } = setUp();
    await read();
    await read();
    expect(await read()).toEqual(['old', 0]);
    const asked = store.asked;
    const { read: readOther, database } = setUp({ fingerprint: 'another' }, undefined, store, near);
    database.value = 'of another';
    expect(near.get('key')?.standing?.isStanding).toBe(true);
    expect((await readOther())[0]).toBe('of another');
    expect(store.asked).toBeGreaterThan(asked);
  });
});
