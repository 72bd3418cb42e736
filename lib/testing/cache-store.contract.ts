import { clocks } from './contract/clocks.js';
import { entries } from './contract/entries.js';
import { foreignRows } from './contract/foreign-rows.js';
import { holds } from './contract/holds.js';
import { inHand } from './contract/in-hand.js';
import { journal } from './contract/journal.js';
import { lostClocks } from './contract/lost-clocks.js';
import { BUDGET, type It, type MakeStore, subjectOf } from './contract/under-test.js';
import { work } from './contract/work.js';

export type { MakeStore, StoreUnderTest } from './contract/under-test.js';

/** What the contract needs of a test runner: vitest, jest and node:test all have it. @publicApi */
export interface ContractRunner {
  describe(title: string, body: () => void): unknown;
  it(title: string, body: () => Promise<void>): unknown;
}

/** Of stores in tests that wait for nothing, in milliseconds. */
const PATIENT = 2_000;

/**
 * What every `CacheStore` promises, as tests for the runner you use: a store that passes them all never lets a read be overtaken by a
 * write. They ask no database. One makes a store, so `make` is called for each of them; none takes more than a second of the store's own time.
 * What a store does when it fails is not among them: the application deals with that.
 *
 * @example
 * import { describe, it } from 'node:test';
 *
 * cacheStoreContract({ describe, it }, async (budgetMs) => {
 *   const store = new MyStore({ budgetMs, prefix: randomUUID() });
 *   await store.open();
 *   return { store, close: () => store.close() };
 * });
 *
 * @publicApi
 */
export function cacheStoreContract({ describe, it }: ContractRunner, make: MakeStore): void {
  const within =
    (budgetMs: number): It =>
    (title, body) =>
      void it(title, async () => {
        const made = await make(budgetMs);
        try {
          await body(subjectOf(made));
        } finally {
          await made.close?.();
        }
      });
  const chapter = (title: string, tests: (it: It) => void, budgetMs = PATIENT) =>
    describe(title, () => tests(within(budgetMs)));
  describe('The contract of a store', () => {
    chapter('entries', entries);
    chapter('clocks', clocks);
    chapter('rows that two mappings of one table name by different keys', foreignRows);
    chapter('clocks that are lost', lostClocks);
    chapter('a hold', holds, BUDGET);
    chapter('a journal', journal, BUDGET);
    chapter('an entry in hand', inHand, BUDGET);
    chapter('work', work);
  });
}
