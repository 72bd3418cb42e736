import type { ClockState, ClockWrite, ClockQuery, EntryInHand, Lease, Work } from '../../lib/store/cache-store.js';
import { ExpiringMap } from '../../lib/store/expiring-map.js';
import { clockKeys } from '../../lib/store/clock-keys.js';
import { LocalClocks } from '../../lib/store/local-clocks.js';
import { EVERYTHING } from './scripted-tracking.js';
import { sorted } from './sorted.js';

interface KeptClock {
  readonly clock?: { readonly now: number; readonly unknown: number };
  readonly keys: ReadonlySet<string>;
  readonly journal: string[];
  readonly holds: ReadonlyMap<string, { readonly blocksAt: number; readonly deadline: number }>;
}

/** The maps that local clocks keep to themselves: a real server evicts without asking, so a scripted one must reach them too. */
interface ClockMaps {
  readonly clocks: ExpiringMap<KeptClock>;
  readonly rows: ExpiringMap<number>;
}

/** Everybody's. */
const FREE = '';

/** Says what is done to it. */
class Entries extends Map<string, string> {
  readonly #tell: (key: string) => void;

  constructor(tell: (key: string) => void) {
    super();
    this.#tell = tell;
  }

  override set(key: string, text: string): this {
    super.set(key, text);
    this.#tell(key);
    return this;
  }

  override delete(key: string): boolean {
    const isGone = super.delete(key);
    if (isGone) this.#tell(key);
    return isGone;
  }

  override clear(): void {
    for (const key of this.keys()) this.delete(key);
  }
}

/** What all processes share: the real clocks and the entries, with everything that can happen to them. */
export class ScriptedServer {
  readonly entries: Map<string, string> = new Entries((key) => this.#tell(key));
  /** Told of each key that has changed, and who has done so. */
  readonly listeners: ((key: string, by: unknown) => void)[] = [];
  /** Who changes what. */
  by: unknown;
  /** So far. */
  changes = 0;
  epoch = 0;
  /** Refused calls: all of them, or (which no store may do) only those that write. */
  refuses: 'nothing' | 'writes' | 'everything' = 'nothing';
  /** Whose work it is, by what it is, and until when. */
  readonly #leases = new Map<string, { readonly holder: string; readonly until: number }>();
  #clocks: LocalClocks;
  #maps: ClockMaps;
  readonly #log: ((clocks: LocalClocks) => void)[] = [];
  readonly #names = new Set<string>();
  readonly #rows = new Set<string>();
  #snapshot: { entries: Map<string, string>; changes: number; image: unknown } | undefined;

  constructor(
    private readonly budgetMs: number,
    private readonly journalLength?: number,
    private readonly youngMs?: number,
  ) {
    [this.#clocks, this.#maps] = openClocks(budgetMs, journalLength, youngMs);
  }

  vouchesFor(key: string, { mark, epoch, dependencies }: EntryInHand): boolean {
    const isThere = epoch === String(this.epoch) && this.entries.get(key)?.startsWith(mark);
    return Boolean(isThere) && dependencies.every((dependency) => this.#clocks.isUnwritten(dependency));
  }

  read(query: ClockQuery): ClockState {
    return this.#apply((clocks) => clocks.read(query), query.clock, query.rows);
  }

  touch(query: ClockQuery, lifetimeMs: number): ClockState {
    return this.#apply((clocks) => clocks.touch(query, lifetimeMs), query.clock, query.rows);
  }

  hold(clock: string, id: string, deadlineMs: number, releasesKeys?: boolean): void {
    this.#apply((clocks) => clocks.hold(clock, id, deadlineMs, releasesKeys), clock);
  }

  release(clock: string, id: string): void {
    this.#apply((clocks) => clocks.release(clock, id), clock);
  }

  advance(write: ClockWrite, hold: string | undefined): void {
    this.#apply((clocks) => clocks.advance(write, hold), write.clock);
  }

  lease(work: Work, holder: string, lifetimeMs: number): Lease {
    const name = JSON.stringify(work);
    const known = this.#lease(name);
    if (!known) this.#leases.set(name, { holder, until: Date.now() + lifetimeMs });
    if (!known || known.holder === holder) return 'mine';
    return known.holder === FREE ? 'free' : 'taken';
  }

  endLease(work: Work, holder: string, freeMs = 0): void {
    const name = JSON.stringify(work);
    if (this.#lease(name)?.holder !== holder) return;
    if (freeMs > 0) this.#leases.set(name, { holder: FREE, until: Date.now() + freeMs });
    else this.#leases.delete(name);
  }

  /** When the leases that stand end by themselves. */
  get leaseEnds(): readonly number[] {
    return [...this.#leases.keys()].flatMap((name) => this.#lease(name)?.until ?? []);
  }

  #lease(name: string): { readonly holder: string; readonly until: number } | undefined {
    const known = this.#leases.get(name);
    return known && known.until > Date.now() ? known : undefined;
  }

  holds(clock: string): KeptClock['holds'] {
    return this.#maps.clocks.get(clock)?.holds ?? new Map();
  }

  get clocks(): readonly string[] {
    return [...this.#names].filter((name) => this.#maps.clocks.get(name)).sort();
  }

  get rows(): readonly string[] {
    return [...this.#rows].filter((key) => this.#maps.rows.get(key) !== undefined).sort();
  }

  evictClock(clock: string): void {
    this.#maps.clocks.delete(clock);
    this.#tell(clock);
  }

  /** What it has told so far; the clock stays. */
  evictJournal(clock: string): void {
    this.#maps.clocks.get(clock)?.journal.splice(0);
    this.#tell(clock);
  }

  journal(clock: string): readonly string[] {
    return this.#maps.clocks.get(clock)?.journal ?? [];
  }

  /** Clocks whose journals tell of something. */
  get journals(): readonly string[] {
    return this.clocks.filter((clock) => this.journal(clock).length > 0);
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

  /** Everything as it was, holds and clocks included; only the epoch tells. */
  restoreSnapshot(): void {
    const { entries, changes } = this.#snapshot!;
    // Whoever was told of changes has lost the line.
    this.#tell(EVERYTHING);
    this.entries.clear();
    for (const [key, text] of entries) this.entries.set(key, text);
    [this.#clocks, this.#maps] = openClocks(this.budgetMs, this.journalLength, this.youngMs);
    this.#log.length = changes;
    for (const change of this.#log) change(this.#clocks);
    this.epoch++;
    this.#snapshot = undefined;
  }

  /** All that a record says. */
  #record(name: string): unknown {
    const kept = this.#maps.clocks.get(name);
    if (!kept) return undefined;
    const { clock, holds, keys, journal } = kept;
    const standing = [...holds].map(([id, { deadline }]) => [id, deadline]);
    return [name, clock?.now, clock?.unknown, sorted(keys), sorted(standing), [...journal]];
  }

  #tell(key: string): void {
    this.changes++;
    for (const told of this.listeners) told(key, this.by);
  }

  fingerprint(): unknown {
    const row = (key: string) => [key, this.#maps.rows.get(key)];
    return [
      sorted(this.entries),
      this.clocks.map((name) => this.#record(name)),
      this.rows.map(row),
      this.epoch,
      this.refuses,
      this.#snapshot?.image,
      sorted([...this.#leases].filter(([name]) => this.#lease(name))),
    ];
  }

  #apply<T>(change: (clocks: LocalClocks) => T, clock: string, rows: readonly string[] = []): T {
    this.#names.add(clock);
    for (const row of rows) this.#rows.add(clockKeys.row(clock, row));
    this.#log.push(change);
    if (!this.listeners.length) return change(this.#clocks);
    const before = JSON.stringify(this.#record(clock));
    const answer = change(this.#clocks);
    if (JSON.stringify(this.#record(clock)) !== before) this.#tell(clock);
    return answer;
  }
}

function openClocks(
  budgetMs: number,
  journalLength: number | undefined,
  youngMs: number | undefined,
): [LocalClocks, ClockMaps] {
  const clocks = new LocalClocks(budgetMs, 1_000, journalLength, youngMs);
  const maps: unknown[] = [];
  const { set } = ExpiringMap.prototype;
  ExpiringMap.prototype.set = function (...args) {
    maps.push(this);
    set.apply(this, args);
  };
  // What lives for no time is gone at once.
  clocks.touch({ clock: '', rows: [''] }, 0);
  ExpiringMap.prototype.set = set;
  const [named, rows] = maps as [ClockMaps['clocks'], ClockMaps['rows']];
  return [clocks, { clocks: named, rows }];
}
