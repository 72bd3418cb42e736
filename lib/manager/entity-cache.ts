import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { ReadRequest, ReadThrough } from '../cache/read-through.js';
import type { Dependency } from '../cache/tags.js';
import { canonicalText } from './canonical-query.js';
import { type CacheKeys, entityTable, type Identifier } from './cache-keys.js';
import type { EntityDependencies } from './dependencies.js';
import type { EntityQuery } from './entity-loader.js';
import type { EntitySource, Fetched } from './entity-source.js';
import { identifiedRow, kindsOf, pinsOneRow, primaryKeyWhere, rowName } from './pinned-row.js';
import { queryText } from './query-text.js';
import { fingerprint } from './text-key.js';

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
  ) {}

  list(keys: CacheKeys, key: string, query: EntityQuery): Promise<ObjectLiteral[]> {
    const dependencies = [...this.lists.dependencies.ofTables(query), keys.listDependency(key)];
    const request = this.#request('list', key, canonicalText(this.metadata, query), dependencies, this.lists);
    return this.readThrough().read(request, async () =>
      this.source.share(await this.#fetch(query, request, this.lists), dependencies),
    );
  }

  /** That there is no row is not cached: the next one to ask asks the database. */
  async detail(keys: CacheKeys, identifier: Identifier, where?: EntityQuery['where']): Promise<ObjectLiteral | null> {
    if (where === undefined) return (await this.many(keys, [identifier]))[0]!;
    const key = keys.detail(identifier);
    const pinned = pinsOneRow(this.metadata, where);
    const query: EntityQuery = { where };
    const clears = keys.detailDependency(key);
    const tables = [...this.details.dependencies.ofTables(query), clears];
    const request = this.#request('detail', key, canonicalText(this.metadata, query), tables, this.details);
    const found = await this.readThrough().read(request, async () => {
      // Without a unique key any matching row will do: the first, as in TypeORM's findOne.
      const fetched = await this.#fetch(pinned ? query : { ...query, take: 1 }, request, this.details);
      const [root] = fetched.entities;
      if (!root) return this.source.share(fetched, undefined);
      return this.source.share(fetched, pinned ? [...this.details.dependencies.ofRow(query, root), clears] : tables);
    });
    return found[0] ?? null;
  }

  /** Rows by primary key, in the order asked: one round trip to the store, one query for all that it lacks. */
  async many(keys: CacheKeys, identifiers: readonly Identifier[]): Promise<(ObjectLiteral | null)[]> {
    const { dependencies } = this.details;
    const asked = new Map<ReadRequest<ObjectLiteral[]>, { where: ObjectLiteral; clears: Dependency }>();
    for (const identifier of identifiers) {
      const key = keys.detail(identifier);
      const where = primaryKeyWhere(this.metadata, identifier);
      const clears = keys.detailDependency(key);
      const known = dependencies.ofIdentifier(identifiedRow(this.metadata, identifier));
      asked.set(this.#request('detail', key, kindsOf(this.metadata, where), [...known, clears], this.details), {
        where,
        clears,
      });
    }
    const found = await this.readThrough().readMany([...asked.keys()], async (missing) => {
      const loads = missing.length === 1 ? [] : await this.#fetchTogether(missing, asked);
      return Promise.all(
        missing.map(async (request, i) => {
          const { where, clears } = asked.get(request)!;
          const fetched = loads[i] ?? (await this.#fetch({ where }, request, this.details));
          const [root] = fetched.entities;
          return this.source.share(fetched, root && [...dependencies.ofRow({}, root), clears]);
        }),
      );
    });
    return found.map(([entity]) => entity ?? null);
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

  /** One query for several rows; `undefined` for an identifier that matched by a comparison only the database knows (`FOO` is `foo`). */
  async #fetchTogether(
    requests: readonly ReadRequest<ObjectLiteral[]>[],
    asked: ReadonlyMap<ReadRequest<ObjectLiteral[]>, { where: ObjectLiteral }>,
  ): Promise<(Fetched | undefined)[]> {
    const where = requests.map((request) => asked.get(request)!.where);
    const { entities, ...rest } = await this.#fetch({ where }, requests[0]!, this.details);
    const byName = new Map(entities.map((entity) => [rowName(this.metadata, entity), entity]));
    const names = where.map((row) => rowName(this.metadata, row));
    const matched = new Set(names.filter((name) => byName.has(name)));
    const given = new Set<ObjectLiteral>();
    return names.map((name) => {
      const entity = byName.get(name);
      // Asked for twice, it is loaded twice: no two results share an instance.
      if (entity ? given.has(entity) : matched.size < byName.size) return undefined;
      if (entity) given.add(entity);
      return { entities: entity ? [entity] : [], ...rest };
    });
  }

  /** The as-of was taken of the request's tables: whatever else the load turns out to read is not covered by it. */
  #fetch(query: EntityQuery, request: ReadRequest<ObjectLiteral[]>, { prefetch }: EntryPlan): Promise<Fetched> {
    return this.source.fetch(
      query,
      prefetch,
      request.dependencies.map(({ table }) => table),
    );
  }

  #request(
    kind: 'list' | 'detail',
    key: string,
    /** What the entry answers, beyond its key. */
    query: unknown,
    dependencies: readonly Dependency[],
    { prefetch, lifetimeMs }: EntryPlan,
  ): ReadRequest<ObjectLiteral[]> {
    return {
      key,
      kind,
      fingerprint: fingerprint(queryText([this.identity, kind, key, prefetch, query])),
      dependencies,
      lifetimeMs,
      decode: (payload) => this.source.decode(payload),
    };
  }
}
