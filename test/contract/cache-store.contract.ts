import type { Cache } from 'cache-manager';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CacheStore, ClockState, ClockQuery } from '../../lib/store/cache-store.js';

export interface StoreUnderTest {
  readonly store: CacheStore;
  /** The CACHE_MANAGER the store was found in. */
  readonly cache: Cache;
  /** Lets the store's time pass. */
  elapse(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Every call makes an empty store. */
export type MakeStore = (budgetMs: number) => Promise<StoreUnderTest>;

const LONG = 60_000;
const SHORT = 150;
/** Of holds; long enough for a busy machine to answer in. */
const BUDGET = 250;

/** What every store promises, see cache-store.ts. */
export function cacheStoreContract(name: string, make: MakeStore): void {
  describe(`${name} keeps the contract of a store`, () => {
    let subject: StoreUnderTest;
    let store: CacheStore;

    beforeEach(async () => {
      subject = await make(2000);
      store = subject.store;
    });
    afterEach(() => subject.close());

    async function clock(clock: string, rows: readonly string[] = []): Promise<ClockState> {
      const read = await store.read([], [{ clock, rows }]);
      return read.clocks[0]!;
    }

    /** The clock as a fill leaves it. */
    async function filled(clock: string, rows: readonly string[] = [], lifetimeMs = LONG): Promise<ClockState> {
      const touched = await store.touch([{ clock, rows }], lifetimeMs);
      return touched.clocks[0]!;
    }

    async function entry(key: string): Promise<string | undefined> {
      const read = await store.read([key], [{ clock: 'any', rows: [] }]);
      return read.entries[0];
    }

    describe('entries', () => {
      it('come back as they were, whatever the text', async () => {
        const texts = fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.constantFrom('', '\0', '"', '_date_x', '{"value":1}', '😀'),
        );
        await fc.assert(
          fc.asyncProperty(texts, async (text) => {
            await store.put('example', text, LONG);
            expect(await entry('example')).toBe(text);
          }),
          { numRuns: 50 },
        );
      });

      it('come in the order of their keys, with a gap where there is none', async () => {
        await store.put('b', 'of b', LONG);
        await store.put('ключ 1', 'of ключ 1', LONG);
        const { entries } = await store.read(['a', 'b', 'ключ 1', 'c'], [{ clock: 'any', rows: [] }]);
        expect(entries).toEqual([undefined, 'of b', 'of ключ 1', undefined]);
      });

      it('are gone after their lifetime, which need not be whole', async () => {
        await store.put('example', 'text', SHORT + 0.5);
        expect(await entry('example')).toBe('text');
        await subject.elapse(SHORT + 40);
        expect(await entry('example')).toBeUndefined();
      });

      it('are gone once removed', async () => {
        await store.put('a', 'text', LONG);
        await store.put('b', 'text', LONG);
        await store.remove(['a', 'absent']);
        expect([await entry('a'), await entry('b')]).toEqual([undefined, 'text']);
      });

      it('are where cacheManager.del(key) finds them', async () => {
        await store.put('example_1', 'text', LONG);
        await subject.cache.del('example_1');
        expect(await entry('example_1')).toBeUndefined();
      });

      it('of someone else under our key are text or nothing, never an error', async () => {
        for (const value of [{ id: 1 }, 7, null, 'text', ['x']]) {
          await subject.cache.set('foreign', value, LONG);
          expect(typeof (await entry('foreign'))).toMatch(/^(string|undefined)$/);
        }
      });
    });

    describe('clocks', () => {
      it('are made by the first who asks, and start from the time in microseconds', async () => {
        const { now, unknown, rows, held } = await clock('user', ['1', '2']);
        expect(now).toBeGreaterThan(1.7e15);
        expect(Number.isSafeInteger(now)).toBe(true);
        expect({ unknown, rows, held }).toEqual({ unknown: now, rows: [now, now], held: false });
      });

      it('stay as they are while nothing is written', async () => {
        const first = await filled('user', ['1']);
        expect(await clock('user', ['1'])).toEqual(first);
        const { clocks } = await store.touch([{ clock: 'user', rows: ['1'] }], LONG);
        expect(clocks).toEqual([first]);
      });

      it('of several tables come in the order of the queries, under one epoch', async () => {
        const queries: ClockQuery[] = [
          { clock: 'user', rows: ['1', '2'] },
          { clock: 'company', rows: [] },
          { clock: 'photo', rows: ['x'] },
        ];
        const first = await store.touch(queries, LONG);
        await store.advance([{ clock: 'photo', rows: ['x'] }]);
        const second = await store.read([], queries);
        expect(first.clocks.map(({ rows }) => rows.length)).toEqual([2, 0, 1]);
        expect(second.clocks.slice(0, 2)).toEqual(first.clocks.slice(0, 2));
        expect(second.clocks[2]!.rows[0]).toBe(first.clocks[2]!.now + 1);
        expect(second.epoch).toBe(first.epoch);
        expect(first.epoch).not.toBe('');
      });

      it("of a written row follow the table's; those of others stay, and no write of unknown rows is counted", async () => {
        const { now, unknown } = await filled('user', ['1', '2', '3']);
        await store.advance([{ clock: 'user', rows: ['1', '3'] }]);
        const after = await clock('user', ['1', '2', '3']);
        expect(after).toEqual({
          now: now + 1,
          unknown,
          rows: [now + 1, now, now + 1],
          held: false,
        });
      });

      it("of rows stay when the rows are unknown: the table's counts that for all of them", async () => {
        const { now } = await filled('user', ['1']);
        await store.advance([{ clock: 'user', rows: 'unknown' }]);
        const after = await clock('user', ['1']);
        expect(after).toEqual({ now: now + 1, unknown: now + 1, rows: [now], held: false });
      });

      it("of an insert: only the table's advances", async () => {
        const { now } = await filled('user', ['1']);
        await store.advance([{ clock: 'user', rows: 'new' }]);
        const after = await clock('user', ['1']);
        expect(after).toEqual({ now: now + 1, unknown: now, rows: [now], held: false });
      });

      it('of rows come with the first who asks: what is written to others later is not theirs', async () => {
        const { now } = await clock('user', ['1']);
        await store.advance([{ clock: 'user', rows: ['2'] }]);
        expect(await clock('user', ['1'])).toMatchObject({ now: now + 1, rows: [now] });
        expect(await filled('user', ['1'])).toMatchObject({ now: now + 1, rows: [now] });
      });

      it("of a row that has none show what the table's does", async () => {
        const { now } = await clock('user');
        await store.advance([{ clock: 'user', rows: ['1'] }]);
        await store.advance([{ clock: 'user', rows: 'new' }]);
        expect((await clock('user', ['1'])).rows).toEqual([now + 2]);
      });

      it('of a table nobody cached stay absent when it is written', async () => {
        await store.advance([
          { clock: 'user', rows: ['1'] },
          { clock: 'user', rows: 'unknown' },
        ]);
        const { now, unknown, rows } = await clock('user', ['1']);
        expect(now).toBeGreaterThan(1.7e15);
        expect([unknown, rows[0]]).toEqual([now, now]);
      });

      it('of several tables advance in one call', async () => {
        const [user, company] = [await clock('user'), await clock('company')];
        await store.advance([
          { clock: 'user', rows: 'unknown' },
          { clock: 'company', rows: 'new' },
        ]);
        expect((await clock('user')).unknown).toBe(user.now + 1);
        expect((await clock('company')).now).toBe(company.now + 1);
      });

      it('count exactly', async () => {
        const { now } = await filled('user', ['1']);
        for (let i = 1; i <= 20; i++) {
          await store.advance([{ clock: 'user', rows: ['1'] }]);
          const after = await clock('user', ['1']);
          expect([after.now, after.rows[0]]).toEqual([now + i, now + i]);
        }
      });

      it('of tables and rows with similar names are different clocks', async () => {
        const names = ['a', '{a', 'a}', '{a}', 'a%7D', 'a:1', 'a}:1', 'A', 'ä'];
        const queries = names.map((clock) => ({ clock, rows: names }));
        const before = (await store.touch(queries, LONG)).clocks;
        for (const [i, clock] of names.entries())
          await store.advance([{ clock, rows: [names[(i + 1) % names.length]!] }]);
        const after = (await store.read([], queries)).clocks;
        for (const [i, { now, unknown, rows }] of after.entries()) {
          const was = before[i]!;
          expect({ now, unknown }).toEqual({ now: was.now + 1, unknown: was.now });
          expect(rows).toEqual(names.map((_, j) => (j === (i + 1) % names.length ? was.now + 1 : was.now)));
        }
      });
    });

    describe('rows that two mappings of one table name by different keys', () => {
      const byId = { clock: 'user', rows: ['1'], key: 'id' };
      const bySlug = { clock: 'user', rows: ['one'], key: 'slug' };

      it('are unknown to a write that names them by another key than a fill did', async () => {
        await store.touch([byId], LONG);
        const { clocks } = await store.touch([bySlug], LONG);
        const { now } = clocks[0]!;
        await store.advance([byId]);
        expect(await clock('user', ['1', 'one'])).toMatchObject({ unknown: now + 1, rows: [now + 1, now] });
        await store.advance([{ clock: 'user', rows: ['1'] }]);
        expect((await clock('user')).unknown).toBe(now + 2);
      });

      it('are known to a write that names them as all fills did', async () => {
        const { clocks } = await store.touch([byId, { clock: 'user', rows: [], key: 'slug' }], LONG);
        const { now, unknown } = clocks[0]!;
        await clock('user', ['one']);
        await store.advance([byId]);
        await store.advance([{ clock: 'user', rows: 'new', key: 'slug' }]);
        expect(await clock('user', ['1'])).toMatchObject({ now: now + 2, unknown, rows: [now + 1] });
      });

      it('are unknown to the writes before the first fill that names them so, also where they had clocks', async () => {
        await filled('user', ['one']);
        const { now: asOf } = await clock('user', ['one']);
        await store.advance([byId]);
        const { clocks } = await store.touch([bySlug], LONG);
        expect(clocks[0]).toMatchObject({ now: asOf + 1, unknown: asOf + 1, rows: [asOf] });
        expect((await store.touch([bySlug], LONG)).clocks).toEqual(clocks);
      });

      it('stay fillable where nothing was written meanwhile', async () => {
        const { now } = await clock('user', ['1', 'one']);
        for (const query of [byId, bySlug]) {
          const { clocks } = await store.touch([query], LONG);
          expect(clocks[0]).toMatchObject({ now, unknown: now });
        }
      });
    });

    describe('clocks that are lost', () => {
      it('come back above anything they ever were', async () => {
        const { now } = await filled('user', ['1'], SHORT);
        for (let i = 0; i < 5; i++) await store.advance([{ clock: 'user', rows: ['1'] }]);
        await subject.elapse(SHORT + 40);
        const after = await clock('user', ['1']);
        expect(after.now).toBeGreaterThan(now + 5);
        expect([after.unknown, after.rows[0]]).toEqual([after.now, after.now]);
      });

      it("of a row show what the table's does", async () => {
        const { now } = await filled('user');
        await filled('user', ['1'], SHORT);
        await store.advance([{ clock: 'user', rows: 'new' }]);
        await subject.elapse(SHORT + 40);
        expect(await clock('user', ['1'])).toMatchObject({ unknown: now, rows: [now + 1] });
      });

      it('are not lost earlier because someone asked for a shorter life', async () => {
        const { now } = await filled('user', ['1']);
        await store.touch([{ clock: 'user', rows: ['1'] }], 20);
        await clock('user', ['1']);
        await store.hold(['user'], 'w', 20);
        await store.release(['user'], 'w');
        await store.advance([{ clock: 'user', rows: ['1'] }]);
        await store.advance([{ clock: 'user', rows: 'new' }]);
        await subject.elapse(SHORT);
        expect(await clock('user', ['1'])).toMatchObject({
          now: now + 2,
          unknown: now,
          rows: [now + 1],
        });
      });

      it('are kept as long as the latest fill asks for', async () => {
        const { now } = await filled('user', ['1'], SHORT);
        await store.touch([{ clock: 'user', rows: ['1'] }], LONG);
        await store.advance([{ clock: 'user', rows: ['1'] }]);
        await store.advance([{ clock: 'user', rows: 'new' }]);
        await subject.elapse(SHORT + 40);
        expect(await clock('user', ['1'])).toMatchObject({
          now: now + 2,
          unknown: now,
          rows: [now + 1],
        });
      });

      it('of a table that was only held live as long as the reader asks for', async () => {
        await store.hold(['user'], 'w', SHORT / 4);
        const { now } = await clock('user');
        await store.release(['user'], 'w');
        await store.advance([{ clock: 'user', rows: 'new' }]);
        await subject.elapse(SHORT + 40);
        expect(await clock('user')).toMatchObject({ now: now + 1, unknown: now });
      });
    });

    describe('a hold', () => {
      beforeEach(async () => {
        await subject.close();
        subject = await make(BUDGET);
        store = subject.store;
      });

      it('blocks nothing while it is younger than the budget', async () => {
        const before = await clock('user', ['1']);
        await store.hold(['user'], 'w', LONG);
        expect(await clock('user', ['1'])).toEqual(before);
      });

      it('makes its tables a miss once it is older, and no other table', async () => {
        const before = await clock('user', ['1']);
        await store.hold(['user', 'photo'], 'w', LONG);
        await subject.elapse(BUDGET + 20);
        expect(await clock('user', ['1'])).toEqual({ ...before, held: true });
        expect((await clock('photo')).held).toBe(true);
        expect((await clock('company')).held).toBe(false);
        const { clocks } = await store.touch([{ clock: 'user', rows: [] }], LONG);
        expect(clocks[0]!.held).toBe(true);
      });

      it('past its deadline advances the clock once as a write of unknown rows, in the place of its writer', async () => {
        const { now } = await filled('user', ['1']);
        await store.hold(['user'], 'w', SHORT);
        await subject.elapse(SHORT + 20);
        const after = await clock('user', ['1']);
        expect(after).toEqual({ now: now + 1, unknown: now + 1, rows: [now], held: false });
        expect(await clock('user', ['1'])).toEqual(after);
      });

      it('of a write that may free keys makes one that may take them count as one of unknown rows', async () => {
        await store.hold(['user'], 'frees', LONG, true);
        const { now } = await filled('user', ['1', '2']);
        await store.advance([{ clock: 'user', rows: ['2'] }]);
        expect(await clock('user', ['1', '2'])).toMatchObject({ unknown: now, rows: [now, now + 1] });
        await store.advance([{ clock: 'user', rows: ['2'], takesKeys: true }]);
        expect(await clock('user', ['1', '2'])).toMatchObject({ unknown: now + 2, rows: [now, now + 2] });
      });

      it('of a write that frees no keys, or of the write itself, leaves rows alone', async () => {
        await store.hold(['user'], 'other', LONG, false);
        await store.hold(['user'], 'own', LONG, true);
        const { now } = await filled('user', ['1']);
        await store.advance([{ clock: 'user', rows: 'new', takesKeys: true }], 'own');
        expect(await clock('user', ['1'])).toMatchObject({ now: now + 1, unknown: now, rows: [now] });
      });

      it('that is renewed has another deadline, and blocks when it would have before', async () => {
        const before = await clock('user');
        await store.hold(['user'], 'w', 2 * BUDGET);
        await subject.elapse(BUDGET + 20);
        await store.hold(['user'], 'w', 2 * BUDGET);
        expect(await clock('user')).toEqual({ ...before, held: true });
        await subject.elapse(BUDGET + 20);
        expect(await clock('user')).toEqual({ ...before, held: true });
        await subject.elapse(BUDGET);
        expect(await clock('user')).toMatchObject({ now: before.now + 1, held: false });
      });

      it('that was lost with its clock is there again when it is renewed', async () => {
        await store.hold(['user'], 'w', SHORT / 4);
        await subject.elapse(SHORT);
        await store.hold(['user'], 'w', LONG);
        await clock('user');
        await subject.elapse(BUDGET + 20);
        expect((await clock('user')).held).toBe(true);
      });

      it('that is released blocks nothing and advances nothing', async () => {
        const before = await clock('user');
        await store.hold(['user'], 'w', BUDGET + 60);
        await store.release(['user', 'photo'], 'w');
        await subject.elapse(BUDGET + 80);
        expect(await clock('user')).toEqual(before);
      });

      it('is taken back by the advance that names it', async () => {
        const { now } = await clock('user');
        await store.hold(['user'], 'w', LONG);
        await store.advance([{ clock: 'user', rows: 'new' }], 'w');
        await subject.elapse(BUDGET + 20);
        expect(await clock('user')).toMatchObject({ now: now + 1, held: false });
      });

      it('is taken back by an advance of a table nobody cached', async () => {
        await store.hold(['user'], 'w', LONG);
        await store.advance([{ clock: 'user', rows: 'new' }], 'w');
        await subject.elapse(BUDGET + 20);
        expect((await clock('user')).held).toBe(false);
      });

      it('stays when another one is released or an advance does not name it', async () => {
        await clock('user');
        await store.hold(['user'], 'w1', LONG);
        await store.hold(['user'], 'w2', LONG);
        await store.release(['user'], 'w2');
        await store.advance([{ clock: 'user', rows: 'unknown' }]);
        await subject.elapse(BUDGET + 20);
        expect((await clock('user')).held).toBe(true);
      });

      it('does not make a clock: the first reader does, and sees it', async () => {
        await store.hold(['user'], 'w', LONG);
        const { now, unknown, held } = await clock('user');
        expect([unknown, held]).toEqual([now, false]);
        await subject.elapse(BUDGET + 20);
        expect(await clock('user')).toEqual({ now, unknown, rows: [], held: true });
      });

      it('outlives the clock it came to', async () => {
        await filled('user', [], SHORT);
        await store.hold(['user'], 'w', LONG);
        await subject.elapse(BUDGET + 20);
        expect((await clock('user')).held).toBe(true);
      });
    });

    describe('work', () => {
      const one = { key: 'example_1', name: 'query' };
      const two = { key: 'example_2', name: 'query' };
      const other = { key: 'example_1', name: 'another query' };
      /** Over a store that is one process's own nobody else is there to wait for. */
      const taken = (): string => (store.name === 'memory' ? 'mine' : 'taken');
      const free = (): string => (store.name === 'memory' ? 'mine' : 'free');

      it('is whose who asks first, in the order asked', async () => {
        expect(await store.lease([two], 'a', LONG)).toEqual(['mine']);
        expect(await store.lease([one, two, other], 'b', LONG)).toEqual(['mine', taken(), 'mine']);
      });

      it('stays whose it is when they ask again', async () => {
        await store.lease([one], 'a', LONG);
        expect(await store.lease([one], 'a', LONG)).toEqual(['mine']);
        expect(await store.lease([one], 'b', LONG)).toEqual([taken()]);
      });

      it('is for the next one once it is given back, and once its time is over', async () => {
        await store.lease([one, two], 'a', LONG);
        await store.endLease([one, two], 'a');
        expect(await store.lease([one], 'b', SHORT + 0.5)).toEqual(['mine']);
        await subject.elapse(SHORT + 40);
        expect(await store.lease([one, two], 'c', LONG)).toEqual(['mine', 'mine']);
      });

      it('of somebody else is not given back', async () => {
        await store.lease([one], 'a', LONG);
        await store.endLease([one, two], 'b');
        await store.endLease([one, two], 'b', LONG);
        expect(await store.lease([one, two], 'c', LONG)).toEqual([taken(), 'mine']);
      });

      it('is free for a while where it is given back so, and then for the next one', async () => {
        await store.lease([one], 'a', LONG);
        await store.endLease([one], 'a', SHORT);
        expect(await store.lease([one], 'a', LONG)).toEqual([free()]);
        expect(await store.lease([one], 'b', LONG)).toEqual([free()]);
        await subject.elapse(SHORT + 40);
        expect(await store.lease([one], 'b', LONG)).toEqual(['mine']);
      });

      it('may be none at all', async () => {
        expect(await store.lease([], 'a', LONG)).toEqual([]);
        await store.endLease([], 'a');
      });
    });
  });
}
