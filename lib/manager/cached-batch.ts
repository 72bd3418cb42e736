import type { Dependency } from '../cache/dependency.js';
import type { Batch, Loads, ReadRequest } from '../cache/read-request.js';
import { entityCodec } from '../codec/entity-codec.js';
import { hasSpareConnection } from '../load/clean-connection.js';
import { isDatabaseDown } from '../load/database-down.js';
import { loadLimit } from '../load/load-limit.js';
import { beginReading, isInsideLoad } from '../load/read-context.js';
import { shortDigest } from '../naming/text-key.js';
import { queryText } from '../query/query-text.js';
import type { CachedParts, EntryPlan } from './entry-plan.js';

/** One request and the clocks of all it depends on. */
export function batchOf<T>(dependencies: readonly Dependency[], request: ReadRequest<T>): Batch<T> {
  return { clocks: dependencies.map(({ clock }) => clock), requests: [request] };
}

export function namesOf({ requests }: Batch<unknown>): string[] {
  return requests.map(({ key }) => key);
}

/** What the cache has of a batch, and what the load brings of the rest. */
export function readBatch<T>(parts: CachedParts, batch: Batch<T>, load: Loads<T>['load']): Promise<T[]> {
  const { readThrough, unless, dataSource } = parts;
  beginReading(namesOf(batch));
  const loads: Loads<T> = {
    load,
    async see(rows, columns) {
      const leave = await loadLimit(dataSource).enter();
      try {
        // One that waited in the pool would keep its place from the load, which then waits there all over again.
        if (hasSpareConnection(dataSource) === false) return undefined;
        return await parts.loads.see(rows, columns, namesOf(batch));
      } finally {
        leave();
      }
    },
    // Asked for when something is loaded.
    get limit() {
      return loadLimit(dataSource);
    },
    isUnreached: isDatabaseDown,
    isNested: isInsideLoad(),
  };
  return readThrough().readMany(batch, loads, unless());
}

/** What tells the entries of one kind of a manager from all others under their keys. */
export class Fingerprints {
  /** What they have in common. */
  #known: { readonly shapeHash: string; readonly digest: string } | undefined;

  constructor(
    private readonly parts: CachedParts,
    private readonly plan: EntryPlan,
    private readonly owner: readonly (string | undefined)[],
  ) {}

  /** @param query what the entry answers, beyond its key, in which there is no white space */
  of(key: string, query: string): string {
    const { shapeHash } = entityCodec(this.parts.metadata);
    if (this.#known?.shapeHash !== shapeHash) {
      const { kind, prefetch } = this.plan;
      const digest = shortDigest(queryText([this.parts.identity, shapeHash, this.owner, kind, prefetch]));
      this.#known = { shapeHash, digest };
    }
    return shortDigest(`${this.#known.digest}\n${key}\n${query}`);
  }
}
