import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Limit } from '../cache/limit.js';
import type { Loaded, Loads, ReadRequest, ReadThrough } from '../cache/read-through.js';
import type { Dependency } from '../cache/tags.js';
import type { MissReason } from '../events/cache-events.js';
import { canonicalText } from './canonical-query.js';
import { type CacheKeys, entityTable, type Identifier } from './cache-keys.js';
import type { EntityDependencies } from './dependencies.js';
import type { EntityQuery } from './entity-loader.js';
import type { EntitySource, Fetched } from './entity-source.js';
import { identifiedRow, kindsOf, pinsOneRow, primaryKeyWhere, rowName } from './pinned-row.js';
import { queryText } from './query-text.js';
import { beginReading, isInsideLoad, whileMaking, whileTelling } from './read-context.js';
import { rowKey } from './row-key.js';
import { fingerprint } from './text-key.js';

/** Rows asked for in one statement: SQLite nests no more alternatives than 1,000. */
const ROWS_PER_QUERY = 500;

type Filter = NonNullable<EntityQuery['where']>;

interface Wanted {
  readonly where: ObjectLiteral;
}

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
    const key = keys.list(suffix === undefined && text ? `q-${fingerprint(text)}` : suffix);
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
    const key = keys.detail(identifier);
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
    const asked = new Map<ReadRequest<ObjectLiteral[]>, Wanted & { clears: Dependency; isChanged: () => boolean }>();
    const names: string[] = [];
    for (const identifier of identifiers) {
      const key = keys.detail(identifier);
      const where = primaryKeyWhere(this.metadata, identifier);
      const clears = keys.detailDependency(key);
      const known = dependencies.ofIdentifier(identifiedRow(this.metadata, identifier));
      names.push(key);
      const kinds = kindsOf(this.metadata, where);
      const request = this.#request(keys, 'detail', key, kinds, [...known, clears], this.details, names);
      const spell = () => queryText([keys.detail(identifier), kindsOf(this.metadata, where)]);
      const text = typeof identifier === 'object' ? spell() : undefined;
      asked.set(request, { where, clears, isChanged: () => text !== undefined && spell() !== text });
    }
    const load: Loads<ObjectLiteral[]>['load'] = async (missing) => {
      const fetch = (where: Filter) => this.#fetch({ where }, missing[0]!, this.details, names);
      const wanted = missing.map((request) => asked.get(request)!);
      const fetched = await this.#fetchMany(wanted, fetch);
      return fetched.map((each, i) => {
        const { clears, isChanged } = wanted[i]!;
        const [root] = each.entities;
        return isChanged() ? changed(each) : this.source.share(each, root && [...dependencies.ofRow({}, root), clears]);
      });
    };
    const found = await this.#read([...asked.keys()], load, unless);
    return found.map(([entity]) => entity ?? null);
  }

  /** As `many`, with queries of somebody's own: inside of a transaction. */
  async manyThrough(
    keys: CacheKeys,
    identifiers: readonly Identifier[],
    load: (query: EntityQuery) => Promise<ObjectLiteral[]>,
  ): Promise<(ObjectLiteral | null)[]> {
    const wanted = identifiers.map((identifier) => {
      // What no row can have is no row's here either.
      keys.detail(identifier);
      return { where: primaryKeyWhere(this.metadata, identifier) };
    });
    const fetched = await this.#fetchMany(wanted, async (where) => ({ entities: await load({ where }) }));
    return fetched.map(({ entities }) => entities[0] ?? null);
  }

  /** The rows of its own table that an entry shows or its identifier names; `undefined` when that cannot be told. */
  async rowsShown(key: string, identified: string | undefined): Promise<readonly string[] | undefined> {
    const table = entityTable(this.metadata);
    const entry = await this.readThrough().peek(key);
    const shown = entry?.dependencies.find((dependency) => dependency.table === table)?.rows;
    return shown || identified !== undefined
      ? [...new Set([...(shown ?? []), ...(identified !== undefined ? [identified] : [])])]
      : undefined;
  }

  /**
   * One query for several rows, and one more for each identifier that matched by a comparison only the database knows (`FOO` is
   * `foo`), or that is asked for twice: no two results share an instance.
   */
  async #fetchMany(wanted: readonly Wanted[], fetch: (where: Filter) => Promise<Fetched>): Promise<Fetched[]> {
    if (wanted.length === 1) return [await fetch(wanted[0]!.where)];
    const results: Fetched[] = [];
    for (let from = 0; from < wanted.length; from += ROWS_PER_QUERY) {
      const some = wanted.slice(from, from + ROWS_PER_QUERY);
      const { entities, ...rest } = await fetch(some.map(({ where }) => where));
      const byName = new Map(entities.map((entity) => [this.#nameOf(entity), entity]));
      const names = some.map(({ where }) => this.#nameOf(where));
      const asked = new Set(names);
      const isMatched =
        [...byName.keys()].every((name) => asked.has(name)) && !(await this.#isFoundAgain(some, names, byName, fetch));
      const given = new Set<ObjectLiteral>();
      for (const [i, { where }] of some.entries()) {
        const entity = byName.get(names[i]!);
        if (entity ? given.has(entity) : !isMatched) results.push(await fetch(where));
        else results.push({ entities: entity ? [entity] : [], ...rest });
        if (entity) given.add(entity);
      }
    }
    return results;
  }

  /** Whether a row that was found is one more that was asked for, as only the database knows. */
  async #isFoundAgain(
    wanted: readonly Wanted[],
    names: readonly string[],
    found: ReadonlyMap<string, unknown>,
    fetch: (where: Filter) => Promise<Fetched>,
  ): Promise<boolean> {
    const open = wanted.filter((_, i) => !found.has(names[i]!));
    if (!found.size || open.every(({ where }) => this.#keyOf(where) !== undefined)) return false;
    return (await fetch(open.map(({ where }) => where))).entities.length > 0;
  }

  #nameOf(row: ObjectLiteral): string {
    return this.#keyOf(row) ?? rowName(this.metadata, row) ?? '';
  }

  /** Where the database compares as we do. */
  #keyOf(row: ObjectLiteral): string | undefined {
    return rowKey(this.metadata)((column) => column.getEntityValue(row));
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
      request.dependencies.map(({ table }) => table),
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
    return {
      key,
      kind,
      fingerprint: fingerprint(queryText([this.identity, owner, kind, key, prefetch, query])),
      dependencies,
      lifetimeMs,
      decode: (payload) => whileMaking(names, () => this.source.decode(payload)),
    };
  }
}

/** Its author has changed a value in the query after the call: whose rows these are nobody can say. */
function changed({ entities, unshared }: Fetched): Loaded<ObjectLiteral[]> {
  const detail = 'a value in its query was changed after the call';
  return { own: entities, skipped: unshared ?? { reason: 'uncovered', detail } };
}
