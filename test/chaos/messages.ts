import type { CandidateName } from './candidates/names.js';

/** How a process reaches Redis. */
export type RedisAddress =
  | { readonly kind: 'server'; readonly port: number }
  | { readonly kind: 'sentinel'; readonly port: number; readonly name: string }
  | { readonly kind: 'cluster'; readonly ports: readonly number[] };

/** What one process of a round must know. */
export interface Engagement {
  readonly candidate: CandidateName;
  readonly redis: RedisAddress;
  readonly databaseUrl: string;
  readonly namespace: string;
  /** Whose rows it writes: 0, 1, 2. Who closes writes none. */
  readonly worker: number;
  readonly workers: number;
}

/** A row as a read showed it. */
export type ShownRow = readonly [id: number, version: number];

export interface ReadRecord {
  readonly begun: number;
  /** `Infinity` for one that had not ended when the round did. */
  readonly ended: number;
  /** The row or the shelf that was asked for. */
  readonly asked: { readonly id: number } | { readonly shelf: number };
  /** `undefined` for a read that failed. */
  readonly shown?: readonly ShownRow[];
  readonly error?: string;
}

export interface WriteRecord {
  readonly id: number;
  readonly version: number;
  readonly begun: number;
  readonly ended: number;
  readonly acknowledged: boolean;
  readonly error?: string;
}

export interface EventRecord {
  readonly name: string;
  readonly at: number;
  /** Of `store:failed`. */
  readonly operation?: string;
}

export interface WorkerRecord {
  readonly reads: readonly ReadRecord[];
  readonly baseline: readonly ReadRecord[];
  readonly writes: readonly WriteRecord[];
  readonly events: readonly EventRecord[];
  readonly unhandled: readonly string[];
  readonly rssBytes: number;
}

export interface Closing {
  /** `Infinity` for one that had not ended after a while. */
  readonly ms: number;
  readonly unhandled: readonly string[];
}

export interface Ending {
  readonly record: WorkerRecord;
  /** Whether the process has nothing left of the round. */
  readonly clean: boolean;
}

/** Which of its rows a process writes. In halves, so that what was written at one time is not covered up by what is written at another. */
export type Written = 'all' | 'one half' | 'other half' | 'none';

/** What a process is told to do; each is answered. */
export type Command =
  | { readonly do: 'open'; readonly engagement: Engagement }
  /** Begins to read. */
  | { readonly do: 'read' }
  | { readonly do: 'write'; readonly rows: Written }
  /** Answers when no write is under way any more, or after a while. */
  | { readonly do: 'settle' }
  /** Answers with its memory, in bytes, after a collection. */
  | { readonly do: 'measure' }
  /** Closes the application in the middle of its work and answers with a `Closing`. */
  | { readonly do: 'close' }
  /** Ends what it does and answers with an `Ending`. */
  | { readonly do: 'end' };

export type ToWorker = Command & { readonly question: number };

export type FromWorker =
  { readonly question: 'ready' } | { readonly question: number; readonly answer?: unknown; readonly error?: string };
