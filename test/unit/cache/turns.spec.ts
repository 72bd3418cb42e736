import { createCache } from 'cache-manager';
import { expect, it, vi } from 'vitest';
import { Limit } from '../../../lib/cache/limit.js';
import { ReadThrough } from '../../../lib/cache/read-through.js';
import type { Loaded, Loads, ReadRequest } from '../../../lib/cache/read-request.js';
import { noSeal } from '../../../lib/cache/seal.js';
import { StoreError } from '../../../lib/errors.js';
import { CacheEvents } from '../../../lib/events/cache-events.js';
import type { Lease, Work } from '../../../lib/store/cache-store.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';

/** No test waits for so long. */
const PATIENT = 60_000;
const HASTY = 40;

/** A store that several processes share, as far as these tests tell. */
class SharedStore extends MemoryStore {
  readonly leases = new Map<string, string>();
  readonly asked: string[][] = [];

  override async lease(work: readonly Work[], id = ''): Promise<readonly Lease[]> {
    this.asked.push(work.map(({ key }) => key));
    return work.map((each): Lease => {
      const name = JSON.stringify(each);
      const holder = this.leases.get(name) ?? id;
      if (holder !== '') this.leases.set(name, holder);
      return holder === id ? 'mine' : holder === '' ? 'free' : 'taken';
    });
  }

  override async endLease(work?: readonly Work[], id?: string, freeMs = 0): Promise<void> {
    for (const each of work ?? []) {
      const name = JSON.stringify(each);
      if (this.leases.get(name) !== id) continue;
      if (freeMs > 0) this.leases.set(name, '');
      else this.leases.delete(name);
    }
  }
}

function request(key: string, row = key): ReadRequest<string> {
  return {
    key,
    kind: 'detail',
    fingerprint: 'query',
    rows: [{ clock: 'rows', rows: [row] }],
    lifetimeMs: 60_000,
    decode: (payload, isStored) => `${payload}${isStored ? ' as stored' : ''}`,
  };
}

const a = request('a');
const b = request('b');

function loaded(requests: readonly ReadRequest<string>[], payload: string): Loaded<string>[] {
  return requests.map(({ key, rows }) => ({ own: 'own', payload: `${payload} of ${key}`, dependencies: rows }));
}

function sharedStore() {
  return new SharedStore(createCache(), { budgetMs: PATIENT });
}

/** A process over the store, and what it has loaded. */
function processOver(store: SharedStore, payload: string, budgetMs = PATIENT) {
  const events = new CacheEvents();
  const heard: string[] = [];
  events.on((event) => heard.push('operation' in event ? `${event.name} ${event.operation}` : event.name));
  const readThrough = new ReadThrough(store, events, budgetMs, noSeal);
  const loads: string[][] = [];
  const loading = async (missing: readonly ReadRequest<string>[]) => {
    loads.push(missing.map(({ key }) => key));
    return loaded(missing, payload);
  };
  const read = (requests: readonly ReadRequest<string>[], how: Partial<Loads<string>> = {}) =>
    readThrough.readMany({ clocks: ['rows'], requests }, { load: loading, ...how });
  /** A load that has begun, of which nothing comes before it is told what. */
  const late = async (requests: readonly ReadRequest<string>[]) => {
    let arrive!: (brought: Loaded<string>[]) => void;
    let fail!: (error: Error) => void;
    let found!: Promise<string[]>;
    await new Promise<void>((begun) => {
      const load = () => {
        begun();
        return new Promise<Loaded<string>[]>((...ends) => ([arrive, fail] = ends));
      };
      found = read(requests, { load });
    });
    found.catch(() => undefined);
    return { found, arrive: () => arrive(loaded(requests, payload)), bring: arrive, fail };
  };
  return { readThrough, heard, loads, read, late };
}

/** When somebody has found that another process loads this. */
const waitedFor = (store: SharedStore, times: number) =>
  vi.waitFor(() => expect(store.asked.length).toBeGreaterThanOrEqual(times), { interval: 1 });

it('what another process loads is waited for by all who ask, and loaded by none of them', async () => {
  const store = sharedStore();
  const [p, q] = [processOver(store, 'p'), processOver(store, 'q')];
  const first = await p.late([a]);
  const others = Promise.all([q.read([a]), q.read([a]), q.read([a])]);
  await waitedFor(store, 3);
  first.arrive();
  expect(await others).toEqual(Array.from({ length: 3 }, () => ['p of a as stored']));
  expect(await first.found).toEqual(['p of a']);
  expect(q.loads).toEqual([]);
  expect(q.heard.filter((name) => /^load|^entry:(hit|filled)/.test(name)).toSorted()).toEqual([
    'load:awaited',
    'load:joined',
    'load:joined',
  ]);
  await p.readThrough.settled();
  await vi.waitFor(() => expect(store.leases.size).toBe(0));
});

it('a hit asks for no lease', async () => {
  const store = sharedStore();
  const p = processOver(store, 'p');
  await p.read([a]);
  await p.readThrough.settled();
  expect(await p.read([a])).toEqual(['p of a as stored']);
  expect(store.asked).toEqual([['a']]);
});

it('a write to the row while it is loaded ends the wait for it: what it brings would be too old', async () => {
  const store = sharedStore();
  const [p, q] = [processOver(store, 'p'), processOver(store, 'q')];
  const first = await p.late([a]);
  const other = q.read([a]);
  await waitedFor(store, 2);
  await store.advance([{ clock: 'rows', rows: ['a'] }]);
  expect(await other).toEqual(['q of a']);
  first.arrive();
  await first.found;
  await p.readThrough.settled();
  expect(p.heard.at(-1)).toBe('entry:skipped');
  expect(await p.read([a])).toEqual(['q of a as stored']);
});

it('a write to another row ends no wait', async () => {
  const store = sharedStore();
  const [p, q] = [processOver(store, 'p'), processOver(store, 'q')];
  const first = await p.late([a]);
  await store.advance([{ clock: 'rows', rows: ['b'] }]);
  const other = q.read([a]);
  await waitedFor(store, 3);
  first.arrive();
  expect(await other).toEqual(['p of a as stored']);
});

it('an entry that stood there before is no answer, though somebody loads it anew', async () => {
  const store = sharedStore();
  const [p, q] = [processOver(store, 'p'), processOver(store, 'q', HASTY)];
  await p.read([a]);
  await p.readThrough.settled();
  await store.advance([{ clock: 'rows', rows: ['a'] }]);
  await p.late([a]);
  expect(await q.read([a])).toEqual(['q of a']);
});

it('a process that never stores what it loads keeps nobody beyond their budget', async () => {
  const store = sharedStore();
  const [p, q] = [processOver(store, 'p'), processOver(store, 'q', HASTY)];
  await p.late([a]);
  expect(await Promise.all([q.read([a]), q.read([a])])).toEqual([['q of a'], ['q of a']]);
  expect(q.loads).toEqual([['a']]);
  // What it has stored all the same is there for everybody.
  await q.readThrough.settled();
  expect(await q.read([a])).toEqual(['q of a as stored']);
});

it.each<[string, (first: Awaited<ReturnType<ReturnType<typeof processOver>['late']>>) => void]>([
  ['may not be stored', ({ bring }) => bring([{ own: 'own', payload: 'p', skipped: { reason: 'volatile' } }])],
  ['has nothing to store', ({ bring }) => bring([{ own: 'own' }])],
  ['comes to nothing', ({ fail }) => fail(new Error('reset'))],
])('once a load %s, nobody waits for it or for the next one', async (_, end) => {
  const store = sharedStore();
  const [p, q, r] = [processOver(store, 'p'), processOver(store, 'q'), processOver(store, 'r')];
  const first = await p.late([a]);
  const other = q.late([a]);
  await waitedFor(store, 2);
  end(first);
  await other;
  // The other one has begun, and does not end.
  expect(await r.read([a])).toEqual(['r of a']);
});

it('some keys are loaded while others are waited for, and none twice', async () => {
  const store = sharedStore();
  const [p, q] = [processOver(store, 'p'), processOver(store, 'q')];
  const first = await p.late([a]);
  const batch = q.read([a, b]);
  expect(await q.read([b])).toEqual(['q of b']);
  await q.readThrough.settled();
  first.arrive();
  expect(await batch).toEqual(['p of a as stored', 'q of b']);
  expect(q.loads).toEqual([['b']]);
});

it('what another process has stored is there at once, also while the rest of its batch is loaded', async () => {
  const store = sharedStore();
  const [p, q] = [processOver(store, 'p'), processOver(store, 'q')];
  const first = await p.late([a]);
  const batch = await q.late([a, b]);
  const other = q.read([a]);
  await vi.waitFor(() => expect(q.heard.filter((name) => name === 'entry:missed')).toHaveLength(3), { interval: 1 });
  first.arrive();
  expect(await other).toEqual(['p of a as stored']);
  batch.bring(loaded([b], 'q'));
  expect(await batch.found).toEqual(['p of a as stored', 'q of b']);
});

it('those whose wait was in vain are loaded together', async () => {
  const store = sharedStore();
  const [p, q] = [processOver(store, 'p'), processOver(store, 'q', HASTY)];
  await p.late([a, b]);
  expect(await q.read([a, request('c'), b])).toEqual(['q of a', 'q of c', 'q of b']);
  expect(q.loads).toEqual([['c'], ['a', 'b']]);
});

it('who waits for another process has no place among the loads', async () => {
  const store = sharedStore();
  const [p, q] = [processOver(store, 'p'), processOver(store, 'q')];
  const first = await p.late([a]);
  const limit = new Limit(1);
  const waiting = q.read([a], { limit });
  await waitedFor(store, 2);
  expect(await q.read([b], { limit })).toEqual(['q of b']);
  first.arrive();
  expect(await waiting).toEqual(['p of a as stored']);
});

it.each<[string, (store: SharedStore) => unknown, string[]]>([
  [
    'rejects',
    (store) => vi.spyOn(store, 'lease').mockRejectedValue(new Error('refused')),
    ['entry:missed', 'store:failed lease', 'entry:filled'],
  ],
  [
    'says nothing',
    (store) => vi.spyOn(store, 'lease').mockResolvedValue(undefined as never),
    ['entry:missed', 'entry:filled'],
  ],
])('a store that %s when it is asked for a lease keeps nobody', async (_, breaks, heard) => {
  const store = sharedStore();
  const [p, q] = [processOver(store, 'p'), processOver(store, 'q')];
  await p.late([a]);
  breaks(store);
  expect(await q.read([a])).toEqual(['q of a']);
  await q.readThrough.settled();
  expect(q.heard).toEqual(heard);
});

it('a store that fails while somebody waits keeps them no longer', async () => {
  const store = sharedStore();
  const [p, q] = [processOver(store, 'p'), processOver(store, 'q')];
  await p.late([a]);
  const waiting = q.read([a]);
  await waitedFor(store, 2);
  vi.spyOn(store, 'read').mockRejectedValue(new Error('gone'));
  expect(await waiting).toEqual(['q of a']);
});

it('a last look for which too little of the budget is left keeps nobody, and is no failure of the store', async () => {
  const store = sharedStore();
  const [p, q] = [processOver(store, 'p'), processOver(store, 'q')];
  await p.late([a]);
  const waiting = q.read([a]);
  await waitedFor(store, 2);
  const late = new StoreError('It did not answer within 250 ms.', 'late');
  for (const asked of ['read', 'lease'] as const) vi.spyOn(store, asked).mockRejectedValue(late);
  expect(await waiting).toEqual(['q of a']);
  expect(q.heard).toEqual(['entry:missed']);
});

it('a table that is held while somebody waits keeps them no longer', async () => {
  const store = sharedStore();
  const [p, q] = [processOver(store, 'p'), processOver(store, 'q')];
  await p.late([a]);
  const waiting = q.read([a]);
  await waitedFor(store, 2);
  const read = store.read.bind(store);
  vi.spyOn(store, 'read').mockImplementation(async (...asked) => {
    const { clocks, ...rest } = await read(...asked);
    return { ...rest, clocks: clocks.map((state) => ({ ...state, held: true })) };
  });
  expect(await waiting).toEqual(['q of a']);
});

it('an entry that cannot be decoded is no answer', async () => {
  const store = sharedStore();
  const [p, q] = [processOver(store, 'p'), processOver(store, 'q', HASTY)];
  const first = await p.late([a]);
  const decode = (payload: string, isStored: boolean) => {
    if (isStored) throw new Error('forged');
    return payload;
  };
  const waiting = q.read([{ ...a, decode }]);
  await waitedFor(store, 2);
  first.arrive();
  expect(await waiting).toEqual(['q of a']);
  expect(q.heard).toContain('entry:corrupt');
});

it('a load that another one waits for waits for nobody', async () => {
  const store = sharedStore();
  const [p, q] = [processOver(store, 'p'), processOver(store, 'q')];
  await p.late([a]);
  expect(await q.read([a], { isNested: true })).toEqual(['q of a']);
  expect(store.asked).toEqual([['a']]);
});

it('more keys than are worth it are loaded without leases', async () => {
  const store = sharedStore();
  const [p, q] = [processOver(store, 'p'), processOver(store, 'q')];
  await p.late([a]);
  const many = [a, ...Array.from({ length: 200 }, (_, i) => request(`key ${i}`))];
  expect(await q.read(many)).toHaveLength(201);
  expect(store.asked).toEqual([['a']]);
});

it.each([
  ['was stored', (found: Loaded<string>[]) => found],
  ['brought nothing to store', () => [{ own: 'no row' }]],
])('an application that closes waits until the lease of a load that %s is given back', async (_, brings) => {
  const store = sharedStore();
  let answer!: () => void;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const given: string[] = [];
  const endLease = store.endLease.bind(store);
  store.endLease = async (...asked) => {
    await answered;
    await endLease(...asked);
    given.push('given back');
  };
  const p = processOver(store, 'p');
  const first = await p.late([a]);
  first.bring(brings(loaded([a], 'p')));
  await first.found;
  const closed = p.readThrough.close(PATIENT).then(() => given.push('closed'));
  setImmediate(answer);
  await closed;
  expect(given).toEqual(['given back', 'closed']);
});

it('but not for a store that does not take it back', async () => {
  const store = sharedStore();
  store.endLease = () => new Promise(() => undefined);
  const p = processOver(store, 'p');
  await p.read([a]);
  await p.readThrough.close(HASTY);
  expect(store.leases.size).toBe(1);
});
