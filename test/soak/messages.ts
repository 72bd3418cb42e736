/** One row as a read showed it; without a stamp where the row itself is not shown (a row of a junction). */
export type ShownRow = readonly [row: string, stamp: number | null];

/** What a read says of one table: of all rows that match, exactly these are there. */
export interface RowSet {
  readonly table: string;
  /** Only these rows were asked for. */
  readonly rows?: readonly string[];
  /** Only rows with this value were asked for. */
  readonly where?: readonly [column: string, value: number | string];
  readonly shown: readonly ShownRow[];
}

export interface ReadRecord {
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
  /** An event said that nobody was told of it: see `WriteAdvances`. */
  readonly unheard: boolean;
}

export interface Counts {
  hits: number;
  misses: number;
  joined: number;
  storeFailures: number;
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'begun'; readonly write: number; readonly path: string; readonly at: number }
  | ({ readonly kind: 'settled'; readonly write: number } & WriteOutcome)
  | { readonly kind: 'reads'; readonly reads: readonly ReadRecord[]; readonly counts: Counts }
  | { readonly kind: 'broken'; readonly error: string };

/** Where in a write a worker is to die: held and not committed, or committed and not advanced. */
export type DeathPoint = 'after the hold' | 'before the advance';

export type ToWorker = 'pause' | 'resume' | 'stop' | { readonly die: DeathPoint };
