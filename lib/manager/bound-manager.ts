import { inspect } from 'node:util';
import type { DataSource, EntityManager, ObjectLiteral, QueryRunner } from 'typeorm';
import type { ReadThrough } from '../cache/read-through.js';
import { InvalidConfigurationError } from '../errors.js';
import type { CacheEvents, MissReason } from '../events/cache-events.js';
import type { CacheStore, ClockWrite } from '../store/cache-store.js';
import { tellAdvanced } from '../store/tell-advanced.js';
import { CacheKeys } from '../naming/cache-keys.js';
import { entityClock, ownClocks } from '../naming/table-clocks.js';
import type { Identifier } from '../naming/identifier.js';
import type { DataSourceWatch } from '../load/statement-watch.js';
import { databaseIdentity } from '../naming/database-identity.js';
import { EntityDependencies } from '../load/dependencies.js';
import { EntityCache } from './entity-cache.js';
import { keyColumns } from '../naming/identifier.js';
import { EntityLoader } from '../load/entity-loader.js';
import type { EntityQuery } from '../query/entity-query.js';
import { EntitySource } from '../load/entity-source.js';
import { type ManagerDeclaration, type ManagerOptions, managerOptions } from './manager-options.js';
import { loadLimit } from '../load/load-limit.js';
import { identifiedRow, primaryKeyQuery, primaryKeyWhere } from '../naming/pinned-row.js';
import { queryText } from '../query/query-text.js';
import type { QuerySetSource } from './query-set.js';
import { beginReading, isInsideRead, whileTelling } from '../load/read-context.js';
import type { RelationNode } from '../load/relation-paths.js';
import { keySpelling } from '../naming/row-key.js';

/** What the module gives every manager. The store is asked for late: CACHE_MANAGER exists once all modules have started. */
export interface CacheRuntime {
  readonly namespace: string;
  readonly events: CacheEvents;
  readonly store: () => CacheStore;
  readonly readThrough: () => ReadThrough;
  /** Somebody reads who cannot be answered from the cache yet. */
  readonly wake: () => void;
}

const BOUND = Symbol('qscache:bound');

/** Ties a manager to its DataSource and the application's cache. @throws {InvalidConfigurationError} */
export function bindManager(
  name: string,
  manager: object,
  dataSource: DataSource,
  dataSourceName: string,
  watch: DataSourceWatch,
  runtime: CacheRuntime,
): BoundManager {
  const declaration = manager as ManagerDeclaration;
  const options = managerOptions(name, declaration, dataSource, dataSourceName);
  const bound = new BoundManager(options, declaration, dataSource, dataSourceName, watch, runtime);
  Object.defineProperty(manager, BOUND, { value: bound, configurable: true });
  return bound;
}

export function boundManager(manager: object): BoundManager {
  const bound = (manager as { [BOUND]?: BoundManager })[BOUND];
  if (bound) return bound;
  const { name } = manager.constructor;
  throw new InvalidConfigurationError(
    'QSCACHE_MANAGER_NOT_REGISTERED',
    `${name} is not registered, so it has neither database nor cache. Add QsCacheModule.forFeature([${name}]) to a module's imports and inject the manager instead of constructing it.`,
  );
}

/** A manager at work: its declaration checked, its parts compiled. */
export class BoundManager {
  readonly #loader: EntityLoader;
  readonly #source: EntitySource;
  readonly #cache: EntityCache;
  readonly #prefetchLists: boolean;

  constructor(
    readonly options: ManagerOptions,
    declaration: ManagerDeclaration,
    private readonly dataSource: DataSource,
    dataSourceName: string,
    private readonly watch: DataSourceWatch,
    private readonly runtime: CacheRuntime,
  ) {
    const { metadata, relations, name, dependsOn } = options;
    const prefetchLists = declaration.usePrefetchRelatedForList;
    this.#prefetchLists = prefetchLists;
    const known = new Set(dependsOn);
    const identity = queryText([
      databaseIdentity(dataSource),
      dataSourceName,
      name,
      metadata.name,
      declaration.relatedObjects,
      declaration.prefetchRelatedObjects,
      // What a former release left out of its dependencies, or let in, this one must not serve.
      dependsOn,
      declaration.cacheVolatile,
    ]);
    this.#loader = new EntityLoader(dataSource, metadata, relations);
    this.#source = new EntitySource(dataSource, metadata, this.#loader, watch, known, declaration.cacheVolatile);
    this.#cache = new EntityCache(
      metadata,
      this.#source,
      runtime.readThrough,
      identity,
      {
        dependencies: new EntityDependencies(metadata, prefetchLists ? relations : joinedOnly(relations), known),
        prefetch: prefetchLists,
        lifetimeMs: declaration.listTimeout * 1_000,
      },
      {
        dependencies: new EntityDependencies(metadata, relations, known),
        prefetch: true,
        lifetimeMs: declaration.detailTimeout * 1_000,
      },
      () => loadLimit(dataSource),
    );
  }

  /** It holds a DataSource and its options. */
  [inspect.custom](): string {
    return `BoundManager(${this.options.name})`;
  }

  keys(scope?: string): CacheKeys {
    const { cacheKey, metadata, name } = this.options;
    const owner = [this.runtime.namespace || undefined, scope];
    const prefix = owner
      .filter((part) => part !== undefined)
      .map((part) => `${encodeURIComponent(part)}:`)
      .join('');
    return new CacheKeys(prefix + cacheKey, keyColumns(metadata, name), prefix, owner);
  }

  querySetSource(keys: CacheKeys, through?: EntityManager): QuerySetSource {
    const load = (query: EntityQuery) => this.#load(query, this.#prefetchLists, through);
    return {
      manager: this.options.name,
      metadata: this.options.metadata,
      cached: async (suffix, query) => {
        // TypeORM takes 0 for "no limit".
        if (query.take === 0) return [];
        if (through) return load(query);
        return this.#cache.list(keys, suffix, query, this.#unless());
      },
      load,
      count: (query) => this.#run(through, (runner) => this.#loader.countBuilder(query, runner).getCount()),
      exists: (query) => this.#run(through, (runner) => this.#loader.countBuilder(query, runner).getExists()),
      queryBuilder: (query, alias) => this.#loader.queryBuilder(query, through?.queryRunner, true, alias),
    };
  }

  async detail(
    keys: CacheKeys,
    identifier: Identifier,
    where: EntityQuery['where'],
    through?: EntityManager,
  ): Promise<ObjectLiteral | null> {
    if (!through) return this.#cache.detail(keys, identifier, where, this.#unless());
    // What no row can have is no row's here either.
    keys.detailKey(identifier);
    const { metadata } = this.options;
    const query =
      where === undefined ? primaryKeyQuery(metadata, primaryKeyWhere(metadata, identifier)) : { where, take: 1 };
    return (await this.#load(query, true, through))[0] ?? null;
  }

  async details(
    keys: CacheKeys,
    identifiers: readonly Identifier[],
    through?: EntityManager,
  ): Promise<(ObjectLiteral | null)[]> {
    if (!identifiers.length) return [];
    if (!through) return this.#cache.many(keys, identifiers, this.#unless());
    return this.#telling(queryText(identifiers), through, async (runner) => {
      const found = await this.#cache.manyThrough(keys, identifiers, (query) => this.#loader.load(query, runner, true));
      await this.#source.finish(
        found.filter((entity) => entity !== null),
        runner,
      );
      return found;
    });
  }

  clearAll(keys: CacheKeys, through?: EntityManager): Promise<void> {
    // Its rows may be in other managers' entries too.
    const clocks = [keys.clears, ...ownClocks(this.options.metadata)];
    return this.#clear(
      clocks.map((clock) => ({ clock, rows: 'unknown' })),
      [keys.listKey()],
      through,
    );
  }

  clearList(keys: CacheKeys, suffix?: string, through?: EntityManager): Promise<void> {
    const rows = suffix === undefined ? [keys.listsRow] : [keys.entryRow(keys.listKey(suffix))];
    return this.#clear([{ clock: keys.clears, rows }], [keys.listKey(suffix)], through);
  }

  async clearDetail(keys: CacheKeys, identifier?: Identifier, through?: EntityManager): Promise<void> {
    if (identifier === undefined) return this.#clear([{ clock: keys.clears, rows: [keys.detailsRow] }], [], through);
    const key = keys.detailKey(identifier);
    const { metadata } = this.options;
    const rows = await this.#cache.rowsShown(key, identifiedRow(metadata, identifier));
    // A row nobody can name may be in any entry: then every detail goes.
    const clears = rows ? [keys.entryRow(key)] : [keys.entryRow(key), keys.detailsRow];
    const writes: ClockWrite[] = [{ clock: keys.clears, rows: clears }];
    if (rows) writes.push({ clock: entityClock(metadata), rows, key: keySpelling(metadata) });
    return this.#clear(writes, [key], through);
  }

  /** Exactly the entry under a key given as text. */
  clearKey(keys: CacheKeys, key: string): Promise<void> {
    return this.#clear([{ clock: keys.clears, rows: [keys.entryRow(key)] }], [key]);
  }

  /** Not beside a transaction that everybody sees into; not while it is unknown what entries may have missed. */
  #unless(): MissReason | undefined {
    const { isWatching, openTransactions } = this.watch;
    if (isWatching) return openTransactions ? 'transaction' : undefined;
    this.runtime.wake();
    return 'unwatched';
  }

  async #load(query: EntityQuery, prefetch: boolean, through?: EntityManager): Promise<ObjectLiteral[]> {
    // TypeORM takes 0 for "no limit".
    if (query.take === 0) return [];
    return this.#telling(queryText(query), through, async (runner) => {
      const entities = await this.#loader.load(query, runner, prefetch);
      return this.#source.finish(entities, runner);
    });
  }

  /** Work that tells listeners of what it reads, who may read again. */
  #telling<T>(what: string, through: EntityManager | undefined, read: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const work = () => this.#run(through, read);
    // Nobody can come back here who does not hear of it.
    if (!this.#source.isHeard && !isInsideRead()) return work();
    const names = [`${this.options.cacheKey}?${what}`];
    beginReading(names);
    return whileTelling(names, work);
  }

  async #run<T>(through: EntityManager | undefined, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    if (through?.queryRunner) return work(through.queryRunner);
    const runner = this.dataSource.createQueryRunner('slave');
    try {
      return await work(runner);
    } finally {
      await runner.release();
    }
  }

  async #clear(writes: readonly ClockWrite[], keys: readonly string[], through?: EntityManager): Promise<void> {
    if (through?.queryRunner) return this.watch.advanceAfterCommit(through.queryRunner, writes);
    const { store, events } = this.runtime;
    try {
      await store().advance(writes);
      tellAdvanced(events, writes);
      // Stale already; this only frees the memory sooner.
      if (keys.length) await store().remove(keys);
    } catch (error) {
      events.emit({ name: 'store:failed', operation: 'clear', error });
    }
  }
}

function joinedOnly(relations: readonly RelationNode[]): RelationNode[] {
  return relations
    .filter(({ prefetch }) => !prefetch)
    .map((node) => ({ ...node, children: joinedOnly(node.children) }));
}
