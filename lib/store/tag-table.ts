import { type TableTags, type TableWrite, type TagQuery, UNFILLED_MS } from './cache-store.js';
import { ExpiringMap } from './expiring-map.js';
import { tagKeys } from './tag-keys.js';

interface Clock {
  version: number;
  unknown: number;
}

interface Hold {
  readonly blocksAt: number;
  readonly deadline: number;
  readonly releasesKeys: boolean;
}

interface Table {
  /** Absent while only holds are known of the table: nobody has cached it. */
  clock?: Clock;
  readonly holds: Map<string, Hold>;
  /** What fills name its rows by. */
  readonly keys: Set<string>;
}

/** Far above the tables of any schema; more only means misses. */
const MAX_TABLES = 10_000;

/**
 * The tags of one process: what redis-scripts.ts does on a server, in plain TypeScript. Losing any of it ends as a miss.
 */
export class TagTable {
  readonly #tables = new ExpiringMap<Table>(MAX_TABLES);
  readonly #rows: ExpiringMap<number>;
  /** Above every version ever given out here, so that a clock that was lost starts above anything it ever was. */
  #highest = 0;

  constructor(
    private readonly budgetMs: number,
    maxRows: number,
  ) {
    this.#rows = new ExpiringMap(maxRows);
  }

  read({ table, rows }: TagQuery): TableTags {
    const { clock, holds } = this.#open(table, UNFILLED_MS);
    const held = this.#settle(clock, holds);
    return {
      version: clock.version,
      unknown: clock.unknown,
      rows: rows.map((row) => this.#rowTag(tagKeys.row(table, row), clock, UNFILLED_MS)),
      held,
    };
  }

  touch(query: TagQuery, lifetimeMs: number): TableTags {
    const { clock, holds, keys } = this.#open(query.table, lifetimeMs);
    this.#settle(clock, holds);
    this.#tables.keep(query.table, lifetimeMs);
    this.#name(query, clock, keys);
    for (const row of query.rows) {
      this.#rowTag(tagKeys.row(query.table, row), clock, lifetimeMs);
      this.#rows.keep(tagKeys.row(query.table, row), lifetimeMs);
    }
    return this.read(query);
  }

  hold(table: string, id: string, deadlineMs: number, releasesKeys = true): void {
    const now = Date.now();
    const known = this.#tables.get(table) ?? this.#create(table, 2 * deadlineMs);
    const blocksAt = known.holds.get(id)?.blocksAt ?? now + this.budgetMs;
    known.holds.set(id, { blocksAt, deadline: now + deadlineMs, releasesKeys });
    this.#tables.keep(table, 2 * deadlineMs);
  }

  release(table: string, id: string): void {
    this.#tables.get(table)?.holds.delete(id);
  }

  advance({ table, rows, key = '', takesKeys }: TableWrite, hold: string | undefined): void {
    const known = this.#tables.get(table);
    if (hold !== undefined) known?.holds.delete(hold);
    if (!known?.clock) return;
    const version = this.#tick(known.clock);
    const isContested = takesKeys && [...known.holds.values()].some(({ releasesKeys }) => releasesKeys);
    const isForeign = rows?.length && [...known.keys].some((each) => each !== key);
    if (rows === undefined || isContested || isForeign) known.clock.unknown = version;
    for (const row of rows ?? []) this.#rows.replace(tagKeys.row(table, row), version);
  }

  /** No write so far knew of rows of such names. */
  #name({ rows, key }: TagQuery, clock: Clock, keys: Set<string>): void {
    if (!key || rows.length === 0 || keys.has(key)) return;
    keys.add(key);
    clock.unknown = clock.version;
  }

  #open(table: string, lifetimeMs: number): Required<Table> {
    const known = this.#tables.get(table) ?? this.#create(table, lifetimeMs);
    if (!known.clock) {
      this.#highest = Math.max(this.#highest + 1, Date.now() * 1000);
      known.clock = { version: this.#highest, unknown: this.#highest };
      this.#tables.keep(table, lifetimeMs);
    }
    return known as Required<Table>;
  }

  #create(table: string, lifetimeMs: number): Table {
    const created: Table = { holds: new Map(), keys: new Set() };
    this.#tables.set(table, created, lifetimeMs);
    return created;
  }

  /** Advances in the place of writers that never came back, and says whether another one is overdue. */
  #settle(clock: Clock, holds: Map<string, Hold>): boolean {
    const now = Date.now();
    let held = false;
    for (const [id, { blocksAt, deadline }] of holds) {
      if (now > deadline) {
        clock.unknown = this.#tick(clock);
        holds.delete(id);
      } else if (now > blocksAt) held = true;
    }
    return held;
  }

  #rowTag(key: string, { version }: Clock, lifetimeMs: number): number {
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    this.#rows.set(key, version, lifetimeMs);
    return version;
  }

  #tick(clock: Clock): number {
    clock.version += 1;
    this.#highest = Math.max(this.#highest, clock.version);
    return clock.version;
  }
}
