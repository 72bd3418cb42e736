import type { ReadRecord, RowSet, WriteOutcome } from './messages.js';

/** A committed write to one row, as the database recorded it in the same transaction. */
export interface HistoryRow {
  /** Increases with each write to the same row. */
  readonly seq: number;
  readonly write: number;
  readonly table: string;
  readonly row: string;
  readonly stamp: number | null;
  /** Whether the row is there and not soft-deleted. */
  readonly present: boolean;
  readonly facts: Readonly<Record<string, number | string | null>>;
}

export interface Violation {
  readonly kind: 'stale' | 'dirty';
  readonly read: ReadRecord;
  readonly set: RowSet;
  readonly row: string;
  /** The newest state the read had to know, and what came after it. */
  readonly expected: readonly (HistoryRow & WriteTimes)[];
}

export interface WriteTimes {
  readonly path: string;
  readonly begun: number;
  readonly acknowledged: number;
}

interface Death {
  readonly at: number;
  /** The last time before that a table's clock, and its holds with it, were evicted. */
  readonly tableEvicted: number;
}

interface Write {
  readonly path: string;
  readonly begun: number;
  readonly settled?: WriteOutcome;
  /** When its process had paid what it owed for it. */
  readonly paidAt?: number;
}

/** What it costs that a process is told of changes, in place of asking. */
export interface Lateness {
  /** How late a process may learn of what others write, in milliseconds. */
  readonly mostMs: number;
  /** Reads that showed what others had replaced within that time. */
  reads: number;
  /** How long before, at most, to the millisecond. */
  worstMs: number;
}

/**
 * Judges reads by the database's own history. Per row, a read must show a committed state not older than the newest one
 * acknowledged before the read began; a newer one is as good. What a process owes the store the others need not know of until it is
 * paid: it was documented that they cannot. The process itself must.
 */
export class Oracle {
  readonly #tables = new Map<string, Map<string, HistoryRow[]>>();
  readonly #writes = new Map<number, Write>();
  readonly #deaths = new Map<number, Death>();
  #tableEvicted = 0;
  readonly #orphans = new Set<number>();
  #unheard = 0;
  /** Per process the writes it owes the store. */
  readonly #owing = new Map<number, Set<number>>();
  /** Per process the number of the last debt it has paid. */
  readonly #paidUpTo = new Map<number, number>();
  /** Reads that showed what an unheard write had replaced: what it costs not to be heard. */
  excused = 0;
  readonly lateness: Lateness;

  /** @param mostLateMs how late a process may learn of what others write, in milliseconds. Default: it may not. */
  constructor(
    private readonly holdMs: number,
    private readonly workerOf: (write: number) => number,
    mostLateMs = 0,
  ) {
    this.lateness = { mostMs: mostLateMs, reads: 0, worstMs: 0 };
  }

  begun(write: number, path: string, at: number): void {
    this.#writes.set(write, { path, begun: at });
  }

  settled(write: number, settled: WriteOutcome): void {
    this.#writes.set(write, { path: '', begun: 0, ...this.#writes.get(write), settled });
    if (settled.owed === undefined) return;
    this.#unheard++;
    const worker = this.workerOf(write);
    if ((this.#paidUpTo.get(worker) ?? 0) >= settled.owed) return this.#paid(write, settled.at);
    const owing = this.#owing.get(worker) ?? new Set();
    this.#owing.set(worker, owing.add(write));
  }

  /** The store has heard of all that a process owed up to that debt. */
  paid(worker: number, upTo: number, at: number): void {
    this.#paidUpTo.set(worker, upTo);
    const owing = this.#owing.get(worker) ?? new Set();
    for (const write of owing) {
      if (this.#writes.get(write)!.settled!.owed! > upTo) continue;
      owing.delete(write);
      this.#paid(write, at);
    }
  }

  #paid(write: number, paidAt: number): void {
    this.#writes.set(write, { ...this.#writes.get(write)!, paidAt });
  }

  died(worker: number, at: number): void {
    this.#deaths.set(worker, { at, tableEvicted: this.#tableEvicted });
  }

  /** Takes the holds of the writes under way with it: should one of their writers die too, that is two faults. */
  tableEvicted(at: number): void {
    this.#tableEvicted = at;
  }

  /** Writes committed by a process that died before it could make them known or be told so, and that readers had to notice. */
  get orphans(): number {
    return this.#orphans.size;
  }

  learn(rows: readonly HistoryRow[]): void {
    for (const state of rows) {
      const table = this.#tables.get(state.table) ?? new Map<string, HistoryRow[]>();
      this.#tables.set(state.table, table);
      const states = table.get(state.row) ?? [];
      table.set(state.row, states);
      states.splice(states.findLastIndex(({ seq }) => seq < state.seq) + 1, 0, state);
    }
  }

  /** Ask once everything committed before the read's end has been learnt. */
  check(read: ReadRecord): Violation | undefined {
    const violation = this.#findLate(read);
    if (!violation && this.#unheard && this.#find(read, (write) => this.#returned(write))) this.excused++;
    return violation;
  }

  #findLate(read: ReadRecord): Violation | undefined {
    const { lateness } = this;
    // What it has written itself a process knows at once.
    const after = (lateMs: number) => (write: number) =>
      this.#acknowledged(write, read.worker) + (this.workerOf(write) === read.worker ? 0 : lateMs);
    const find = (lateMs: number) => this.#find(read, after(lateMs));
    const violation = find(0);
    if (!violation || lateness.mostMs === 0) return violation;
    const beyond = find(lateness.mostMs);
    if (beyond) return beyond;
    let [tooLittle, enough] = [0, lateness.mostMs];
    while (enough - tooLittle > 1) {
      const half = (tooLittle + enough) / 2;
      if (find(half)) tooLittle = half;
      else enough = half;
    }
    lateness.reads++;
    lateness.worstMs = Math.max(lateness.worstMs, enough);
    return undefined;
  }

  /** @param known from when on a read must know of the write */
  #find(read: ReadRecord, known: (write: number) => number): Violation | undefined {
    for (const set of read.sets) {
      const shown = new Map(set.shown);
      const rows = this.#tables.get(set.table) ?? new Map<string, HistoryRow[]>();
      const isOwed = (write: number) => known(write) > read.begun && this.#mayBeOwed(write);
      const isMoved = set.isUnique && set.shown.some((each) => hasMovedUnheard(each, rows, set, isOwed));
      for (const row of new Set([...(set.rows ?? rows.keys()), ...shown.keys()])) {
        // Who has the key now is heard; who had it tells those that look it up, and has not.
        if (isMoved && !shown.has(row)) continue;
        const states = rows.get(row) ?? [];
        const floor = floorOf(states, (write) => known(write) <= read.begun, isOwed);
        const kind = this.#judge(set, shown.get(row), states, floor, read.ended);
        if (kind)
          return {
            kind,
            read,
            set,
            row,
            expected: states.slice(Math.max(floor, 0)).map((state) => this.#dated(state, read.worker)),
          };
      }
    }
    return undefined;
  }

  #judge(
    set: RowSet,
    stamp: number | null | undefined,
    states: readonly HistoryRow[],
    floor: number,
    ended: number,
  ): Violation['kind'] | undefined {
    const possible = states.slice(Math.max(floor, 0)).filter(({ write }) => this.#committing(write) <= ended);
    if (stamp === undefined) return floor < 0 || possible.some((state) => !matches(state, set)) ? undefined : 'stale';
    if (stamp === null) return possible.some((state) => matches(state, set)) ? undefined : 'stale';
    const state = states.findLast((each) => each.stamp === stamp);
    if (!state || this.#committing(state.write) > ended) return 'dirty';
    return possible.includes(state) && matches(state, set) ? undefined : 'stale';
  }

  /** From when on a process must know of it. */
  #acknowledged(write: number, reader: number): number {
    const { begun, settled, paidAt = Infinity } = this.#writes.get(write) ?? {};
    // Written before anybody read.
    if (write === 0) return 0;
    const writer = this.workerOf(write);
    if (settled) {
      if (settled.outcome !== 'acknowledged') return Infinity;
      return settled.owed === undefined || writer === reader ? settled.at : Math.max(settled.at, paidAt);
    }
    const death = this.#deaths.get(writer);
    if (death === undefined || begun === undefined) return Infinity;
    // Its hold began after the write did. What commits after its deadline was promised to nobody: a statement may outlive its process.
    if (death.at - begun > this.holdMs / 2 || begun <= death.tableEvicted) return Infinity;
    this.#orphans.add(write);
    return death.at + this.holdMs + TIMES_APART;
  }

  /** Its process owes it to the store, or has not said yet. */
  #mayBeOwed(write: number): boolean {
    const { settled } = this.#writes.get(write) ?? {};
    return !settled || settled.owed !== undefined;
  }

  /** As acknowledged, whether it was heard or not. */
  #returned(write: number): number {
    const { settled } = this.#writes.get(write) ?? {};
    return settled?.outcome === 'acknowledged' ? settled.at : this.#acknowledged(write, this.workerOf(write));
  }

  #committing(write: number): number {
    const { begun = 0, settled } = this.#writes.get(write) ?? {};
    return settled?.committing ?? begun;
  }

  #dated(state: HistoryRow, reader: number): HistoryRow & WriteTimes {
    const { path = '', begun = 0 } = this.#writes.get(state.write) ?? {};
    return { ...state, path, begun, acknowledged: this.#acknowledged(state.write, reader) };
  }
}

/** Milliseconds the store's time and ours may differ by over an interval. */
const TIMES_APART = 100;

/**
 * The oldest state that a read may show. The INSERT of a row under a key that another one had tells nobody who shows that one: its
 * DELETE does, once it is heard.
 */
function floorOf(
  states: readonly HistoryRow[],
  isKnown: (write: number) => boolean,
  isOwed: (write: number) => boolean,
): number {
  const floor = states.findLastIndex(({ write }) => isKnown(write));
  const before = states[floor - 1];
  if (!before || before.present || before.stamp !== null || !isOwed(before.write)) return floor;
  return floorOf(states.slice(0, floor - 1), isKnown, isOwed);
}

/** Whether a row that is shown has lost the value by which it was found, and nobody was told. */
function hasMovedUnheard(
  [row, stamp]: RowSet['shown'][number],
  rows: ReadonlyMap<string, readonly HistoryRow[]>,
  set: RowSet,
  isOwed: (write: number) => boolean,
): boolean {
  const states = rows.get(row) ?? [];
  const since = states.slice(states.findLastIndex((state) => state.stamp === stamp) + 1);
  return since.some((state) => isOwed(state.write) && !matches(state, set));
}

function matches({ present, facts }: HistoryRow, { where }: RowSet): boolean {
  return present && (!where || facts[where[0]] === where[1]);
}
