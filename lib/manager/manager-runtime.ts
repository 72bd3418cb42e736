import { inspect } from 'node:util';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { Leeway } from '../cache/leeway.js';
import type { ReadThrough } from '../cache/read-through.js';
import { InvalidConfigurationError } from '../errors.js';
import type { CacheEvents, MissReason } from '../events/cache-events.js';
import { tellFailed } from '../events/tell-failed.js';
import { CommittedLoads } from '../load/committed-loads.js';
import { EntityDependencies } from '../load/dependencies.js';
import { EntityFootprints } from '../load/footprints.js';
import { driverValues } from '../load/driver-values.js';
import { withEagerRelations } from '../load/eager-relations.js';
import { EntityLoader } from '../load/entity-loader.js';
import { LoadListeners } from '../load/load-listeners.js';
import { joinedOnly } from '../load/relation-paths.js';
import { requiredOnly } from '../load/required-relations.js';
import type { StatementWatch } from '../load/statement-watch.js';
import { CacheKeys, keyPrefix } from '../naming/cache-keys.js';
import { databaseIdentity } from '../naming/database-identity.js';
import { keyColumns } from '../naming/identifier.js';
import { shortDigest } from '../naming/text-key.js';
import { queryText } from '../query/query-text.js';
import type { CacheStore, ClockWrite } from '../store/cache-store.js';
import { tellAdvanced } from '../store/tell-advanced.js';
import { CachedReads } from './cached-reads.js';
import { Clears } from './clears.js';
import { DatabaseReads } from './database-reads.js';
import type { CachedParts } from './entry-plan.js';
import type { KeptOut } from './kept-out.js';
import { type ManagerDeclaration, type ManagerOptions, managerOptions } from './manager-options.js';
import type { Reads } from './reads.js';
import { scopeOf } from './scope.js';
import { transactionOf } from './transaction.js';

/** What the module gives every manager. The store is asked for late: CACHE_MANAGER exists once all modules have started. */
export interface CacheRuntime {
  readonly namespace: string;
  /** `false`: nothing is read from the cache and nothing is stored. */
  readonly enabled: boolean;
  readonly events: CacheEvents;
  readonly keptOut: KeptOut;
  readonly store: () => CacheStore;
  readonly readThrough: () => ReadThrough;
  /** Somebody reads who cannot be answered from the cache yet. */
  readonly wake: () => void;
}

const RUNTIME = Symbol('qscache:runtime');

/** What a manager becomes by being registered. */
interface Manager {
  readonly [RUNTIME]?: ManagerRuntime;
  readonly scope?: unknown;
}

/** Ties a manager to its DataSource and the application's cache. @throws {InvalidConfigurationError} */
export function bindManager(
  name: string,
  manager: object,
  dataSource: DataSource,
  dataSourceName: string,
  watch: StatementWatch,
  cache: CacheRuntime,
): ManagerRuntime {
  const declaration = manager as ManagerDeclaration;
  const options = managerOptions(name, declaration, dataSource, dataSourceName);
  cache.keptOut.share(dataSource, options.metadata, declaration.neverCache);
  const runtime = new ManagerRuntime(options, declaration, dataSource, dataSourceName, watch, cache);
  Object.defineProperty(manager, RUNTIME, { value: runtime, configurable: true });
  return runtime;
}

/** @throws {InvalidConfigurationError} for a manager nobody registered */
export function runtimeOf(manager: object): ManagerRuntime {
  const runtime = registeredRuntime(manager);
  if (runtime) return runtime;
  const { name } = manager.constructor;
  throw new InvalidConfigurationError(
    'QSCACHE_MANAGER_NOT_REGISTERED',
    `${name} is not registered, so it has neither database nor cache. Add QsCacheModule.forFeature([${name}]) to a module's imports and inject the manager instead of constructing it. One that is registered works as soon as it is injected, but not in its own constructor, and where it and what it injects need each other (forwardRef) not in a constructor of either: use it from onModuleInit on.`,
  );
}

export function registeredRuntime(manager: object): ManagerRuntime | undefined {
  return (manager as Manager)[RUNTIME];
}

/** How a manager is read where it stands: inside of a transaction or outside, and in whose scope. */
export function readsOf(manager: object): Reads {
  return runtimeOf(manager).reads(keysOf(manager), transactionOf(manager));
}

/** The same by the database alone, as what is cached would be loaded. */
export function uncachedReadsOf(manager: object): Reads {
  return runtimeOf(manager).uncachedReads(keysOf(manager), transactionOf(manager));
}

export function clearsOf(manager: object): Clears {
  return runtimeOf(manager).clears(keysOf(manager), transactionOf(manager)?.queryRunner);
}

/** What its entries are called, in the scope that is asked now. @throws {InvalidConfigurationError} for a scope that is none */
export function keysOf(manager: object): CacheKeys {
  const runtime = runtimeOf(manager);
  return runtime.keys(scopeOf(runtime, runtime.options.name, manager as Manager));
}

/** A manager at work: its declaration checked, its parts compiled. */
export class ManagerRuntime {
  readonly #parts: CachedParts;
  /** Where there is no scope: it remembers what it spelled. */
  #unscoped: CachedReads | undefined;
  readonly #unscopedKeys: CacheKeys;

  constructor(
    readonly options: ManagerOptions,
    declaration: ManagerDeclaration,
    dataSource: DataSource,
    dataSourceName: string,
    private readonly watch: StatementWatch,
    private readonly cache: CacheRuntime,
  ) {
    const { metadata, relations, name, dependsOn } = options;
    const prefetchLists = declaration.usePrefetchRelatedForList;
    const known = new Set(dependsOn);
    const listed = prefetchLists ? relations : joinedOnly(relations);
    const { isEnforced } = watch;
    const { nearCache, shared } = declaration;
    const common = { leeway: leewayOf(declaration), nearCache };
    const listFootprints = new EntityFootprints(metadata, listed, known, isEnforced);
    const counted = requiredOnly(withEagerRelations(metadata, relations));
    const loader = new EntityLoader(dataSource, metadata, relations);
    // As they stand now, which is what its relations were made of.
    const declared = [
      dataSourceName,
      name,
      metadata.name,
      [...declaration.relatedObjects],
      [...declaration.prefetchRelatedObjects],
      // What a former release left out of its dependencies, or let in, this one must not serve.
      dependsOn,
      declaration.cacheVolatile,
    ];
    // With the first read: it asks the driver for dozens of parsers, and the application may set some until then.
    let identity: string | undefined;
    this.#parts = {
      name,
      metadata,
      dataSource,
      loader,
      listeners: new LoadListeners(dataSource, metadata),
      loads: new CommittedLoads(dataSource, loader, watch, known, declaration.cacheVolatile),
      prefetchLists,
      lists: {
        kind: 'list',
        dependencies: new EntityDependencies(metadata, listed, known),
        footprints: listFootprints,
        prefetch: prefetchLists,
        lifetimeMs: declaration.listTimeout * 1_000,
        noRowMs: 0,
        shared,
        ...common,
      },
      details: {
        kind: 'detail',
        dependencies: new EntityDependencies(metadata, relations, known),
        footprints: new EntityFootprints(metadata, relations, known, isEnforced),
        prefetch: true,
        lifetimeMs: declaration.detailTimeout * 1_000,
        noRowMs: declaration.notFoundTimeout * 1_000,
        shared,
        ...common,
      },
      counts: {
        kind: 'count',
        dependencies: new EntityDependencies(metadata, counted, known, false),
        footprints: listFootprints,
        prefetch: false,
        lifetimeMs: declaration.listTimeout * 1_000,
        ...common,
      },
      get identity() {
        return (identity ??= shortDigest(
          queryText([databaseIdentity(dataSource), driverValues(dataSource), ...declared]),
        ));
      },
      readThrough: cache.readThrough,
      unless: () => this.#unless(),
    };
    this.#unscopedKeys = this.#keys();
  }

  /** It holds a DataSource and its options. */
  [inspect.custom](): string {
    return `ManagerRuntime(${this.options.name})`;
  }

  keys(scope?: string): CacheKeys {
    return scope === undefined ? this.#unscopedKeys : this.#keys(scope);
  }

  reads(keys: CacheKeys, transaction?: EntityManager): Reads {
    if (transaction) return new DatabaseReads(this.#parts, keys, transaction.queryRunner);
    if (keys === this.#unscopedKeys) return (this.#unscoped ??= this.#cached(keys));
    return this.#cached(keys);
  }

  uncachedReads(keys: CacheKeys, transaction?: EntityManager): Reads {
    if (transaction) return this.reads(keys, transaction);
    return this.#cached(keys, { ...this.#parts, unless: () => 'bypassed' });
  }

  #cached(keys: CacheKeys, parts = this.#parts): CachedReads {
    return new CachedReads(parts, keys, new DatabaseReads(parts, keys));
  }

  clears(keys: CacheKeys, runner?: QueryRunner): Clears {
    const { metadata, name } = this.options;
    const advance = (writes: readonly ClockWrite[], free: readonly string[]) =>
      runner ? this.watch.advanceAfterCommit(runner, writes) : this.#clear(writes, free);
    return new Clears({ name, metadata, peek: (key) => this.cache.readThrough().peek(key), advance }, keys);
  }

  #keys(scope?: string): CacheKeys {
    const { cacheKey, metadata, name } = this.options;
    const owner = [this.cache.namespace || undefined, scope];
    const prefix = keyPrefix(owner);
    return new CacheKeys(prefix + cacheKey, keyColumns(metadata, name), prefix, owner);
  }

  /** Not beside a transaction that everybody sees into; not while it is unknown what entries may have missed. */
  #unless(): MissReason | undefined {
    const { isWatching, openTransactions } = this.watch;
    // Also where nothing is cached: what this process writes is for others to hear.
    if (!isWatching) this.cache.wake();
    if (!this.cache.enabled) return 'disabled';
    if (!isWatching) return 'unwatched';
    return openTransactions ? 'transaction' : undefined;
  }

  async #clear(writes: readonly ClockWrite[], free: readonly string[]): Promise<void> {
    const { store, events } = this.cache;
    try {
      await store().advance(writes);
      tellAdvanced(events, writes);
      // Stale already; this only frees the memory sooner.
      if (free.length) await store().remove(free);
    } catch (error) {
      tellFailed(events, 'clear', error);
    }
  }
}

/** `undefined` where nothing is allowed, so that nobody need look. */
function leewayOf(declaration: ManagerDeclaration): Leeway | undefined {
  const { staleWhileRevalidate, staleIfError, timeoutJitter: jitter } = declaration;
  if (!staleWhileRevalidate && !staleIfError && !jitter) return undefined;
  return { revalidateMs: staleWhileRevalidate * 1_000, unreachedMs: staleIfError * 1_000, jitter };
}
