import type { Budget } from './budget.js';

export { Budget } from './budget.js';
export { markOf } from './text-mark.js';

/**
 * What a reader asks of one clock and of the clocks of some rows below it.
 *
 * A database table has a clock, called by the table's name (`orders.public.user`), and so have a manager's explicit clears.
 *
 * @publicApi
 */
export interface ClockQuery {
  readonly clock: string;
  /** The rows whose own clocks the reader needs: texts that mean nothing to a store. */
  readonly rows: readonly string[];
  /** What the rows are named by, e.g. `id:integer`: two mappings of one table may name a row by different keys. Default: nothing. */
  readonly key?: string;
  /** What the clock showed once: who reads asks what was changed since. A touch need not answer that. Default: nobody asks. */
  readonly since?: number;
}

/** Advances that a clock's journal remembers; what is older is forgotten. */
export const JOURNAL_LENGTH = 128;

/** How often a living writer renews its hold at least, in milliseconds. */
export const RENEWAL_MS = 1_000;

/** What a store says of one clock at one moment. @publicApi */
export interface ClockState {
  /** What it shows: every write to its table advances it. A reader takes it before its load: the load's as-of. */
  readonly now: number;
  /** What it showed after the last write whose rows were unknown. */
  readonly unknown: number;
  /** Per asked row, what it showed after the last write to that row. A row without a clock has `now`, so it can only be too new. */
  readonly rows: readonly number[];
  /**
   * A writer holds it for longer than the budget and has not come back; or it is no number, so that nobody can tell what it has
   * counted; or this process owes it an advance: miss, and fill nothing.
   */
  readonly held: boolean;
  /**
   * A hold is on it, however young. While one is on any table of an entry, none of its tables is judged by changes: what the hold covers may be
   * visible already, and a change that was told since may build on it (a remark on an article that nobody has heard of yet). Default: one may be.
   */
  readonly hasHold?: boolean | undefined;
  /**
   * What every advance since the query's `since` has told, the oldest first; `undefined` where it was not asked for, or where the journal does
   * not have all of them: one told nothing, or they were too many, or were lost. And where the clock has moved since and a hold is on it, however
   * young: what that one covers may be visible already, and what was told may build on it.
   */
  readonly changes?: readonly string[] | undefined;
}

/** What a store says of several clocks. @publicApi */
export interface ClocksRead {
  /**
   * Names the history the clocks belong to. It changes whenever the store may have lost writes (a restart, an old snapshot, a
   * promotion), and clocks of two histories say nothing about each other. Compare reads of the same clocks only: where they
   * live on several servers, it names the histories of those servers.
   */
  readonly epoch: string;
  /** In the order of the queries. */
  readonly clocks: readonly ClockState[];
}

/**
 * Whether all that one answer of a store was made of is still as it was, as far as this process has been told: what was true by that
 * answer need not be asked about again. A store whose way to hear of changes is down gives none.
 *
 * @example
 * const standing = this.changes.from(keys); //  before the read is sent; costs no query
 * return { ...(await this.ask(keys, queries)), standing };
 *
 * @publicApi
 */
export interface Standing {
  /** `false` from the first change on that is heard of, and for ever. */
  readonly isStanding: boolean;
}

/** Entries, and clocks that are no younger than they are. @publicApi */
export interface EntriesRead extends ClocksRead {
  /** In the order of the keys; `undefined` where the store has nothing. */
  readonly entries: readonly (string | undefined)[];
  /**
   * Of a store that is told when something changes. It begins before the store is asked, or a change that is told before the answer comes
   * would be missed; an answer with a hold in sight has none, since a hold begins to block without any change. Whoever finds an entry
   * true by this answer gives it back with `vouchesFor`. Default: none.
   */
  readonly standing?: Standing | undefined;
}

/**
 * How long a clock lives, a table's or a row's, that a reader made and no fill has lengthened, in milliseconds: what nobody has leaves
 * no more than that. Nothing that is stored relies on it, only loads that are under way: one that takes longer finds a younger clock at
 * its end, and counts as overtaken. That touch made clocks which live as long as an entry needs, so the next load is stored. Without a
 * row's clock until the touch, any write to another row of the table would overtake a first load.
 */
export const UNFILLED_MS = 30_000;

/** The rows a write wrote: some that did not exist before (an INSERT), nobody knows which, or these. @publicApi */
export type WrittenRows = 'new' | 'unknown' | readonly string[];

/** One write to one table, told to its clock. @publicApi */
export interface ClockWrite {
  readonly clock: string;
  readonly rows: WrittenRows;
  /** What the rows are named by; see `ClockQuery` and `advance`. Default: nothing. */
  readonly key?: string;
  /** It may have given a unique key to another row than had it: an INSERT, an UPDATE of a slug. Default: no. */
  readonly takesKeys?: boolean;
  /** It may have freed a unique key for another row: a DELETE, an UPDATE of a slug. Default: no. */
  readonly releasesKeys?: boolean;
  /**
   * What was changed, for the clock's journal: a text of a few kilobytes at most that means nothing to a store. Default, and where it is empty:
   * it cannot be told.
   */
  readonly change?: string;
}

/** What an entry depends on: rows of a table, or all of it, as its clock showed them before the load. @publicApi */
export interface DatedClock {
  readonly clock: string;
  /** Default: all of the table. */
  readonly rows?: readonly string[];
  readonly asOf: number;
}

/** An entry that its reader has already. @publicApi */
export interface EntryInHand {
  /** How its text begins; see `read`. */
  readonly mark: string;
  readonly epoch: string;
  readonly dependencies: readonly DatedClock[];
  /** Of the answer by which it was found true last. Default: that one had none. */
  readonly standing?: Standing | undefined;
}

/** A load that one process does for all of them. @publicApi */
export interface Work {
  /** Of the entry it makes. */
  readonly key: string;
  /** Tells the loads of one key apart: what is asked, and which writes it has to see. */
  readonly name: string;
}

/**
 * Whose work it is: the caller's, until its lease is over; somebody else's; or everybody's, since what came of it lately could not be
 * stored, or since what stands there is no lease.
 *
 * @publicApi
 */
export type Lease = 'mine' | 'taken' | 'free';

const BRAND = Symbol.for('nestjs-qscache:CacheStore');

/** Also for one that was made by another copy of this library: an application may load it both as an ES module and with `require()`. */
export function isCacheStore(value: unknown): value is CacheStore {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/**
 * What keeps entries and clocks. Extend it to keep them somewhere else than in memory or Redis, give an instance to
 * `QsCacheModule.forRoot({ store })`, and prove it with `cacheStoreContract` of `nestjs-qscache/testing`.
 *
 * A method rejects when the store fails or refuses; with which error is up to it. The application waits for an answer for `budgetMs`, in all,
 * and goes on without the store after that. A method may take effect after it was rejected: a late one never makes an old entry valid.
 *
 * @example
 * export class MyStore extends CacheStore {
 *   readonly name = 'mine';
 *   async put(key: string, entry: string, lifetimeMs: number) { await this.client.set(key, entry, lifetimeMs); } // costs no query
 *   // ... and the others
 * }
 *
 * @publicApi
 */
export abstract class CacheStore {
  /** For the boot log and events, e.g. `memory` or `redis (ioredis)`. */
  abstract readonly name: string;

  /**
   * Who hears of a write: every process that uses the same store, or this one only, whose clocks end with it. Default `'shared'`.
   * One of `'process'` may answer every `lease` with `'mine'`: there is no other process whose load could be waited for.
   */
  readonly reach: 'process' | 'shared' = 'shared';

  /**
   * Entries and clocks in one round trip. Creates missing clocks (from the store's time, above anything they ever were) and missing
   * clocks of rows (showing what their table's does) for 30 seconds; lengthens nothing; settles holds that are past their deadline.
   *
   * @param budget what its caller has left, of several questions that share one. Default: a whole one.
   * @param known per key, how the text begins that the caller has, long enough to tell it from any other one; `undefined` where it has
   * none. A store may answer with that in the place of a text that begins so, and save itself the rest; it need not. Default: nothing.
   */
  abstract read(
    keys: readonly string[],
    queries: readonly ClockQuery[],
    budget?: Budget,
    known?: readonly (string | undefined)[],
  ): Promise<EntriesRead>;

  /**
   * Whether an entry that its reader has is still stored under the key, and no clock it depends on has passed its as-of, nor is held: as far as
   * that can be told at once, of what is in this process, be it all there is to know or what the store was told of (`standing`). Where it
   * cannot, `false`, and the store is asked by `read`. Default `false`.
   */
  vouchesFor(_key: string, _entry: EntryInHand): boolean {
    return false;
  }

  /**
   * The first half of a fill: as `read` of the clocks, and lets all of them live for at least `lifetimeMs` (never shortens).
   * Leaves with the clock what the rows are named by; where that is new, every write so far counts as one of unknown rows, since it
   * did not know of rows of such names.
   */
  abstract touch(queries: readonly ClockQuery[], lifetimeMs: number): Promise<ClocksRead>;

  /** The second half of a fill: stores the entry for `lifetimeMs`. */
  abstract put(key: string, entry: string, lifetimeMs: number): Promise<void>;

  /**
   * Puts an entry in the place of the one that begins with the mark, for as long as that one would have stayed; where there is no such
   * one any more, nothing. Only saves questions: a store need not do it. Default: it does not.
   */
  async replace(_key: string, _mark: string, _entry: string): Promise<void> {}

  /** Drops entries. Only tidies up: what makes them stale is `advance`. */
  abstract remove(keys: readonly string[]): Promise<void>;

  /**
   * Asks for work, in the order given, in one round trip: what nobody has is the caller's for `lifetimeMs`. Asked again under the same
   * id it stays so, for no longer. Only saves loads: whoever works without a lease does no harm.
   *
   * Where `reach` is `'process'`, all of it may be `'mine'` for everybody, always, and `endLease` do nothing: one process makes equal loads
   * once anyway. Leases kept all the same are as good.
   *
   * @param id the caller's name, like nobody else's
   * @param budget what its caller has left. Default: a whole one.
   */
  abstract lease(work: readonly Work[], id: string, lifetimeMs: number, budget?: Budget): Promise<readonly Lease[]>;

  /**
   * Gives work back that is still leased under this id, and leaves all other leases alone.
   *
   * @param freeMs for how long, in milliseconds, it is free then: everybody may do it at once, and nobody need wait. Default: 0, so
   * that the next one who asks has it.
   */
  abstract endLease(work: readonly Work[], id: string, freeMs?: number): Promise<void>;

  /**
   * Holds the clocks of a write before it can become visible. Younger than this store's budget a hold blocks nothing, whoever reads;
   * older, it makes the table a miss (`held`); past `deadlineMs` from now the next reader advances the clock as if the rows were unknown, in the
   * writer's place.
   *
   * Is waited for half the budget at most, since it is but a precaution. Repeated under the same id it renews the hold: another deadline,
   * and it begins to block when it would have before; what was lost is there again.
   *
   * @param releasesKeys whether the write may free a unique key; see `advance`
   */
  abstract hold(clocks: readonly string[], id: string, deadlineMs: number, releasesKeys?: boolean): Promise<void>;

  /** Takes a hold back: the write definitely did not happen. */
  abstract release(clocks: readonly string[], id: string): Promise<void>;

  /**
   * Makes a visible write known: each table's clock advances, and with it those of the written rows (where they exist), or of all rows.
   * A table without a clock is left alone: nobody cached it. `hold` is released in the same step. Has a whole budget, and may be
   * repeated, also after it was taken: that costs readers a miss.
   *
   * A write that takes a key while a hold says that another may be freeing one counts as one of unknown rows: the row that had the
   * key is written, but its writer has not told yet, and whoever looks the key up must not be shown that row any more. So does a
   * write that names its rows by another key than somebody's fill: whose rows it wrote nobody can tell. In both cases `unknown` stands
   * for all rows, so the clocks of the named ones may advance as well or stay: a row's clock that is too new only costs a miss.
   *
   * What a write tells of its `change` the clock's journal remembers, of the last `JOURNAL_LENGTH` advances at least, for as long as the clock
   * lives; of a write that takes a key while a hold says that another may be freeing one, that nothing is known. A store need not keep one: then no query
   * with `since` is ever answered.
   */
  abstract advance(writes: readonly ClockWrite[], hold?: string): Promise<void>;

  /** Called once at boot, so that the first write need not wait for a connection. Rejects as all methods do. */
  async open(): Promise<void> {}

  /** Called once, before `close`: what it keeps for the store is delivered within a budget, or told as lost. @internal */
  async settle(): Promise<void> {}

  /** Gives back what `open` took, at once. A straggler may go on using the store. */
  async close(): Promise<void> {}

  /**
   * Asked once at boot: why this store does not work as it should, with what to do, for the log, which then does not say that anything is
   * cached; `undefined` when it can do everything.
   */
  abstract check(): Promise<string | undefined>;
}

Object.defineProperty(CacheStore.prototype, BRAND, { value: true });
