import type { Batch, ReadRequest } from '../cache/read-request.js';
import { CountReading, parseCount } from '../codec/count.js';
import { keepToOneself, shareCount } from '../load/share.js';
import type { CacheKeys } from '../naming/cache-keys.js';
import { canonicalText } from '../query/canonical-query.js';
import { countedQuery } from '../query/counted-query.js';
import type { EntityQuery } from '../query/entity-query.js';
import { batchOf, Fingerprints, namesOf, readBatch } from './cached-batch.js';
import type { CachedParts } from './entry-plan.js';

/** How a count is made of what is stored: a forged one is a miss. */
const COUNTING: Required<Pick<ReadRequest<number>, 'decode' | 'keeping'>> = {
  decode: parseCount,
  keeping: {
    read: (payload) => new CountReading(payload),
    make: (reading) => (reading as CountReading).count,
  },
};

/** How many rows queries find: small entries of their own, for which no rows are loaded. */
export class CachedCounts {
  readonly #fingerprints: Fingerprints;

  constructor(
    private readonly parts: CachedParts,
    private readonly keys: CacheKeys,
  ) {
    this.#fingerprints = new Fingerprints(parts, parts.counts, keys.owner);
  }

  /**
   * How many rows there are without limit and offset: all parts of a list have this one entry, and whatever clears the list clears it.
   *
   * @param suffix names the list; without one a query of its own has a name made of it
   */
  async of(suffix: string | undefined, query: EntityQuery): Promise<number> {
    const { metadata, counts: plan, loads } = this.parts;
    const counted = countedQuery(metadata, query);
    const spell = () => canonicalText(metadata, counted);
    const text = spell();
    const listKey = suffix === undefined ? this.keys.derivedListKey(text) : this.keys.listKey(suffix);
    const clears = this.keys.listDependency(listKey);
    const dependencies = [...plan.dependencies.ofTables(counted), clears];
    const batch: Batch<number> = batchOf(dependencies, this.#request(this.keys.countKey(listKey), text, [clears]));
    const [count] = await readBatch(this.parts, batch, async () => {
      const found = await loads.count(counted, batch.clocks, namesOf(batch));
      if (spell() !== text) return [keepToOneself(found.count, found)];
      const footprints = () => plan.footprints.of(counted, found);
      return [shareCount(found, dependencies, footprints)];
    });
    return count!;
  }

  #request(key: string, text: string, rows: ReadRequest<number>['rows']): ReadRequest<number> {
    const { kind, lifetimeMs, leeway, nearCache } = this.parts.counts;
    const { decode, keeping } = COUNTING;
    const fingerprint = this.#fingerprints.of(key, text);
    return { key, kind, fingerprint, rows, lifetimeMs, leeway, decode, keeping: nearCache ? keeping : undefined };
  }
}
