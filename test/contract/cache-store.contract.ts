import type { Cache } from 'cache-manager';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CacheStore, TableTags, TagQuery } from '../../lib/store/cache-store.js';

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

    async function tags(table: string, rows: readonly string[] = []): Promise<TableTags> {
      const read = await store.read([], [{ table, rows }]);
      return read.tables[0]!;
    }

    /** The tags as a fill leaves them. */
    async function filled(table: string, rows: readonly string[] = [], lifetimeMs = LONG): Promise<TableTags> {
      const touched = await store.touch([{ table, rows }], lifetimeMs);
      return touched.tables[0]!;
    }

    async function entry(key: string): Promise<string | undefined> {
      const read = await store.read([key], [{ table: 'any', rows: [] }]);
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
        const { entries } = await store.read(['a', 'b', 'ключ 1', 'c'], [{ table: 'any', rows: [] }]);
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

    describe('tags', () => {
      it('are created with the clock, which starts from the time in microseconds', async () => {
        const { version, unknown, rows, held } = await tags('user', ['1', '2']);
        expect(version).toBeGreaterThan(1.7e15);
        expect(Number.isSafeInteger(version)).toBe(true);
        expect({ unknown, rows, held }).toEqual({ unknown: version, rows: [version, version], held: false });
      });

      it('stay as they are while nothing is written', async () => {
        const first = await filled('user', ['1']);
        expect(await tags('user', ['1'])).toEqual(first);
        const { tables } = await store.touch([{ table: 'user', rows: ['1'] }], LONG);
        expect(tables).toEqual([first]);
      });

      it('of several tables come in the order of the queries, under one epoch', async () => {
        const queries: TagQuery[] = [
          { table: 'user', rows: ['1', '2'] },
          { table: 'company', rows: [] },
          { table: 'photo', rows: ['x'] },
        ];
        const first = await store.touch(queries, LONG);
        await store.advance([{ table: 'photo', rows: ['x'] }]);
        const second = await store.read([], queries);
        expect(first.tables.map(({ rows }) => rows.length)).toEqual([2, 0, 1]);
        expect(second.tables.slice(0, 2)).toEqual(first.tables.slice(0, 2));
        expect(second.tables[2]!.rows[0]).toBe(first.tables[2]!.version + 1);
        expect(second.epoch).toBe(first.epoch);
        expect(first.epoch).not.toBe('');
      });

      it('of a written row follow the clock, others and T:* do not', async () => {
        const { version, unknown } = await filled('user', ['1', '2', '3']);
        await store.advance([{ table: 'user', rows: ['1', '3'] }]);
        const after = await tags('user', ['1', '2', '3']);
        expect(after).toEqual({
          version: version + 1,
          unknown,
          rows: [version + 1, version, version + 1],
          held: false,
        });
      });

      it('T:* follows the clock when the rows are unknown, row tags do not', async () => {
        const { version } = await filled('user', ['1']);
        await store.advance([{ table: 'user', rows: undefined }]);
        const after = await tags('user', ['1']);
        expect(after).toEqual({ version: version + 1, unknown: version + 1, rows: [version], held: false });
      });

      it('of an insert: only the clock moves', async () => {
        const { version } = await filled('user', ['1']);
        await store.advance([{ table: 'user', rows: [] }]);
        const after = await tags('user', ['1']);
        expect(after).toEqual({ version: version + 1, unknown: version, rows: [version], held: false });
      });

      it('of rows come with the first who asks: what is written to others later is not theirs', async () => {
        const { version } = await tags('user', ['1']);
        await store.advance([{ table: 'user', rows: ['2'] }]);
        expect(await tags('user', ['1'])).toMatchObject({ version: version + 1, rows: [version] });
        expect(await filled('user', ['1'])).toMatchObject({ version: version + 1, rows: [version] });
      });

      it('of a row that has none are those of the clock', async () => {
        const { version } = await tags('user');
        await store.advance([{ table: 'user', rows: ['1'] }]);
        await store.advance([{ table: 'user', rows: [] }]);
        expect((await tags('user', ['1'])).rows).toEqual([version + 2]);
      });

      it('of a table nobody cached stay absent when it is written', async () => {
        await store.advance([
          { table: 'user', rows: ['1'] },
          { table: 'user', rows: undefined },
        ]);
        const { version, unknown, rows } = await tags('user', ['1']);
        expect(version).toBeGreaterThan(1.7e15);
        expect([unknown, rows[0]]).toEqual([version, version]);
      });

      it('of several tables advance in one call', async () => {
        const [user, company] = [await tags('user'), await tags('company')];
        await store.advance([
          { table: 'user', rows: undefined },
          { table: 'company', rows: [] },
        ]);
        expect((await tags('user')).unknown).toBe(user.version + 1);
        expect((await tags('company')).version).toBe(company.version + 1);
      });

      it('count exactly', async () => {
        const { version } = await filled('user', ['1']);
        for (let i = 1; i <= 20; i++) {
          await store.advance([{ table: 'user', rows: ['1'] }]);
          const after = await tags('user', ['1']);
          expect([after.version, after.rows[0]]).toEqual([version + i, version + i]);
        }
      });

      it('of tables and rows with similar names are different tags', async () => {
        const names = ['a', '{a', 'a}', '{a}', 'a%7D', 'a:1', 'a}:1', 'A', 'ä'];
        const queries = names.map((table) => ({ table, rows: names }));
        const before = (await store.touch(queries, LONG)).tables;
        for (const [i, table] of names.entries())
          await store.advance([{ table, rows: [names[(i + 1) % names.length]!] }]);
        const after = (await store.read([], queries)).tables;
        for (const [i, { version, unknown, rows }] of after.entries()) {
          const was = before[i]!;
          expect({ version, unknown }).toEqual({ version: was.version + 1, unknown: was.version });
          expect(rows).toEqual(names.map((_, j) => (j === (i + 1) % names.length ? was.version + 1 : was.version)));
        }
      });
    });

    describe('rows that two mappings of one table name by different keys', () => {
      const byId = { table: 'user', rows: ['1'], key: 'id' };
      const bySlug = { table: 'user', rows: ['one'], key: 'slug' };

      it('are unknown to a write that names them by another key than a fill did', async () => {
        await store.touch([byId], LONG);
        const { tables } = await store.touch([bySlug], LONG);
        const { version } = tables[0]!;
        await store.advance([byId]);
        expect(await tags('user', ['1', 'one'])).toMatchObject({ unknown: version + 1, rows: [version + 1, version] });
        await store.advance([{ table: 'user', rows: ['1'] }]);
        expect((await tags('user')).unknown).toBe(version + 2);
      });

      it('are known to a write that names them as all fills did', async () => {
        const { tables } = await store.touch([byId, { table: 'user', rows: [], key: 'slug' }], LONG);
        const { version, unknown } = tables[0]!;
        await tags('user', ['one']);
        await store.advance([byId]);
        await store.advance([{ table: 'user', rows: [], key: 'slug' }]);
        expect(await tags('user', ['1'])).toMatchObject({ version: version + 2, unknown, rows: [version + 1] });
      });

      it('are unknown to the writes before the first fill that names them so, also where they had tags', async () => {
        await filled('user', ['one']);
        const { version: asOf } = await tags('user', ['one']);
        await store.advance([byId]);
        const { tables } = await store.touch([bySlug], LONG);
        expect(tables[0]).toMatchObject({ version: asOf + 1, unknown: asOf + 1, rows: [asOf] });
        expect((await store.touch([bySlug], LONG)).tables).toEqual(tables);
      });

      it('stay fillable where nothing was written meanwhile', async () => {
        const { version } = await tags('user', ['1', 'one']);
        for (const query of [byId, bySlug]) {
          const { tables } = await store.touch([query], LONG);
          expect(tables[0]).toMatchObject({ version, unknown: version });
        }
      });
    });

    describe('tags that are lost', () => {
      it('come back above anything they ever were', async () => {
        const { version } = await filled('user', ['1'], SHORT);
        for (let i = 0; i < 5; i++) await store.advance([{ table: 'user', rows: ['1'] }]);
        await subject.elapse(SHORT + 40);
        const after = await tags('user', ['1']);
        expect(after.version).toBeGreaterThan(version + 5);
        expect([after.unknown, after.rows[0]]).toEqual([after.version, after.version]);
      });

      it('of a row take the value of the clock', async () => {
        const { version } = await filled('user');
        await filled('user', ['1'], SHORT);
        await store.advance([{ table: 'user', rows: [] }]);
        await subject.elapse(SHORT + 40);
        expect(await tags('user', ['1'])).toMatchObject({ unknown: version, rows: [version + 1] });
      });

      it('are not lost earlier because someone asked for a shorter life', async () => {
        const { version } = await filled('user', ['1']);
        await store.touch([{ table: 'user', rows: ['1'] }], 20);
        await tags('user', ['1']);
        await store.hold(['user'], 'w', 20);
        await store.release(['user'], 'w');
        await store.advance([{ table: 'user', rows: ['1'] }]);
        await store.advance([{ table: 'user', rows: [] }]);
        await subject.elapse(SHORT);
        expect(await tags('user', ['1'])).toMatchObject({
          version: version + 2,
          unknown: version,
          rows: [version + 1],
        });
      });

      it('are kept as long as the latest fill asks for', async () => {
        const { version } = await filled('user', ['1'], SHORT);
        await store.touch([{ table: 'user', rows: ['1'] }], LONG);
        await store.advance([{ table: 'user', rows: ['1'] }]);
        await store.advance([{ table: 'user', rows: [] }]);
        await subject.elapse(SHORT + 40);
        expect(await tags('user', ['1'])).toMatchObject({
          version: version + 2,
          unknown: version,
          rows: [version + 1],
        });
      });

      it('of a table that was only held live as long as the reader asks for', async () => {
        await store.hold(['user'], 'w', SHORT / 4);
        const { version } = await tags('user');
        await store.release(['user'], 'w');
        await store.advance([{ table: 'user', rows: [] }]);
        await subject.elapse(SHORT + 40);
        expect(await tags('user')).toMatchObject({ version: version + 1, unknown: version });
      });
    });

    describe('a hold', () => {
      beforeEach(async () => {
        await subject.close();
        subject = await make(BUDGET);
        store = subject.store;
      });

      it('blocks nothing while it is younger than the budget', async () => {
        const before = await tags('user', ['1']);
        await store.hold(['user'], 'w', LONG);
        expect(await tags('user', ['1'])).toEqual(before);
      });

      it('makes its tables a miss once it is older, and no other table', async () => {
        const before = await tags('user', ['1']);
        await store.hold(['user', 'photo'], 'w', LONG);
        await subject.elapse(BUDGET + 20);
        expect(await tags('user', ['1'])).toEqual({ ...before, held: true });
        expect((await tags('photo')).held).toBe(true);
        expect((await tags('company')).held).toBe(false);
        const { tables } = await store.touch([{ table: 'user', rows: [] }], LONG);
        expect(tables[0]!.held).toBe(true);
      });

      it('past its deadline advances the clock and T:* once, in the place of its writer', async () => {
        const { version } = await filled('user', ['1']);
        await store.hold(['user'], 'w', SHORT);
        await subject.elapse(SHORT + 20);
        const after = await tags('user', ['1']);
        expect(after).toEqual({ version: version + 1, unknown: version + 1, rows: [version], held: false });
        expect(await tags('user', ['1'])).toEqual(after);
      });

      it('of a write that may free keys makes one that may take them count as one of unknown rows', async () => {
        await store.hold(['user'], 'frees', LONG, true);
        const { version } = await filled('user', ['1', '2']);
        await store.advance([{ table: 'user', rows: ['2'] }]);
        expect(await tags('user', ['1', '2'])).toMatchObject({ unknown: version, rows: [version, version + 1] });
        await store.advance([{ table: 'user', rows: ['2'], takesKeys: true }]);
        expect(await tags('user', ['1', '2'])).toMatchObject({ unknown: version + 2, rows: [version, version + 2] });
      });

      it('of a write that frees no keys, or of the write itself, leaves rows alone', async () => {
        await store.hold(['user'], 'other', LONG, false);
        await store.hold(['user'], 'own', LONG, true);
        const { version } = await filled('user', ['1']);
        await store.advance([{ table: 'user', rows: [], takesKeys: true }], 'own');
        expect(await tags('user', ['1'])).toMatchObject({ version: version + 1, unknown: version, rows: [version] });
      });

      it('that is renewed has another deadline, and blocks when it would have before', async () => {
        const before = await tags('user');
        await store.hold(['user'], 'w', 2 * BUDGET);
        await subject.elapse(BUDGET + 20);
        await store.hold(['user'], 'w', 2 * BUDGET);
        expect(await tags('user')).toEqual({ ...before, held: true });
        await subject.elapse(BUDGET + 20);
        expect(await tags('user')).toEqual({ ...before, held: true });
        await subject.elapse(BUDGET);
        expect(await tags('user')).toMatchObject({ version: before.version + 1, held: false });
      });

      it('that was lost with its table is there again when it is renewed', async () => {
        await store.hold(['user'], 'w', SHORT / 4);
        await subject.elapse(SHORT);
        await store.hold(['user'], 'w', LONG);
        await tags('user');
        await subject.elapse(BUDGET + 20);
        expect((await tags('user')).held).toBe(true);
      });

      it('that is released blocks nothing and advances nothing', async () => {
        const before = await tags('user');
        await store.hold(['user'], 'w', BUDGET + 60);
        await store.release(['user', 'photo'], 'w');
        await subject.elapse(BUDGET + 80);
        expect(await tags('user')).toEqual(before);
      });

      it('is taken back by the advance that names it', async () => {
        const { version } = await tags('user');
        await store.hold(['user'], 'w', LONG);
        await store.advance([{ table: 'user', rows: [] }], 'w');
        await subject.elapse(BUDGET + 20);
        expect(await tags('user')).toMatchObject({ version: version + 1, held: false });
      });

      it('is taken back by an advance of a table nobody cached', async () => {
        await store.hold(['user'], 'w', LONG);
        await store.advance([{ table: 'user', rows: [] }], 'w');
        await subject.elapse(BUDGET + 20);
        expect((await tags('user')).held).toBe(false);
      });

      it('stays when another one is released or an advance does not name it', async () => {
        await tags('user');
        await store.hold(['user'], 'w1', LONG);
        await store.hold(['user'], 'w2', LONG);
        await store.release(['user'], 'w2');
        await store.advance([{ table: 'user', rows: undefined }]);
        await subject.elapse(BUDGET + 20);
        expect((await tags('user')).held).toBe(true);
      });

      it('does not make a clock: the first reader does, and sees it', async () => {
        await store.hold(['user'], 'w', LONG);
        const { version, unknown, held } = await tags('user');
        expect([unknown, held]).toEqual([version, false]);
        await subject.elapse(BUDGET + 20);
        expect(await tags('user')).toEqual({ version, unknown, rows: [], held: true });
      });

      it('outlives the tags it came to', async () => {
        await filled('user', [], SHORT);
        await store.hold(['user'], 'w', LONG);
        await subject.elapse(BUDGET + 20);
        expect((await tags('user')).held).toBe(true);
      });
    });
  });
}
