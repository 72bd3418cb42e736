import type { EntryKind } from '../cache/entry.js';
import type { Leeway } from '../cache/leeway.js';
import type { ReadThrough } from '../cache/read-through.js';
import type { MissReason } from '../events/cache-events.js';
import type { CommittedLoads } from '../load/committed-loads.js';
import type { EntityDependencies } from '../load/dependencies.js';
import type { EntityFootprints } from '../load/footprints.js';
import type { DatabaseParts } from './database-reads.js';

/** One kind of entry a manager makes: what it loads, what that depends on, how long it lives. */
export interface EntryPlan {
  readonly kind: EntryKind;
  readonly dependencies: EntityDependencies;
  readonly footprints: EntityFootprints;
  /** Whether it shows what is prefetched, too. */
  readonly prefetch: boolean;
  /** Its timeout, in milliseconds. */
  readonly lifetimeMs: number;
  /** What its entries may be shown for beyond their timeout. */
  readonly leeway: Leeway | undefined;
  /** Whether this process keeps what it has read of them. */
  readonly nearCache: boolean;
}

/** One whose entries are entities. */
export interface EntityPlan extends EntryPlan {
  /** The timeout of a detail without a row; 0 where such a one is not stored. */
  readonly noRowMs: number;
  /** Whether everybody gets the same instances, which nobody can change. */
  readonly shared: boolean;
}

/** What cached reads are made of: one for each manager. */
export interface CachedParts extends DatabaseParts {
  readonly readThrough: () => ReadThrough;
  readonly loads: CommittedLoads;
  readonly lists: EntityPlan;
  readonly details: EntityPlan;
  readonly counts: EntryPlan;
  /** What tells this manager's entries from another's with the same keys. */
  readonly identity: string;
  /** Why the cache may neither be asked nor filled. */
  readonly unless: () => MissReason | undefined;
}
