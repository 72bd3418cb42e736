/** One row as a read showed it; without a stamp where the row itself is not shown (a row of a junction). */
export type ShownRow = readonly [row: string, stamp: number | null];

/** What a read says of one table: of all rows that match, exactly these are there. */
export interface RowSet {
  readonly table: string;
  /** Only these rows were asked for. */
  readonly rows?: readonly string[];
  /** Only rows with this value were asked for. */
  readonly where?: readonly [column: string, value: number | string];
  /** No two rows have that value, so what was found is looked for by its row, and no other row's write is asked about. */
  readonly isUnique?: boolean;
  readonly shown: readonly ShownRow[];
}

export interface ReadRecord {
  /** Whose it is: a process knows of its own writes whatever the store has heard of. */
  readonly worker: number;
  readonly what: string;
  readonly begun: number;
  readonly ended: number;
  readonly sets: readonly RowSet[];
}

/** How a write ended, by the clock of all processes. */
export interface WriteOutcome {
  /** `acknowledged` may have been rolled back on purpose: the history knows. */
  readonly outcome: 'acknowledged' | 'failed';
  readonly at: number;
  /** Not visible to others before. */
  readonly committing: number;
  /** The number of the last debt that it left, where no hold speaks for it: see `WriteAdvances`. */
  readonly owed: number | undefined;
}

/** Of one process so far. */
export interface DebtCounts {
  readonly made: number;
  readonly paid: number;
  readonly lost: number;
}

export interface Counts {
  hits: number;
  /** Entries a process had in hand, and was told that they are still stored. */
  near: number;
  /** Entries that were shown without a question. */
  unasked: number;
  /** Entries whose tables had moved and that journals found true. */
  judged: number;
  misses: number;
  joined: number;
  storeFailures: number;
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'begun'; readonly write: number; readonly path: string; readonly at: number }
  | ({ readonly kind: 'settled'; readonly write: number } & WriteOutcome)
  | { readonly kind: 'reads'; readonly reads: readonly ReadRecord[]; readonly counts: Counts }
  /** The store has heard of every debt up to that number. */
  | { readonly kind: 'paid'; readonly worker: number; readonly upTo: number; readonly at: number }
  | ({ readonly kind: 'debts'; readonly worker: number; readonly isLast: boolean } & DebtCounts)
  | { readonly kind: 'broken'; readonly error: string };

/** Where in a write a worker is to die: held and not committed, or committed and not advanced. */
export type DeathPoint = 'after the hold' | 'before the advance';

export type ToWorker = 'pause' | 'resume' | 'stop' | { readonly die: DeathPoint };
