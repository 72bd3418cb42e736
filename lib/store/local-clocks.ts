import { type ClockQuery, type ClockState, type ClockWrite, type DatedClock, UNFILLED_MS } from './cache-store.js';
import { clockKeys } from './clock-keys.js';
import { ExpiringMap } from './expiring-map.js';

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
}

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
  ) {
    this.#rows = new ExpiringMap(maxRows);
  }

  read({ clock: name, rows }: ClockQuery): ClockState {
    const { clock, holds } = this.#open(name, UNFILLED_MS);
    const held = this.#settle(clock, holds);
    return {
      ...clock,
      rows: rows.map((row) => this.#rowClock(clockKeys.row(name, row), clock, UNFILLED_MS)),
      held,
    };
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
    const { clock, holds, keys } = this.#open(query.clock, lifetimeMs);
    this.#settle(clock, holds);
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

  advance({ clock: name, rows, key = '', takesKeys }: ClockWrite, hold: string | undefined): void {
    const kept = this.#kept.get(name);
    if (hold !== undefined) kept?.holds.delete(hold);
    if (!kept?.clock) return;
    const now = this.#tick(kept.clock);
    const named = typeof rows === 'string' ? [] : rows;
    const isContested = takesKeys && [...kept.holds.values()].some(({ releasesKeys }) => releasesKeys);
    const isForeign = named.length && [...kept.keys].some((each) => each !== key);
    if (rows === 'unknown' || isContested || isForeign) kept.clock.unknown = now;
    for (const row of named) this.#rows.replace(clockKeys.row(name, row), now);
  }

  /** No write so far knew of rows of such names. */
  #name({ rows, key }: ClockQuery, clock: Clock, keys: Set<string>): void {
    if (!key || rows.length === 0 || keys.has(key)) return;
    keys.add(key);
    clock.unknown = clock.now;
  }

  #open(name: string, lifetimeMs: number): Required<Kept> {
    const kept = this.#kept.get(name) ?? this.#create(name, lifetimeMs);
    if (!kept.clock) {
      this.#highest = Math.max(this.#highest + 1, Date.now() * 1000);
      kept.clock = { now: this.#highest, unknown: this.#highest };
      this.#kept.keep(name, lifetimeMs);
    }
    return kept as Required<Kept>;
  }

  #create(name: string, lifetimeMs: number): Kept {
    const created: Kept = { holds: new Map(), keys: new Set() };
    this.#kept.set(name, created, lifetimeMs);
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
