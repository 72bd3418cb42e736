import { createCache } from 'cache-manager';
import { setImmediate as turn } from 'node:timers/promises';
import { cacheStoreContract, type StoreUnderTest } from 'nestjs-qscache/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type {
  CacheStore,
  ClockQuery,
  ClockState,
  ClocksRead,
  ClockWrite,
  EntriesRead,
  Lease,
  Work,
} from '../../lib/index.js';
import { MemoryStore } from '../../lib/store/memory.store.js';
import { markOf } from '../../lib/store/text-mark.js';

const LIFETIME_MS = 60_000;

const METHODS = [
  'read',
  'vouchesFor',
  'touch',
  'put',
  'replace',
  'remove',
  'lease',
  'endLease',
  'hold',
  'release',
  'advance',
] as const;

type Break = (store: MemoryStore) => Partial<CacheStore>;

/** Titles of the contract's tests that a store in memory, broken so, does not pass; or what else is told of them. */
async function failuresOf(
  broken: Break,
  told: (title: string, error: unknown) => string = (title) => title,
  about: Partial<StoreUnderTest> = {},
): Promise<string[]> {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const tests: { title: string; run: () => Promise<void> }[] = [];
  let chapter = '';
  const runner = {
    describe: (title: string, body: () => void) => {
      chapter = title;
      body();
    },
    it: (title: string, run: () => Promise<void>) => void tests.push({ title: `${chapter} ${title}`, run }),
  };
  cacheStoreContract(runner, (budgetMs) => {
    const whole = new MemoryStore(createCache(), { budgetMs, isAlone: true });
    const store = new MemoryStore(createCache(), { budgetMs });
    // What is not broken is the same store's, with its clocks and entries.
    for (const name of METHODS) {
      Object.assign(store, { [name]: (whole[name] as (...args: never[]) => unknown).bind(whole) });
    }
    Object.assign(store, broken(whole));
    return { store, other: whole, elapse: async (ms) => void vi.setSystemTime(Date.now() + ms), ...about };
  });
  const failed: string[] = [];
  for (const { title, run } of tests) await run().catch((error: unknown) => failed.push(told(title, error)));
  return failed;
}

const changed = async <R extends ClocksRead>(
  read: Promise<R>,
  change: (clock: ClockState) => ClockState,
): Promise<R> => {
  const found = await read;
  return { ...found, clocks: found.clocks.map(change) };
};

/** Answers of journals in another way. */
const journals = (
  store: MemoryStore,
  answer: (changes: readonly string[] | undefined, clock: ClockState, query: ClockQuery) => typeof changes,
): Partial<CacheStore> => ({
  read: async (keys, queries, budget) => {
    const found = await store.read(keys, queries, budget);
    const clocks = found.clocks.map((clock, i) => {
      const query = queries[i]!;
      return query.since === undefined ? clock : { ...clock, changes: answer(clock.changes, clock, query) };
    });
    return { ...found, clocks };
  },
});

/** Stands for a write that has told nothing. */
const GAP = '(gap)';

const breaks: [string, Break, RegExp][] = [
  [
    'trims texts',
    (store) => ({ put: (key, text, ms) => store.put(key, text.trim(), ms) }),
    /entries come back as they were/,
  ],
  [
    'keeps entries for ever',
    (store) => ({ put: (key, text) => store.put(key, text, LIFETIME_MS) }),
    /entries are gone after/,
  ],
  ['removes nothing', () => ({ remove: async () => undefined }), /entries are gone once removed/],
  [
    'mixes entries up',
    (store) => ({
      read: async (...asked: [readonly string[], readonly ClockQuery[]]): Promise<EntriesRead> => {
        const read = await store.read(...asked);
        return { ...read, entries: read.entries.filter((entry) => entry !== undefined) };
      },
    }),
    /entries come in the order/,
  ],
  [
    'counts from 1',
    (store) => ({
      read: (keys, queries) =>
        changed(store.read(keys, queries), (clock) => ({
          ...clock,
          now: clock.now - 1e15,
          unknown: clock.unknown - 1e15,
          rows: clock.rows.map((row) => row - 1e15),
        })),
    }),
    /clocks are made by the first who asks/,
  ],
  [
    'has another epoch each time',
    (store) => ({
      read: async (keys, queries) => ({ ...(await store.read(keys, queries)), epoch: String(Math.random()) }),
    }),
    /clocks of several tables come/,
  ],
  ['hears of no write', () => ({ advance: async () => undefined }), /clocks of a written row follow/],
  [
    'takes every write for one of unknown rows',
    (store) => ({ advance: (writes, hold) => store.advance(writes.map(unknownRows), hold) }),
    /no write of unknown rows is counted/,
  ],
  [
    'takes unknown rows for new ones',
    (store) => ({ advance: (writes, hold) => store.advance(writes.map(newRows), hold) }),
    /clocks of rows stay when the rows are unknown/,
  ],
  [
    'hears of the first write of several',
    (store) => ({ advance: (writes, hold) => store.advance(writes.slice(0, 1), hold) }),
    /clocks of several tables advance in one call/,
  ],
  [
    'makes a clock for a write',
    (store) => ({
      advance: async (writes, hold) => {
        const queries = writes.map(({ clock }) => ({ clock, rows: [] }));
        await store.touch(queries, LIFETIME_MS);
        await store.advance(writes, hold);
      },
    }),
    /clocks of a table nobody cached stay absent/,
  ],
  [
    'confuses names by their case',
    (store) => ({
      read: (keys, queries) => store.read(keys, queries.map(lowered)),
      touch: (queries, ms) => store.touch(queries.map(lowered), ms),
      advance: (writes, hold) => store.advance(writes.map(lowered), hold),
    }),
    /clocks of tables and rows with similar names/,
  ],
  [
    'forgets what rows are named by',
    (store) => ({
      touch: (queries, ms) =>
        store.touch(
          queries.map(({ clock, rows }) => ({ clock, rows })),
          ms,
        ),
      advance: (writes, hold) =>
        store.advance(
          writes.map((write) => ({ ...write, key: '' })),
          hold,
        ),
    }),
    /different keys are unknown to a write that names them by another key/,
  ],
  [
    'lets clocks die early',
    (store) => ({ touch: (queries) => store.touch(queries, 100) }),
    /kept as long as the latest fill/,
  ],
  ['holds nothing', () => ({ hold: async () => undefined }), /a hold makes its tables a miss/],
  [
    'blocks at once',
    (store) => ({
      read: (keys, queries) => changed(store.read(keys, queries), (clock) => ({ ...clock, held: true })),
    }),
    /a hold blocks nothing while it is younger/,
  ],
  [
    'waits for dead writers for ever',
    (store) => ({ hold: (clocks, id, _, frees) => store.hold(clocks, id, LIFETIME_MS, frees) }),
    /a hold past its deadline/,
  ],
  [
    'begins a renewed hold anew',
    (store) => ({
      hold: async (clocks, id, deadlineMs, frees) => {
        await store.release(clocks, id);
        await store.hold(clocks, id, deadlineMs, frees);
      },
    }),
    /a hold that is renewed has another deadline/,
  ],
  ['releases nothing', () => ({ release: async () => undefined }), /a hold that is released blocks nothing/],
  [
    'releases no hold with an advance',
    (store) => ({ advance: (writes) => store.advance(writes) }),
    /taken back by the advance/,
  ],
  [
    'takes each write for one that frees no key',
    (store) => ({ hold: (clocks, id, deadlineMs) => store.hold(clocks, id, deadlineMs, false) }),
    /a hold of a write that may free keys makes/,
  ],
  [
    'takes each write for one that may free keys',
    (store) => ({ hold: (clocks, id, deadlineMs) => store.hold(clocks, id, deadlineMs, true) }),
    /a hold of a write that frees no keys/,
  ],
  [
    'gives nobody work',
    () => ({ lease: async (work: readonly Work[]) => work.map((): Lease => 'taken') }),
    /work is whose who asks first/,
  ],
  [
    'takes what its reader knows for what is stored',
    (store) => ({
      read: async (keys, queries, budget, known = []) => {
        const read = await store.read(keys, queries, budget);
        return { ...read, entries: read.entries.map((text, i) => known[i] ?? text) };
      },
    }),
    /an entry in hand is not what another text begins with/,
  ],
  [
    'takes what was known of a text that is gone for stored',
    (store) => ({
      read: async (keys, queries, budget, known = []) => {
        const read = await store.read(keys, queries, budget);
        return { ...read, entries: read.entries.map((text, i) => (text === undefined ? known[i] : text)) };
      },
    }),
    /an entry in hand is gone after the lifetime/,
  ],
  [
    'answers with less than what its reader knows',
    (store) => ({
      read: async (keys, queries, budget, known = []) => {
        const read = await store.read(keys, queries, budget);
        return { ...read, entries: read.entries.map((text, i) => (known[i] ? text?.slice(0, 8) : text)) };
      },
    }),
    /an entry in hand comes back whole/,
  ],
  [
    'asks no clock for who has an entry in hand',
    (store) => {
      let before: ClocksRead['clocks'] = [];
      return {
        touch: async (...asked) => {
          const read = await store.touch(...asked);
          before = read.clocks;
          return read;
        },
        read: async (keys, queries, budget, known) => {
          const read = await store.read(keys, queries, budget);
          return known && before.length === queries.length ? { ...read, clocks: before } : read;
        },
      };
    },
    /an entry in hand comes with clocks that are asked anew/,
  ],
  [
    'vouches for what is written',
    (store) => ({ vouchesFor: (key, entry) => store.vouchesFor(key, { ...entry, dependencies: [] }) }),
    /an entry in hand is not vouched for once it is written/,
  ],
  [
    'vouches for what is dated after what the clock shows',
    (store) => {
      let now = Infinity;
      return {
        touch: async (...asked) => {
          const read = await store.touch(...asked);
          now = read.clocks[0]?.now ?? now;
          return read;
        },
        vouchesFor: (key, entry) => {
          const dependencies = entry.dependencies.map((each) => ({ ...each, asOf: Math.min(each.asOf, now) }));
          return store.vouchesFor(key, { ...entry, dependencies });
        },
      };
    },
    /an entry in hand is not vouched for where it is dated after/,
  ],
  [
    'vouches for another epoch',
    (store) => {
      let epoch = '';
      return {
        read: async (keys, queries, budget) => {
          const read = await store.read(keys, queries, budget);
          epoch = read.epoch;
          return read;
        },
        vouchesFor: (key, entry) => store.vouchesFor(key, { ...entry, epoch }),
      };
    },
    /an entry in hand is not vouched for where it is another one, or of another epoch/,
  ],
  [
    'vouches for what was replaced',
    (store) => {
      const marks = new Map<string, string>();
      return {
        put: (key, text, ms) => (marks.set(key, markOf(text)), store.put(key, text, ms)),
        vouchesFor: (key, entry) => store.vouchesFor(key, { ...entry, mark: marks.get(key) ?? '' }),
      };
    },
    /an entry in hand is not vouched for once it is gone or replaced/,
  ],
  [
    'vouches for what is past its lifetime',
    (store) => ({ put: (key, text) => store.put(key, text, LIFETIME_MS) }),
    /an entry in hand is not vouched for past its lifetime/,
  ],
  [
    'vouches for what is held',
    (store) => ({
      vouchesFor: (key, entry) => {
        const now = Date.now();
        vi.setSystemTime(0);
        try {
          return store.vouchesFor(key, entry);
        } finally {
          vi.setSystemTime(now);
        }
      },
    }),
    /an entry in hand is not vouched for while a hold/,
  ],
  [
    'vouches by an answer, whatever is written since',
    (store) => ({
      read: async (keys, queries, budget) => ({
        ...(await store.read(keys, queries, budget)),
        standing: { isStanding: true },
      }),
      vouchesFor: (_key, { standing }) => standing?.isStanding ?? false,
    }),
    /an entry in hand is not vouched for, by whatever answer, once this very store was told/,
  ],
  [
    'vouches by an answer with a hold in sight',
    (store) => {
      const given: { isStanding: boolean }[] = [];
      const endAll = () => {
        for (const standing of given) standing.isStanding = false;
      };
      return {
        read: async (keys, queries, budget) => {
          const standing = { isStanding: true };
          given.push(standing);
          return { ...(await store.read(keys, queries, budget)), standing };
        },
        vouchesFor: (_key, { standing }) => standing?.isStanding ?? false,
        advance: (...asked) => (endAll(), store.advance(...asked)),
        remove: (keys) => (endAll(), store.remove(keys)),
      };
    },
    /an entry in hand is not vouched for by an answer with a hold in sight/,
  ],
  [
    'answers with a gap in its journal',
    (store) => ({
      ...journals(store, (changes) => changes?.filter((change) => change !== GAP)),
      advance: (writes, hold) =>
        store.advance(
          writes.map((write) => ({ ...write, change: write.change || GAP })),
          hold,
        ),
    }),
    /a journal has a gap where a write tells of no change/,
  ],
  [
    'tells of a change before its clock has counted it',
    (store) => {
      let first = 0;
      let sent: string[] = [];
      return {
        ...journals(store, (changes, _, { since }) => changes && sent.slice(since! - first)),
        touch: async (...asked) => {
          const read = await store.touch(...asked);
          first = read.clocks[0]!.now;
          sent = [];
          return read;
        },
        advance: async (writes, hold) => {
          sent.push(...writes.map(({ change }) => change!));
          await turn();
          await store.advance(writes, hold);
        },
      };
    },
    /a journal is of the moment that its clock is of/,
  ],
  [
    'leaves the first change out',
    (store) => journals(store, (changes) => changes?.slice(1)),
    /a journal tells what every write since then has changed/,
  ],
  [
    'leaves the last change out',
    (store) => journals(store, (changes) => changes?.slice(0, -1)),
    /a journal tells what every write since then has changed/,
  ],
  [
    'tells the newest change first',
    (store) => journals(store, (changes) => changes?.toReversed()),
    /a journal tells what every write since then has changed/,
  ],
  [
    'answers with what is left of a journal that was cut',
    (store) => {
      const sent: string[] = [];
      return {
        ...journals(store, (changes, { now }, { since }) => (now - since! > 128 ? sent.slice(-128) : changes)),
        advance: (writes, hold) => (sent.push(...writes.map(({ change }) => change!)), store.advance(writes, hold)),
      };
    },
    /a journal has the last 128 changes, and all or nothing of more/,
  ],
  [
    'keeps a journal of half the length',
    (store) => journals(store, (changes) => (changes && changes.length > 64 ? undefined : changes)),
    /a journal has the last 128 changes/,
  ],
  [
    'keeps a journal whose clock is lost',
    (store) => {
      const sent: string[] = [];
      return {
        ...journals(store, (changes, { now }, { since }) => (now - since! > 1_000 ? sent : changes)),
        advance: (writes, hold) => (sent.push(...writes.map(({ change }) => change!)), store.advance(writes, hold)),
      };
    },
    /a journal is lost with its clock/,
  ],
  [
    'takes what was told before a clock was there for its journal',
    (store) => {
      const sent: string[] = [];
      return {
        ...journals(store, (changes, { now }, { since }) => {
          return now > since! && sent.length >= now - since! ? sent.slice(since! - now) : changes;
        }),
        advance: (writes, hold) => (sent.push(...writes.map(({ change }) => change!)), store.advance(writes, hold)),
      };
    },
    /a journal tells nothing of what was before its clock/,
  ],
  [
    'knows of nothing to be told since a moment that has not come',
    (store) => journals(store, (changes, { now }, { since }) => (since! > now ? [] : changes)),
    /a journal tells nothing of .* a moment that has not come/,
  ],
  [
    'has a journal of a settled hold',
    (store) => {
      const sent: string[] = [];
      return {
        ...journals(store, (changes, { now, unknown }, { since }) =>
          !changes && unknown > since! && now - since! === sent.length + 1 ? sent : changes,
        ),
        advance: (writes, hold) => (sent.push(...writes.map(({ change }) => change!)), store.advance(writes, hold)),
      };
    },
    /a journal knows nothing of what a hold has advanced/,
  ],
  [
    'tells of a contested key',
    (store) => ({
      advance: (writes, hold) =>
        store.advance(
          writes.map((write) => ({ ...write, takesKeys: false })),
          hold,
        ),
    }),
    /a journal knows nothing of a write that takes a key while a hold may free one/,
  ],
  [
    'tells a journal while its clock is held',
    (store) => {
      const sent: string[] = [];
      return {
        ...journals(store, (changes, { held }) => (held ? sent : changes)),
        advance: (writes, hold) => (sent.push(...writes.map(({ change }) => change!)), store.advance(writes, hold)),
      };
    },
    /a journal is told to nobody while a hold is in sight, however young/,
  ],
  [
    'keeps one journal for all clocks',
    (store) => {
      const sent: string[] = [];
      return {
        ...journals(store, (changes) => changes && [...sent]),
        advance: (writes, hold) => (sent.push(...writes.map(({ change }) => change!)), store.advance(writes, hold)),
      };
    },
    /a journal is asked for beside rows, other clocks and entries, and is of its own clock/,
  ],
  [
    'reads journals and no entries beside them',
    (store) => ({
      read: async (keys, queries, budget) => {
        const read = await store.read(keys, queries, budget);
        const isAsked = queries.some(({ since }) => since !== undefined);
        return isAsked ? { ...read, entries: read.entries.map(() => undefined) } : read;
      },
    }),
    /a journal is asked for beside rows, other clocks and entries/,
  ],
  [
    'trims changes',
    (store) => journals(store, (changes) => changes?.map((change) => change.trim())),
    /a journal comes back as it was told/,
  ],
  [
    'tells a journal to everybody',
    (store) => ({
      read: async (...asked: [readonly string[], readonly ClockQuery[]]) =>
        changed(store.read(...asked), (clock) => ({ ...clock, changes: clock.changes ?? [] })),
    }),
    /a journal is told to nobody who does not ask/,
  ],
  [
    'keeps a journal of its own process',
    (store) => {
      const sent = new Set<string>();
      return {
        ...journals(store, (changes) => changes?.filter((change) => sent.has(change))),
        advance: (writes, hold) => {
          for (const { change } of writes) sent.add(change!);
          return store.advance(writes, hold);
        },
      };
    },
    /a journal is of all processes/,
  ],
  [
    'replaces whatever stands there',
    (store) => ({ replace: (key, _, text) => store.put(key, text, 100) }),
    /an entry in hand is replaced where the stored one begins so/,
  ],
  [
    'lets what replaces an entry live anew',
    (store) => ({
      replace: async (key, mark, text) => {
        const { entries } = await store.read([key], []);
        if (entries[0]?.startsWith(mark)) await store.put(key, text, LIFETIME_MS);
      },
    }),
    /an entry in hand is replaced where the stored one begins so/,
  ],
  ['vouches for everything', () => ({ vouchesFor: () => true }), /an entry in hand is not vouched for once it is gone/],
];

/** What is done otherwise than in memory, and is as safe. */
const safe: [string, Break][] = [
  ['keeps no journal', (store) => journals(store, () => undefined)],
  [
    'keeps a journal that is longer',
    (store) => {
      const told: string[] = [];
      return {
        ...journals(store, (changes, { now, held }, { since }) => {
          const isMore = !held && now - since! > 128 && told.length >= now - since!;
          return isMore ? told.slice(since! - now) : changes;
        }),
        advance: (writes, hold) => {
          for (const { clock, change } of writes) if (clock === 'user') told.push(change!);
          return store.advance(writes, hold);
        },
      };
    },
  ],
  [
    'replaces entries',
    (store) => {
      const ends = new Map<string, number>();
      return {
        put: (key, text, ms) => (ends.set(key, Date.now() + ms), store.put(key, text, ms)),
        replace: async (key, mark, text) => {
          const { entries } = await store.read([key], []);
          if (entries[0]?.startsWith(mark)) await store.put(key, text, ends.get(key)! - Date.now());
        },
      };
    },
  ],
  ['vouches for nothing', () => ({ vouchesFor: () => false })],
  [
    'answers with what its reader knows where a text begins so',
    (store) => ({
      read: async (keys, queries, budget, known = []) => {
        const read = await store.read(keys, queries, budget);
        const answered = (text: string | undefined, i: number) =>
          known[i] !== undefined && text?.startsWith(known[i]) ? known[i] : text;
        return { ...read, entries: read.entries.map(answered) };
      },
    }),
  ],
  [
    'keeps leases although it is of one process',
    () => {
      const leases = new Map<string, { readonly id: string; readonly until: number }>();
      const nameOf = ({ key, name }: Work) => JSON.stringify([key, name]);
      const free = 'everybody';
      return {
        lease: async (work: readonly Work[], id: string, lifetimeMs: number) =>
          work.map((each): Lease => {
            const known = leases.get(nameOf(each));
            if (known && known.until > Date.now())
              return known.id === free ? 'free' : known.id === id ? 'mine' : 'taken';
            leases.set(nameOf(each), { id, until: Date.now() + lifetimeMs });
            return 'mine';
          }),
        endLease: async (work: readonly Work[], id: string, freeMs = 0) => {
          for (const name of work.map(nameOf))
            if (leases.get(name)?.id === id) leases.set(name, { id: free, until: Date.now() + freeMs });
        },
      };
    },
  ],
  [
    'advances no row of a write that counts as one of unknown rows',
    (store) => {
      const freeing = new Set<string>();
      return {
        hold: (clocks, id, deadlineMs, frees = true) => {
          if (frees) freeing.add(id);
          return store.hold(clocks, id, deadlineMs, frees);
        },
        advance: (writes, hold) => {
          const isContested = [...freeing].some((id) => id !== hold);
          return store.advance(
            writes.map((write) => (write.takesKeys && isContested ? unknownRows(write) : write)),
            hold,
          );
        },
      };
    },
  ],
  [
    'advances every row it knows with a write that says what its rows are named by',
    (store) => {
      const known = new Set<string>();
      const noted = (queries: readonly ClockQuery[]) =>
        queries.flatMap(({ rows }) => rows).forEach((row) => known.add(row));
      return {
        read: (keys, queries) => (noted(queries), store.read(keys, queries)),
        touch: (queries, ms) => (noted(queries), store.touch(queries, ms)),
        advance: (writes, hold) =>
          store.advance(
            writes.map((write) => (write.key && write.rows !== 'new' ? { ...write, rows: [...known] } : write)),
            hold,
          ),
      };
    },
  ],
];

const unknownRows = (write: ClockWrite): ClockWrite => ({ ...write, rows: 'unknown' });
const newRows = (write: ClockWrite): ClockWrite => (write.rows === 'unknown' ? { ...write, rows: 'new' } : write);
const lowered = <T extends { readonly clock: string }>(about: T): T => ({ ...about, clock: about.clock.toLowerCase() });

describe('The contract of a store', () => {
  it('is kept by the store in memory', async () => {
    expect(await failuresOf(() => ({}))).toEqual([]);
  });

  it.each(safe)('is kept by one that %s', async (_, otherwise) => {
    expect(await failuresOf(otherwise)).toEqual([]);
  });

  it.each([
    ['has none and says that it has one', (store: MemoryStore) => journals(store, () => undefined), true],
    ['has one and says that it has none', () => ({}), false],
  ])('is not kept by one with a journal that %s', async (_, broken, keepsJournal) => {
    expect((await failuresOf(broken, undefined, { keepsJournal })).join('\n')).toMatch(
      /a journal is kept by a store that says so/,
    );
  });

  it('says of each failure what is wrong with the store, why that matters, and what it found', async () => {
    for (const [name, broken] of breaks) {
      for (const message of await failuresOf(broken, (_, error) => (error as Error).message))
        expect(message, name).toMatch(/^.{20,}\. It (should be .+ and )?is .+\./s);
    }
  });

  it.each(breaks)('is not kept by one that %s', async (_, broken, title) => {
    expect((await failuresOf(broken)).join('\n')).toMatch(title);
  });
});
