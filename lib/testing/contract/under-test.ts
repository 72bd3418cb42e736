import { setTimeout as wait } from 'node:timers/promises';
import type { CacheStore, ClockState } from '../../store/cache-store.js';

/** A store to be proven. @publicApi */
export interface StoreUnderTest {
  /** Open and empty: nobody else uses its keys and clocks. */
  readonly store: CacheStore;
  /** The same one as another process has it: the same keys and clocks. Default: there is none. */
  readonly other?: CacheStore;
  /** Whether it tells what was changed `since`, as a store need not. Default: the contract finds out. */
  readonly keepsJournal?: boolean;
  /** Lets the store's time pass, in milliseconds. Default: waits. */
  elapse?(ms: number): Promise<unknown>;
  /** Called after each test. Default: nothing. */
  close?(): Promise<unknown>;
}

/** Makes a store for one test, with that budget in milliseconds: younger than it a hold blocks nothing. @publicApi */
export type MakeStore = (budgetMs: number) => StoreUnderTest | Promise<StoreUnderTest>;

export const LONG = 60_000;
export const SHORT = 150;
/** Of holds; long enough for a busy machine to answer in. */
export const BUDGET = 250;

/** What a test of the contract has at hand. */
export interface Subject {
  readonly store: CacheStore;
  readonly other: CacheStore | undefined;
  keepsJournal(): Promise<boolean>;
  elapse(ms: number): Promise<unknown>;
  /** A clock as a reader finds it. */
  clock(clock: string, rows?: readonly string[]): Promise<ClockState>;
  /** The clock as a fill leaves it. */
  filled(clock: string, rows?: readonly string[], lifetimeMs?: number): Promise<ClockState>;
  entry(key: string): Promise<string | undefined>;
}

export type It = (title: string, body: (subject: Subject) => Promise<void>) => void;

export function subjectOf({ store, other, keepsJournal, elapse = (ms) => wait(ms) }: StoreUnderTest): Subject {
  return {
    store,
    other,
    keepsJournal: async () => keepsJournal ?? hasJournal(store),
    elapse,
    clock: async (clock, rows = []) => common((await store.read([], [{ clock, rows }])).clocks[0]!),
    filled: async (clock, rows = [], lifetimeMs = LONG) =>
      common((await store.touch([{ clock, rows }], lifetimeMs)).clocks[0]!),
    entry: async (key) => (await store.read([key], [{ clock: 'any', rows: [] }])).entries[0],
  };
}

/** What every store tells. */
function common({ now, unknown, rows, held }: ClockState): ClockState {
  return { now, unknown, rows, held };
}

/** Of a clock of its own. */
async function hasJournal(store: CacheStore): Promise<boolean> {
  const probe = { clock: 'has a journal', rows: [] };
  const { clocks } = await store.touch([probe], LONG);
  await store.advance([{ ...probe, change: 'a change' }]);
  const after = await store.read([], [{ ...probe, since: clocks[0]!.now }]);
  return after.clocks[0]!.changes !== undefined;
}
