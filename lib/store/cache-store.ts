import type { Budget } from './budget.js';

export { Budget } from './budget.js';

/**
 * The tags a reader asks for of one table.
 *
 * A "table" is anything with a clock: a database table (`orders.public.user`) or a manager's explicit clears.
 */
export interface TagQuery {
  readonly table: string;
  /** The rows whose own tags the reader needs, as `CacheKeys` spells them. */
  readonly rows: readonly string[];
  /** What the rows are named by, e.g. `id:integer`: two mappings of one table may name a row by different keys. Default: nothing. */
  readonly key?: string;
}

/** What a store says of one table at one moment. */
export interface TableTags {
  /** T, the table's clock: every write advances it. A reader takes it before its load: the load's as-of. */
  readonly version: number;
  /** T:*, T's value at the last write whose rows were unknown. */
  readonly unknown: number;
  /** Per asked row, T's value at the last write to it. A row without a tag has T itself, so it can only be too new. */
  readonly rows: readonly number[];
  /**
   * A writer announced itself longer ago than the budget and has not come back, or a clock or tag is no number, so that nobody can
   * tell what it has counted: miss, and fill nothing.
   */
  readonly held: boolean;
}

export interface TagsRead {
  /**
   * Names the history the versions belong to. It changes whenever the store may have lost writes (a restart, an old snapshot, a
   * promotion), and versions of two histories say nothing about each other. Compare reads of the same tables only: where tables
   * live on several servers, it names the histories of those servers.
   */
  readonly epoch: string;
  /** In the order of the queries. */
  readonly tables: readonly TableTags[];
}

export interface EntriesRead extends TagsRead {
  /** In the order of the keys; `undefined` where the store has nothing. */
  readonly entries: readonly (string | undefined)[];
}

/**
 * How long a clock or a row tag lives that a reader made and no fill has lengthened, in milliseconds: what nobody has leaves no more than
 * that. Nothing that is stored relies on it, only loads that are under way: one that takes longer finds a younger clock at its end, and
 * counts as overtaken. That touch made clocks and tags which live as long as an entry needs, so the next load is stored. Without a row
 * tag until the touch, any write to another row of the table would overtake a first load.
 */
export const UNFILLED_MS = 30_000;

/** One write to one table. */
export interface TableWrite {
  readonly table: string;
  /** The rows it wrote; empty for rows that did not exist before (an INSERT); `undefined` when unknown. */
  readonly rows: readonly string[] | undefined;
  /** What the rows are named by; see `TagQuery` and `advance`. Default: nothing. */
  readonly key?: string;
  /** It may have given a unique key to another row than had it: an INSERT, an UPDATE of a slug. Default: no. */
  readonly takesKeys?: boolean;
  /** It may have freed a unique key for another row: a DELETE, an UPDATE of a slug. Default: no. */
  readonly releasesKeys?: boolean;
}

/**
 * The port to what keeps entries and tags, and its own injection token.
 *
 * Every method rejects with a `StoreError` when the store fails, refuses to write or does not answer within the budget; none
 * waits longer than that. Every method may take effect after it was rejected: a late one never makes an old entry valid.
 *
 * @internal
 */
export abstract class CacheStore {
  /** For the boot log and events, e.g. `memory` or `redis (ioredis)`. */
  abstract readonly name: string;

  /**
   * Entries and tags in one round trip. Creates missing clocks (from the store's time, above anything they ever were) and missing row
   * tags (with the clock's value) for `UNFILLED_MS`; lengthens nothing; settles holds that are past their deadline.
   *
   * @param budget what its caller has left, of several questions that share one. Default: a whole one.
   */
  abstract read(keys: readonly string[], queries: readonly TagQuery[], budget?: Budget): Promise<EntriesRead>;

  /**
   * The first half of a fill: as `read` of the tags, and lets all of them live for at least `lifetimeMs` (never shortens).
   * Leaves with the table what the rows are named by; where that is new, every write so far counts as one of unknown rows, since it
   * did not know of rows of such names.
   */
  abstract touch(queries: readonly TagQuery[], lifetimeMs: number): Promise<TagsRead>;

  /** The second half of a fill: stores the entry for `lifetimeMs`. */
  abstract put(key: string, entry: string, lifetimeMs: number): Promise<void>;

  /** Drops entries. Only tidies up: what makes them stale is `advance`. */
  abstract remove(keys: readonly string[]): Promise<void>;

  /**
   * Announces a write before it can become visible. Younger than this store's budget it blocks nothing, whoever reads; older, it
   * makes the table a miss; past `deadlineMs` from now the next reader advances the table as if its rows were unknown, in the writer's place.
   *
   * Waits for half the budget at most, since it is but a precaution. Repeated under the same id it renews the hold: another deadline,
   * and it begins to block when it would have before; what was lost is there again.
   *
   * @param releasesKeys whether the write may free a unique key; see `advance`
   */
  abstract hold(tables: readonly string[], id: string, deadlineMs: number, releasesKeys?: boolean): Promise<void>;

  /** Takes a hold back: the announced write definitely did not happen. */
  abstract release(tables: readonly string[], id: string): Promise<void>;

  /**
   * Makes a visible write known: per table the clock advances, and the written rows' tags (those that exist) or T:* follow it.
   * A table without a clock is left alone: nobody cached it. `hold` is taken back in the same step. Has a whole budget, and may be
   * repeated, also after it was taken: that costs readers a miss.
   *
   * A write that takes a key while a hold says that another may be freeing one counts as one of unknown rows: the row that had the
   * key is written, but its writer has not told yet, and whoever looks the key up must not be shown that row any more. So does a
   * write that names its rows by another key than somebody's fill: whose rows it wrote nobody can tell.
   */
  abstract advance(writes: readonly TableWrite[], hold?: string): Promise<void>;

  /** Called once at boot, so that the first write need not wait for a connection. Rejects as all methods do. */
  async open(): Promise<void> {}

  /** Gives back what `open` took, at once. A straggler may go on using the store. */
  async close(): Promise<void> {}

  /** Asked once at boot: what of this store will not work, with what to do; `undefined` when it can do everything. */
  abstract check(): Promise<string | undefined>;
}
