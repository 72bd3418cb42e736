import type { CacheEvents } from '../../lib/events/cache-events.js';
import { HoldProtocol } from '../../lib/writes/hold-protocol.js';
import type { CacheStore } from '../../lib/store/cache-store.js';
import type { CallFaults } from './gated-store.js';
import type { QueryName } from './queries.js';
import type { WatchedKnownRows } from './watched-known-rows.js';
import type { ScriptedServer } from './scripted-server.js';
import type { Tables } from './tables.js';
import type { TrackingFault } from './scripted-tracking.js';
import type { WriteName } from './writes.js';

/** Milliseconds of the scripted time; only their order matters. */
export const BUDGET = 10;
export const HOLD = 99;

/** What happens in a run, and what may go wrong in it: one kind of fault at a time is what the guarantees speak of. */
export interface Scenario {
  /** Readers of one process share its flights; those who ask `times` over in one turn its questions as well. */
  readonly readers: readonly { readonly query: QueryName; readonly process?: string; readonly times?: number }[];
  /** How many loads of a process may run at once. Default: any number. */
  readonly loads?: number;
  /** Processes lease their loads from each other. Default: each loads for itself, as over a store that is one process's own. */
  readonly leases?: boolean;
  /** Processes other than `p` that end for ever, wherever their readers are. */
  readonly deaths?: number;
  /**
   * Processes keep what they read, and all have read before; a `local` store is asked at once what it knows of that, and over one that is
   * `tracked` it is shown as long as nobody has told of a change.
   */
  readonly near?: 'shared' | 'local' | 'tracked';
  /** Its processes have to ask once more, as when what they were told by is over. */
  readonly asksAnew?: boolean;
  /** Writers tell what they change, and all have read before. */
  readonly journal?: JournalScript;
  readonly writers?: readonly WriteName[];
  /** What there is before anybody writes. Default: the first. */
  readonly tables?: Tables;
  /** Writes nobody tells of, each followed by an explicit clear. */
  readonly clears?: number;
  /** Readers depend on the clock of the database, as they always do outside of a model this small. */
  readonly databaseClock?: boolean;
  /** Entries are past their timeout as soon as they are stored, and shown while they are loaded again. */
  readonly expired?: boolean;

  /** Writers that stop for ever, somewhere between their hold and their acknowledgement. */
  readonly crashes?: number;
  /** How a last statement may end besides well: rolled back by the database, or with its answer lost. */
  readonly commits?: readonly ('fails' | 'ambiguous')[];
  /** What the server may drop, and how often. */
  readonly evictions?: { readonly of: readonly ('entry' | 'row' | 'table' | 'journal')[]; readonly times: number };
  /** For how long a clock that was made from nothing counts as held. Default: not at all, as where nothing is evicted. */
  readonly youngMs?: number;
  /** All clocks, or all entries, come to the end of their lives. */
  readonly expiries?: number;
  readonly refused?: CallFaults['refused'];
  readonly lost?: CallFaults['lost'];
  readonly repeated?: CallFaults['repeated'];
  /** From some moment on the server refuses this. */
  readonly refuses?: 'writes' | 'everything';
  /** And takes everything again later, with all that it had. */
  readonly recovers?: boolean;
  /** How often the first writer's process finds out whether the server is back. */
  readonly recoveries?: number;
  /** A snapshot is taken, and comes back under another epoch. */
  readonly restores?: boolean;
  /** Holds grow old and pass their deadlines. */
  readonly time?: boolean;
  /** A commit may take longer than its hold lives. */
  readonly slowCommits?: boolean;
  /** How often the holds that stand are renewed, as time passes. */
  readonly renewals?: number;
  /** What a writer that crashes has sent is committed at some time. */
  readonly orphans?: boolean;
  readonly split?: boolean;
  readonly broken?: Sabotage;
}

/** As small as it takes to see what happens at the bounds of the real ones. */
export interface JournalScript {
  /** Advances that a journal remembers. Default: all. */
  readonly length?: number;
  /** Writes to a table, after which what the store has is dated anew. Default: more than there are. */
  readonly writeBackAfter?: number;
  /** Nobody has read before. */
  readonly isCold?: boolean;
}

/** An engine with one of its parts broken on purpose, at the seam: the logic itself stays the real one. */
export interface Sabotage {
  readonly store?: (store: CacheStore, server: ScriptedServer) => CacheStore;
  readonly protocol?: new (store: () => CacheStore, events: CacheEvents, options: ProtocolOptions) => HoldProtocol;
  readonly holdMs?: number;
  readonly rows?: (server: ScriptedServer) => WatchedKnownRows;
  readonly tracking?: TrackingFault;
}

type ProtocolOptions = ConstructorParameters<typeof HoldProtocol>[2];
