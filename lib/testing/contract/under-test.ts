import { setTimeout as wait } from 'node:timers/promises';
import type { CacheStore, ClockState } from '../../store/cache-store.js';

/** A store to be proven. @publicApi */
export interface StoreUnderTest {
  /** Open and empty: nobody else uses its keys and clocks. */
  readonly store: CacheStore;
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
  elapse(ms: number): Promise<unknown>;
  /** A clock as a reader finds it. */
  clock(clock: string, rows?: readonly string[]): Promise<ClockState>;
  /** The clock as a fill leaves it. */
  filled(clock: string, rows?: readonly string[], lifetimeMs?: number): Promise<ClockState>;
  entry(key: string): Promise<string | undefined>;
}

export type It = (title: string, body: (subject: Subject) => Promise<void>) => void;

export function subjectOf({ store, elapse = (ms) => wait(ms) }: StoreUnderTest): Subject {
  return {
    store,
    elapse,
    clock: async (clock, rows = []) => (await store.read([], [{ clock, rows }])).clocks[0]!,
    filled: async (clock, rows = [], lifetimeMs = LONG) =>
      (await store.touch([{ clock, rows }], lifetimeMs)).clocks[0]!,
    entry: async (key) => (await store.read([key], [{ clock: 'any', rows: [] }])).entries[0],
  };
}
