import type { ClockState, ClockWrite, ClockQuery } from '../../lib/store/cache-store.js';
import { ExpiringMap } from '../../lib/store/expiring-map.js';
import { clockKeys } from '../../lib/store/clock-keys.js';
import { LocalClocks } from '../../lib/store/local-clocks.js';
import { sorted } from './sorted.js';

interface TableRecord {
  readonly clock?: { readonly now: number; readonly unknown: number };
  readonly keys: ReadonlySet<string>;
  readonly holds: ReadonlyMap<string, { readonly blocksAt: number; readonly deadline: number }>;
}

/** The maps a tag table keeps to itself: a real server evicts without asking, so a scripted one must reach them too. */
interface TagMaps {
  readonly tables: ExpiringMap<TableRecord>;
  readonly rows: ExpiringMap<number>;
}

/** What all processes share: the real tag table and the entries, with everything that can happen to them. */
export class ScriptedServer {
  readonly entries = new Map<string, string>();
  history = 0;
  /** Refused calls: all of them, or (which no store may do) only those that write. */
  refuses: 'nothing' | 'writes' | 'everything' = 'nothing';
  #tags: LocalClocks;
  #maps: TagMaps;
  readonly #log: ((tags: LocalClocks) => void)[] = [];
  readonly #tables = new Set<string>();
  readonly #rows = new Set<string>();
  #snapshot: { entries: Map<string, string>; changes: number; image: unknown } | undefined;

  constructor(private readonly budgetMs: number) {
    [this.#tags, this.#maps] = openTagTable(budgetMs);
  }

  read(query: ClockQuery): ClockState {
    return this.#apply((tags) => tags.read(query), query.clock, query.rows);
  }

  touch(query: ClockQuery, lifetimeMs: number): ClockState {
    return this.#apply((tags) => tags.touch(query, lifetimeMs), query.clock, query.rows);
  }

  hold(table: string, id: string, deadlineMs: number, releasesKeys?: boolean): void {
    this.#apply((tags) => tags.hold(table, id, deadlineMs, releasesKeys), table);
  }

  release(table: string, id: string): void {
    this.#apply((tags) => tags.release(table, id), table);
  }

  advance(write: ClockWrite, hold: string | undefined): void {
    this.#apply((tags) => tags.advance(write, hold), write.clock);
  }

  holds(table: string): TableRecord['holds'] {
    return this.#maps.tables.get(table)?.holds ?? new Map();
  }

  get tables(): readonly string[] {
    return [...this.#tables].filter((table) => this.#maps.tables.get(table)).sort();
  }

  get rows(): readonly string[] {
    return [...this.#rows].filter((key) => this.#maps.rows.get(key) !== undefined).sort();
  }

  evictTable(table: string): void {
    this.#maps.tables.delete(table);
  }

  evictRow(key: string): void {
    this.#maps.rows.delete(key);
  }

  get hasSnapshot(): boolean {
    return this.#snapshot !== undefined;
  }

  takeSnapshot(): void {
    this.#snapshot = { entries: new Map(this.entries), changes: this.#log.length, image: this.fingerprint() };
  }

  /** Everything as it was, holds and clocks included; only the name of the history tells. */
  restoreSnapshot(): void {
    const { entries, changes } = this.#snapshot!;
    this.entries.clear();
    for (const [key, text] of entries) this.entries.set(key, text);
    [this.#tags, this.#maps] = openTagTable(this.budgetMs);
    this.#log.length = changes;
    for (const change of this.#log) change(this.#tags);
    this.history++;
    this.#snapshot = undefined;
  }

  fingerprint(): unknown {
    const record = (table: string) => {
      const { clock, holds, keys } = this.#maps.tables.get(table)!;
      return [
        table,
        clock?.now,
        clock?.unknown,
        sorted(keys),
        sorted([...holds].map(([id, { deadline }]) => [id, deadline])),
      ];
    };
    const row = (key: string) => [key, this.#maps.rows.get(key)];
    return [
      sorted(this.entries),
      this.tables.map(record),
      this.rows.map(row),
      this.history,
      this.refuses,
      this.#snapshot?.image,
    ];
  }

  #apply<T>(change: (tags: LocalClocks) => T, table: string, rows: readonly string[] = []): T {
    this.#tables.add(table);
    for (const row of rows) this.#rows.add(clockKeys.row(table, row));
    this.#log.push(change);
    return change(this.#tags);
  }
}

function openTagTable(budgetMs: number): [LocalClocks, TagMaps] {
  const tags = new LocalClocks(budgetMs, 1_000);
  const maps: unknown[] = [];
  const { set } = ExpiringMap.prototype;
  ExpiringMap.prototype.set = function (...args) {
    maps.push(this);
    set.apply(this, args);
  };
  // What lives for no time is gone at once.
  tags.touch({ clock: '', rows: [''] }, 0);
  ExpiringMap.prototype.set = set;
  const [tables, rows] = maps as [TagMaps['tables'], TagMaps['rows']];
  return [tags, { tables, rows }];
}
