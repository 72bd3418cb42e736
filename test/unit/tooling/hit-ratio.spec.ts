import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';

interface Row {
  readonly id: number;
  readonly [column: string]: unknown;
}

interface Change {
  readonly table: string;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

interface Table {
  get(id: number): Row | undefined;
  by(column: string, value: unknown): Row[];
  put(row: Row): Change;
  delete(id: number): Change;
}

type Conditions = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

interface Cache {
  read(entry: { readonly key: string; readonly conditions: Conditions; readonly result: string }): boolean;
  write(change: Change): void;
}

interface Rows {
  readonly cards: Table;
}

interface Read {
  readonly kind: 'detail' | 'list';
  readonly key: string;
  readonly isOrdered?: boolean;
  load(): Promise<unknown>;
  expected(rows: Rows): unknown;
  conditions(rows: Rows): Conditions;
}

interface Write {
  write(): Promise<Change[]>;
}

interface Count {
  readonly hits: number;
  readonly reads: number;
}

interface Counted {
  readonly tallies: Readonly<Record<string, { readonly all: Count; readonly details: Count; readonly lists: Count }>>;
  readonly writes: number;
  readonly needless: ReadonlyMap<string, number>;
}

type WasHit = (read: () => Promise<void>) => Promise<{ isHit: boolean; loss: string | undefined }>;

interface Harness {
  readonly OURS: string;
  readonly IDEAL: string;
  readonly Table: new (name: string, indexed?: readonly string[]) => Table;
  readonly TableLevelCache: new () => Cache;
  readonly EqualityCache: new () => Cache;
  readonly IdealCache: new () => Cache;
  resultText(result: unknown, isOrdered?: boolean): string;
  weighted<T>(choices: readonly (readonly [number, T])[], random: () => number): T;
  countHits(operations: Iterable<Read | Write>, on: { readonly rows: Rows; readonly wasHit: WasHit }): Promise<Counted>;
  judged(scenario: { readonly name: string; readonly about: string }, counted: Counted): { readonly passes: boolean };
}

const files = ['names', 'rows', 'caches', 'comparable', 'choose', 'count', 'report'];

let harness: Harness;

beforeAll(async () => {
  const folder = resolve(import.meta.dirname, '../../../bench/hit-ratio/harness');
  const modules = await Promise.all(files.map((file) => import(pathToFileURL(resolve(folder, `${file}.mjs`)).href)));
  harness = Object.assign({}, ...(modules as object[])) as Harness;
});

let cards: Table;

beforeEach(() => {
  cards = new harness.Table('card', ['board']);
  cards.put({ id: 1, board: 1, title: 'a' });
  cards.put({ id: 2, board: 2, title: 'b' });
});

describe('A table of the hit ratio', () => {
  it('tells what a row was and is', () => {
    const [before, after] = [cards.get(1), { id: 1, board: 2, title: 'a' }];
    expect(cards.put(after)).toEqual({ table: 'card', before, after });
    expect(cards.delete(1)).toEqual({ table: 'card', before: after, after: undefined });
  });

  it('finds rows where they have moved to, and nowhere else', () => {
    cards.put({ id: 1, board: 2, title: 'a' });
    expect(cards.by('board', 1)).toEqual([]);
    expect(cards.by('board', 2).map(({ id }) => id)).toEqual([2, 1]);
    cards.delete(2);
    expect(cards.by('board', 2).map(({ id }) => id)).toEqual([1]);
  });
});

describe('A result', () => {
  it('is the same text whatever the order of properties and of rows', () => {
    const [one, other] = [{ id: 1, users: [{ id: 3 }, { id: 2 }] }, { id: 2 }];
    expect(harness.resultText([other, { users: one.users.toReversed(), id: 1 }])).toBe(
      harness.resultText([one, other]),
    );
  });

  it('of an ordered query is another one in another order', () => {
    const rows = [{ id: 1 }, { id: 2 }];
    expect(harness.resultText(rows.toReversed(), true)).not.toBe(harness.resultText(rows, true));
  });

  it('keeps dates apart', () => {
    expect(harness.resultText({ at: new Date(1) })).not.toBe(harness.resultText({ at: new Date(2) }));
  });
});

describe('A table-level cache', () => {
  it('drops what reads the table, and nothing else', () => {
    const cache = new harness.TableLevelCache();
    const [card, user] = [entry({ card: [{ id: 1 }] }), { ...entry({ user: [{}] }), key: 'user' }];
    expect([cache.read(card), cache.read(user)]).toEqual([false, false]);
    cache.write(cards.put({ id: 2, board: 2, title: 'c' }));
    expect([cache.read(card), cache.read(user)]).toEqual([false, true]);
  });
});

describe('A cache with equality conditions', () => {
  it('drops what the row was part of, and what it is part of now', () => {
    const cache = new harness.EqualityCache();
    const boards = [1, 2, 3].map((board) => ({ ...entry({ card: [{ board }] }), key: `board ${board}` }));
    for (const board of boards) cache.read(board);
    cache.write(cards.put({ id: 1, board: 2, title: 'a' }));
    expect(boards.map((board) => cache.read(board))).toEqual([false, false, true]);
  });

  it('asks for all of one way and for any of several', () => {
    const cache = new harness.EqualityCache();
    const both = { ...entry({ card: [{ board: 1, title: 'x' }] }), key: 'both' };
    const either = { ...entry({ card: [{ board: 5 }, { board: 1 }] }), key: 'either' };
    for (const each of [both, either]) cache.read(each);
    cache.write(cards.put({ id: 1, board: 1, title: 'c' }));
    expect([cache.read(both), cache.read(either)]).toEqual([true, false]);
  });

  it('drops with any write what reads a table without conditions', () => {
    const cache = new harness.EqualityCache();
    cache.read(entry({ card: [{}] }));
    cache.write(cards.delete(1));
    expect(cache.read(entry({ card: [{}] }))).toBe(false);
  });
});

describe('An ideal cache', () => {
  it('has a hit as long as the result is the same', () => {
    const cache = new harness.IdealCache();
    const results = ['a', 'a', 'b', 'b'].map((result) => cache.read({ ...entry({}), result }));
    expect(results).toEqual([false, true, false, true]);
  });
});

describe('Counting hits', () => {
  it('tells all caches of the same reads and writes', async () => {
    const { tallies, writes } = await count([detail(), detail(), write('c'), detail(), detail()], [0, 1, 0, 1]);
    expect(writes).toBe(1);
    const { details, lists, all } = tallies[harness.IDEAL]!;
    expect([details, lists, all]).toEqual([
      { hits: 2, reads: 4 },
      { hits: 0, reads: 0 },
      { hits: 2, reads: 4 },
    ]);
    for (const tally of Object.values(tallies)) expect(tally.all).toEqual(all);
  });

  it('ends with a read that shows other rows than were written', async () => {
    const stale = { ...detail(), load: async () => ({ id: 1, board: 1, title: 'old' }) };
    await expect(count([stale], [0])).rejects.toThrow('A read of card_1 showed other rows than were written');
  });

  it('ends with a hit whose result has changed', async () => {
    const narrow = { ...detail(), conditions: () => ({ card: [{ id: 404 }] }) };
    await expect(count([narrow, write('c'), narrow], [0, 0])).rejects.toThrow(
      'A read of card_1 counts as a hit of a cache with equality conditions',
    );
    await expect(count([detail(), write('d'), detail()], [0, 1])).rejects.toThrow(`a hit of ${harness.OURS}`);
  });
});

describe('The share of the ideal hits', () => {
  it('passes from its target on', () => {
    const share = (hits: number) => {
      const tally = (of: number) => ({ all: { hits: of, reads: 200 } }) as Counted['tallies'][string];
      const tallies = { [harness.OURS]: tally(hits), [harness.IDEAL]: tally(100) };
      return harness.judged({ name: 'board', about: '' }, { tallies, writes: 0, needless: new Map([['a write', 3]]) });
    };
    expect(share(95)).toMatchObject({ share: 0.95, target: 0.95, passes: true });
    expect(share(94)).toMatchObject({ share: 0.94, passes: false, lost: [{ to: 'a write', hits: 3 }] });
  });
});

describe('A weighted choice', () => {
  it('is as likely as its weight', () => {
    const choices = [
      [3, 'often'],
      [0, 'never'],
      [1, 'seldom'],
    ] as const;
    const chosen = [0, 0.74, 0.75, 0.99].map((at) => harness.weighted<string>(choices, () => at));
    expect(chosen).toEqual(['often', 'often', 'seldom', 'seldom']);
  });
});

function entry(conditions: Conditions) {
  return { key: 'card', conditions, result: '' };
}

function detail(): Read {
  return {
    kind: 'detail',
    key: 'card_1',
    load: async () => cards.get(1),
    expected: (rows) => rows.cards.get(1),
    conditions: () => ({ card: [{ id: 1 }] }),
  };
}

function write(title: string): Write {
  return { write: async () => [cards.put({ id: 1, board: 1, title })] };
}

/** @param hits whether each read is a hit of ours */
function count(operations: readonly (Read | Write)[], hits: readonly (0 | 1)[]): Promise<Counted> {
  const left = [...hits];
  return harness.countHits(operations, {
    rows: { cards },
    wasHit: async (read) => {
      await read();
      const isHit = left.shift() === 1;
      return { isHit, loss: isHit ? undefined : 'a write' };
    },
  });
}
