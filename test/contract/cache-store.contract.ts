import type { Cache } from 'cache-manager';
import { cacheStoreContract, type StoreUnderTest } from 'nestjs-qscache/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

export interface StoreInCache extends StoreUnderTest {
  /** The CACHE_MANAGER the store was found in. */
  readonly cache: Cache;
  close(): Promise<unknown>;
}

/** Every call makes an empty store. */
export type MakeStoreInCache = (budgetMs: number) => Promise<StoreInCache>;

const LONG = 60_000;

/** A server that a busy machine let wait says nothing of the contract; whatever else goes wrong does. */
const LATE = { retry: { count: 3, condition: /did not .* within \d+ ms/ } };

/** What every store promises, and what one inside of a CACHE_MANAGER does. */
export function storeContract(name: string, make: MakeStoreInCache): void {
  describe(name, () => {
    const inTime = (title: string, body: () => Promise<void>) => it(title, LATE, body);
    cacheStoreContract({ describe, it: inTime }, make);

    describe('entries in CACHE_MANAGER', () => {
      let subject: StoreInCache;

      beforeEach(async () => {
        subject = await make(2000);
      });
      afterEach(() => subject.close());

      async function entry(key: string): Promise<string | undefined> {
        const read = await subject.store.read([key], [{ clock: 'any', rows: [] }]);
        return read.entries[0];
      }

      it('are where cacheManager.del(key) finds them', async () => {
        await subject.store.put('example_1', 'text', LONG);
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
  });
}
