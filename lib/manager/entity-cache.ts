import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Limit } from '../cache/limit.js';
import type { Loaded, Loads, ReadRequest, ReadThrough } from '../cache/read-through.js';
import type { Dependency } from '../cache/dependency.js';
import { entityCodec } from '../codec/entity-codec.js';
import { CorruptPayloadError } from '../codec/payload-errors.js';
import type { MissReason } from '../events/cache-events.js';
import { canonicalText } from '../query/canonical-query.js';
import type { CacheKeys } from '../naming/cache-keys.js';
import { entityClock } from '../naming/table-clocks.js';
import type { Identifier } from '../naming/identifier.js';
import { copier } from '../load/copy-entities.js';
import type { EntityDependencies } from '../load/dependencies.js';
import type { EntityQuery } from '../query/entity-query.js';
import type { EntitySource, Fetched } from '../load/entity-source.js';
import { identifiedRow, kindsOf, pinsOneRow, primaryKeyWhere } from '../naming/pinned-row.js';
import { queryText } from '../query/query-text.js';
import { beginReading, isInsideLoad, whileMaking, whileTelling } from '../load/read-context.js';
import { RowsByKey } from '../load/rows-by-key.js';
import { shortDigest } from '../naming/text-key.js';

/** One kind of entry a manager makes: what it loads, what that depends on, how long it lives. */
export interface EntryPlan {
  readonly dependencies: EntityDependencies;
  readonly prefetch: boolean;
  readonly lifetimeMs: number;
}

/** The cached reads of one manager. Every result is a list; a detail is a list of at most one. */
export class EntityCache {
  constructor(
    private readonly metadata: EntityMetadata,
    private readonly source: EntitySource,
    private readonly readThrough: () => ReadThrough,
    /** What tells this manager's entries from another's with the same keys. */
    private readonly identity: string,
    private readonly lists: EntryPlan,
    private readonly details: EntryPlan,
    /** How many loads may run at once. */
    private readonly limit: () => Limit,
  ) {}

  /**
   * @param suffix names the list; without one a query of its own has a name made of it
   * @param unless why the cache may neither be asked nor filled
   */
  async list(
    keys: CacheKeys,
    suffix: string | undefined,
    query: EntityQuery,
    unless?: MissReason,
  ): Promise<ObjectLiteral[]> {
    const spell = () => canonicalText(this.metadata, query);
    const text = spell();
    const key = keys.listKey(suffix === undefined && text ? `q-${shortDigest(text)}` : suffix);
    const dependencies = [...this.lists.dependencies.ofTables(query), keys.listDependency(key)];
    const request = this.#request(keys, 'list', key, text, dependencies, this.lists);
    const load = async () => {
      const fetched = await this.#fetch(query, request, this.lists);
      return [spell() === text ? this.source.share(fetched, dependencies) : changed(fetched)];
    };
    const [found] = await this.#read([request], load, unless);
    return found!;
  }

  /** That there is no row is not cached: the next one to ask asks the database. */
  async detail(
    keys: CacheKeys,
    identifier: Identifier,
    where?: EntityQuery['where'],
    unless?: MissReason,
  ): Promise<ObjectLiteral | null> {
    if (where === undefined) return (await this.many(keys, [identifier], unless))[0]!;
    const key = keys.detailKey(identifier);
    const pinned = pinsOneRow(this.metadata, where);
    const query: EntityQuery = { where };
    const clears = keys.detailDependency(key);
    const tables = [...this.details.dependencies.ofTables(query), clears];
    const spell = () => canonicalText(this.metadata, query);
    const text = spell();
    const request = this.#request(keys, 'detail', key, text, tables, this.details);
    const load = async () => {
      // Without a unique key any matching row will do: the first, as in TypeORM's findOne.
      const fetched = await this.#fetch(pinned ? query : { ...query, take: 1 }, request, this.details);
      if (spell() !== text) return [changed(fetched)];
      const [root] = fetched.entities;
      const dependencies = pinned && root ? [...this.details.dependencies.ofRow(query, root), clears] : tables;
      return [this.source.share(fetched, root && dependencies)];
    };
    const [found] = await this.#read([request], load, unless);
    return found![0] ?? null;
  }

  /** Rows by primary key, in the order asked: one round trip to the store, one query for all that it lacks. */
  async many(
    keys: CacheKeys,
    identifiers: readonly Identifier[],
    unless?: MissReason,
  ): Promise<(ObjectLiteral | null)[]> {
    const { dependencies } = this.details;
    const asked = new Map<
      ReadRequest<ObjectLiteral[]>,
      { where: ObjectLiteral; clears: Dependency; isChanged: () => boolean }
    >();
    const names: string[] = [];
    for (const identifier of identifiers) {
      const key = keys.detailKey(identifier);
      const where = primaryKeyWhere(this.metadata, identifier);
      const clears = keys.detailDependency(key);
      const known = dependencies.ofIdentifier(identifiedRow(this.metadata, identifier));
      names.push(key);
      const kinds = kindsOf(this.metadata, where);
      const request = this.#request(keys, 'detail', key, kinds, [...known, clears], this.details, names);
      const spell = () => queryText([keys.detailKey(identifier), kindsOf(this.metadata, where)]);
      const text = typeof identifier === 'object' ? spell() : undefined;
      asked.set(request, { where, clears, isChanged: () => text !== undefined && spell() !== text });
    }
    const load: Loads<ObjectLiteral[]>['load'] = async (missing) => {
      const fetch = (query: EntityQuery) => this.#fetch(query, missing[0]!, this.details, names);
      const wanted = missing.map((request) => asked.get(request)!);
      // Everybody decodes a copy.
      const again = (row: ObjectLiteral) => (this.source.canShare(row) ? row : undefined);
      const rows = new RowsByKey(this.metadata, fetch, again);
      const fetched = await rows.find(wanted.map(({ where }) => where));
      return fetched.map((each, i) => {
        const { clears, isChanged } = wanted[i]!;
        const [root] = each.entities;
        return isChanged() ? changed(each) : this.source.share(each, root && [...dependencies.ofRow({}, root), clears]);
      });
    };
    const found = await this.#read([...asked.keys()], load, unless);
    return found.map(([entity]) => entity ?? null);
  }

  /** As `many`, with queries of somebody's own: inside of a transaction. Nobody has told listeners of what comes back. */
  async manyThrough(
    keys: CacheKeys,
    identifiers: readonly Identifier[],
    load: (query: EntityQuery) => Promise<ObjectLiteral[]>,
  ): Promise<(ObjectLiteral | null)[]> {
    const wanted = identifiers.map((identifier) => {
      // What no row can have is no row's here either.
      keys.detailKey(identifier);
      return primaryKeyWhere(this.metadata, identifier);
    });
    const copy = copier(this.metadata);
    const again = (row: ObjectLiteral) => copy(row) as ObjectLiteral | undefined;
    const rows = new RowsByKey(this.metadata, async (query) => ({ entities: await load(query) }), again);
    const fetched = await rows.find(wanted);
    return fetched.map(({ entities }) => entities[0] ?? null);
  }

  /** The rows of its own table that an entry shows or its identifier names; `undefined` when that cannot be told. */
  async rowsShown(key: string, identified: string | undefined): Promise<readonly string[] | undefined> {
    const table = entityClock(this.metadata);
    const entry = await this.readThrough().peek(key);
    const shown = entry?.dependencies.find((dependency) => dependency.clock === table)?.rows;
    return shown || identified !== undefined
      ? [...new Set([...(shown ?? []), ...(identified !== undefined ? [identified] : [])])]
      : undefined;
  }

  /** Listeners run last, on the caller's own copies: what they read may be what was just read. */
  async #read(
    requests: readonly ReadRequest<ObjectLiteral[]>[],
    load: Loads<ObjectLiteral[]>['load'],
    unless: MissReason | undefined,
  ): Promise<ObjectLiteral[][]> {
    const names = requests.map(({ key }) => key);
    beginReading(names);
    const loads = { load, limit: this.limit(), isNested: isInsideLoad() };
    const found = await this.readThrough().read(requests, loads, unless);
    if (this.source.isHeard) await whileTelling(names, () => this.source.finish(found.flat()));
    return found;
  }

  /** The as-of was taken of the request's tables: whatever else the load turns out to read is not covered by it. */
  #fetch(
    query: EntityQuery,
    request: ReadRequest<ObjectLiteral[]>,
    { prefetch }: EntryPlan,
    names: readonly string[] = [request.key],
  ): Promise<Fetched> {
    return this.source.fetch(
      query,
      prefetch,
      request.dependencies.map(({ clock }) => clock),
      names,
    );
  }

  #request(
    { owner }: CacheKeys,
    kind: 'list' | 'detail',
    key: string,
    /** What the entry answers, beyond its key. */
    query: unknown,
    dependencies: readonly Dependency[],
    { prefetch, lifetimeMs }: EntryPlan,
    /** All that is read with it. */
    names: readonly string[] = [key],
  ): ReadRequest<ObjectLiteral[]> {
    const { shapeHash } = entityCodec(this.metadata);
    return {
      key,
      kind,
      fingerprint: shortDigest(queryText([this.identity, shapeHash, owner, kind, key, prefetch, query])),
      dependencies,
      lifetimeMs,
      decode: (payload, isStored) => {
        const entities = whileMaking(names, () => this.source.decode(payload));
        // Nobody of ours stores that there is no row; it would be a 404.
        if (isStored && kind === 'detail' && !entities.length) throw new CorruptPayloadError(NO_ROW);
        return entities;
      },
    };
  }
}

const NO_ROW = 'The payload of a detail has no row, so nobody of ours wrote it; it is loaded again.';

/** Its author has changed a value in the query after the call: whose rows these are nobody can say. */
function changed({ entities, unshared }: Fetched): Loaded<ObjectLiteral[]> {
  const detail = 'a value in its query was changed after the call';
  return { own: entities, skipped: unshared ?? { reason: 'uncovered', detail } };
}
