import {
  type ClockQuery,
  type ClockState,
  type ClockWrite,
  type DatedClock,
  JOURNAL_LENGTH,
  UNFILLED_MS,
} from './cache-store.js';
import { clockKeys } from './clock-keys.js';
import { ExpiringMap } from './expiring-map.js';
import { YOUNG } from './young-clocks.js';

interface Clock {
  now: number;
  unknown: number;
}

interface Hold {
  readonly blocksAt: number;
  readonly deadline: number;
  readonly releasesKeys: boolean;
}

/** What is kept under a clock's name. */
interface Kept {
  /** Absent while only holds are known of it: nobody has cached its table. */
  clock?: Clock;
  readonly holds: Map<string, Hold>;
  /** What fills name its rows by. */
  readonly keys: Set<string>;
  /** What each of the last advances has told, the oldest first: emptied by one that has told nothing, since nobody can look past that. */
  readonly journal: string[];
}

type Open = Required<Kept>;

/** Far above the tables of any schema; more only means misses. */
const MOST_CLOCKS = 10_000;

/**
 * The clocks of one process: what redis-scripts.ts does on a server, in plain TypeScript. Losing any of it ends as a miss.
 */
export class LocalClocks {
  readonly #kept = new ExpiringMap<Kept>(MOST_CLOCKS);
  readonly #rows: ExpiringMap<number>;
  /** Above all that any clock ever showed here, so that one that was lost starts above anything it ever was. */
  #highest = 0;

  constructor(
    private readonly budgetMs: number,
    maxRows: number,
    private readonly journalLength = JOURNAL_LENGTH,
    /** As `YOUNG_MS` on a server. None here: a clock outlives the holds on it. */
    private readonly youngMs = 0,
  ) {
    this.#rows = new ExpiringMap(maxRows);
  }

  read({ clock: name, rows, since }: ClockQuery): ClockState {
    const kept = this.#open(name, UNFILLED_MS);
    const { clock } = kept;
    const held = this.#settle(kept);
    const state = {
      ...clock,
      rows: rows.map((row) => this.#rowClock(clockKeys.row(name, row), clock, UNFILLED_MS)),
      held,
      hasHold: kept.holds.size > 0,
    };
    return since === undefined ? state : { ...state, changes: held ? undefined : changesSince(since, kept) };
  }

  /** Whether nothing of these was written after that, and no hold is in the way; what is lost, or overdue, is for `read` to settle. */
  isUnwritten({ clock: name, rows, asOf }: DatedClock): boolean {
    const { clock, holds } = this.#kept.get(name) ?? {};
    if (!clock || !holds || asOf > clock.now) return false;
    if (holds.size > 0) {
      const now = Date.now();
      for (const { blocksAt, deadline } of holds.values()) if (now > blocksAt || now > deadline) return false;
    }
    if (rows === undefined) return clock.now <= asOf;
    if (clock.unknown > asOf) return false;
    return rows.every((row) => (this.#rows.get(clockKeys.row(name, row)) ?? clock.now) <= asOf);
  }

  touch(query: ClockQuery, lifetimeMs: number): ClockState {
    const kept = this.#open(query.clock, lifetimeMs);
    const { clock, keys } = kept;
    this.#settle(kept);
    this.#kept.keep(query.clock, lifetimeMs);
    this.#name(query, clock, keys);
    for (const row of query.rows) {
      this.#rowClock(clockKeys.row(query.clock, row), clock, lifetimeMs);
      this.#rows.keep(clockKeys.row(query.clock, row), lifetimeMs);
    }
    return this.read(query);
  }

  hold(name: string, id: string, deadlineMs: number, releasesKeys = true): void {
    const now = Date.now();
    const kept = this.#kept.get(name) ?? this.#create(name, 2 * deadlineMs);
    const blocksAt = kept.holds.get(id)?.blocksAt ?? now + this.budgetMs;
    kept.holds.set(id, { blocksAt, deadline: now + deadlineMs, releasesKeys });
    this.#kept.keep(name, 2 * deadlineMs);
  }

  release(name: string, id: string): void {
    this.#kept.get(name)?.holds.delete(id);
  }

  advance({ clock: name, rows, key = '', takesKeys, change }: ClockWrite, hold: string | undefined): void {
    const kept = this.#kept.get(name);
    if (hold !== undefined) kept?.holds.delete(hold);
    if (!isOpen(kept)) return;
    const now = this.#tick(kept.clock);
    const named = typeof rows === 'string' ? [] : rows;
    const isContested = takesKeys && [...kept.holds.values()].some(({ releasesKeys }) => releasesKeys);
    const isForeign = named.length && [...kept.keys].some((each) => each !== key);
    if (rows === 'unknown' || isContested || isForeign) kept.clock.unknown = now;
    for (const row of named) this.#rows.replace(clockKeys.row(name, row), now);
    // Contested, the row that had the key is written as well, and nobody has told of that yet.
    this.#note(kept.journal, isContested ? undefined : change);
  }

  /** No write so far knew of rows of such names. */
  #name({ rows, key }: ClockQuery, clock: Clock, keys: Set<string>): void {
    if (!key || rows.length === 0 || keys.has(key)) return;
    keys.add(key);
    clock.unknown = clock.now;
  }

  #open(name: string, lifetimeMs: number): Open {
    const kept = this.#kept.get(name) ?? this.#create(name, lifetimeMs);
    if (!kept.clock) {
      this.#highest = Math.max(this.#highest + 1, Date.now() * 1000);
      kept.clock = { now: this.#highest, unknown: this.#highest };
      const grown = Date.now() + this.youngMs;
      if (this.youngMs > 0) kept.holds.set(YOUNG, { blocksAt: grown, deadline: grown, releasesKeys: true });
      this.#kept.keep(name, lifetimeMs);
    }
    return kept as Open;
  }

  #create(name: string, lifetimeMs: number): Kept {
    const created: Kept = { holds: new Map(), keys: new Set(), journal: [] };
    this.#kept.set(name, created, lifetimeMs);
    return created;
  }

  /** Advances in the place of writers that never came back, and says whether another one is overdue. */
  #settle({ clock, holds, journal }: Open): boolean {
    const now = Date.now();
    let held = false;
    for (const [id, { blocksAt, deadline }] of holds) {
      if (now > deadline && id === YOUNG) holds.delete(id);
      else if (now > deadline) {
        clock.unknown = this.#tick(clock);
        this.#note(journal, undefined);
        holds.delete(id);
      } else if (now > blocksAt) held = true;
    }
    return held;
  }

  /** What one advance has told, or nothing. */
  #note(journal: string[], change: string | undefined): void {
    if (!change) {
      journal.length = 0;
      return;
    }
    journal.push(change);
    if (journal.length > this.journalLength) journal.shift();
  }

  #rowClock(key: string, { now }: Clock, lifetimeMs: number): number {
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    this.#rows.set(key, now, lifetimeMs);
    return now;
  }

  #tick(clock: Clock): number {
    clock.now += 1;
    this.#highest = Math.max(this.#highest, clock.now);
    return clock.now;
  }
}

const isOpen = (kept: Kept | undefined): kept is Open => kept?.clock !== undefined;

function changesSince(since: number, { clock, journal, holds }: Open): readonly string[] | undefined {
  const count = clock.now - since;
  // What stands in a hold may be visible, and what was told since may build on it: a row that was written after it had come into a list.
  if (count > 0 && holds.size > 0) return undefined;
  const isThere = Number.isInteger(count) && count >= 0 && count <= journal.length;
  return isThere ? journal.slice(journal.length - count) : undefined;
}
