import { CACHE_MANAGER } from '@nestjs/cache-manager';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit, Optional } from '@nestjs/common';
import { DiscoveryService, ModuleRef } from '@nestjs/core';
import { type DataSource, InstanceChecker, type ObjectLiteral } from 'typeorm';
import { ExpectedRows } from './cache/expected-rows.js';
import { Journals } from './cache/journals.js';
import { KnownRows } from './cache/known-rows.js';
import { NearCache } from './cache/near-cache.js';
import { ReadThrough } from './cache/read-through.js';
import { InvalidConfigurationError } from './errors.js';
import { CacheEvents } from './events/cache-events.js';
import { tellFailed } from './events/tell-failed.js';
import { type BaseCacheManager, isManager } from './manager/base-cache-manager.js';
import { KeptOut } from './manager/kept-out.js';
import { type CacheManagerClass, ManagerRegistry } from './manager/manager-registry.js';
import { bindManager } from './manager/manager-runtime.js';
import { keyPrefix } from './naming/cache-keys.js';
import { entityClock, isDatabaseClock } from './naming/table-clocks.js';
import type { CacheManager } from './peers/cache-manager.js';
import { brand } from './peers/copies.js';
import { checkVersions } from './peers/versions.js';
import { logEvents, warn } from './qs-cache.log.js';
import { noDataSource } from './qs-cache.no-data-source.js';
import { givenOptions, QSCACHE_OPTIONS, type ResolvedOptions, resolveOptions } from './qs-cache.options.js';
import type { CacheStore, ClockWrite } from './store/cache-store.js';
import { disconnect } from './store/disconnect.js';
import { GuardedStore } from './store/guarded-store.js';
import { giveUpUnready } from './store/keyv-tiers.js';
import { LateStore } from './store/late-store.js';
import { selectStore, type StoreSelection, type StoreSelectionOptions } from './store/select-store.js';
import { checkListenersAreAwaited } from './writes/awaited-listeners.js';
import { dataSources, isFollowed } from './writes/data-sources.js';
import { dialectOf } from './writes/driver-truth.js';
import { HoldProtocol } from './writes/hold-protocol.js';
import { WatchedDataSource } from './writes/watched-data-source.js';

/** How long what was loaded last may take to be stored when the application closes, in milliseconds. */
const CLOSING_PATIENCE_MS = 250;

const DISABLED =
  'Nothing is cached (enabled: false): every read comes from the database; writes are told to the store all the same.';

/** Ties managers of one feature to its DataSource, each once. @throws {InvalidConfigurationError} */
export type FeatureBinding = (managerClass: CacheManagerClass, manager: object) => void;

/** One per application: the store, the engine over it, and every DataSource it watches. */
@Injectable()
export class QsCacheCore implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('QsCache');
  readonly #options: ResolvedOptions;
  readonly #watched = new Map<DataSource, WatchedDataSource>();
  readonly #keptOut = new KeptOut();
  /** Here: a test may put one manager into an application after the other. */
  readonly #bound = new WeakSet<object>();
  readonly #near: NearCache;
  readonly #protocol: HoldProtocol;
  #selection: StoreSelection | undefined;
  /** `undefined` where options say where entries are kept. */
  #selectedFrom: CacheManager | undefined;
  #readThrough: ReadThrough | undefined;
  #isOpen = false;
  #isClosed = false;
  #opening: Promise<void> | undefined;

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly discovery: DiscoveryService,
    private readonly events: CacheEvents,
    private readonly registry: ManagerRegistry,
    @Optional() @Inject(QSCACHE_OPTIONS) options: unknown,
  ) {
    checkVersions();
    this.#options = resolveOptions(givenOptions(options));
    this.#near = new NearCache(this.#options.nearBytes);
    this.#protocol = new HoldProtocol(() => this.store, events, this.#options);
    logEvents(events, this.#logger);
  }

  /** Asked for late, because a CacheModule that is not global can only be found once all modules stand. */
  get store(): CacheStore {
    return this.#select().store;
  }

  get readThrough(): ReadThrough {
    this.#readThrough ??= new ReadThrough(
      new LateStore(() => this.store),
      this.events,
      this.#options.budgetMs,
      this.#options.seal,
      undefined,
      this.#near,
      new ExpectedRows(new Journals(new KnownRows(isDatabaseClock))),
    );
    return this.#readThrough;
  }

  get watched(): readonly WatchedDataSource[] {
    return [...this.#watched.values()].filter(({ isKnown }) => isKnown);
  }

  /**
   * What binds the managers of a feature, once its DataSource is known. Never rejects: a feature whose managers a test has replaced need
   * have no database; whatever else is made for it is told what is wrong.
   */
  async feature(
    classes: readonly CacheManagerClass[],
    dataSource: DataSource | undefined,
    dataSourceName: string,
  ): Promise<FeatureBinding> {
    for (const managerClass of classes) this.registry.declare(managerClass);
    try {
      const watched = await this.#claimFor(classes, dataSource, dataSourceName);
      return (managerClass, manager) => {
        if (!isManager(manager) || this.#bound.has(manager) || !this.registry.isNearest(managerClass, manager)) return;
        this.#bind(managerClass, manager, watched, dataSourceName);
        this.#bound.add(manager);
      };
    } catch (error) {
      return () => {
        throw error;
      };
    }
  }

  async #claimFor(
    classes: readonly CacheManagerClass[],
    dataSource: DataSource | undefined,
    dataSourceName: string,
  ): Promise<WatchedDataSource> {
    if (!dataSource?.isInitialized) {
      const tokens = this.discovery.getProviders().map(({ token }) => token);
      throw noDataSource(classes, dataSourceName, dataSource, tokens);
    }
    await checkListenersAreAwaited(dataSource);
    const watched = await this.#claim(dataSource);
    if (this.#isOpen && !watched.watch.isWatching) await watched.start();
    return watched;
  }

  #bind(
    token: CacheManagerClass,
    manager: BaseCacheManager<ObjectLiteral>,
    watched: WatchedDataSource,
    dataSourceName: string,
  ): void {
    watched.use((watch) => {
      const runtime = bindManager(token.name, manager, watched.dataSource, dataSourceName, watch, {
        namespace: this.#options.namespace,
        enabled: this.#options.enabled,
        events: this.events,
        keptOut: this.#keptOut,
        store: () => this.store,
        readThrough: () => this.readThrough,
        wake: () => this.#wake(),
      });
      const { cacheKey, metadata, alsoWrites, warnings } = runtime.options;
      for (const warning of warnings) warn(this.#logger, warning);
      watch.tables.addTrigger(entityClock(metadata), alsoWrites);
      this.registry.add(token, manager, cacheKey, dataSourceName);
    });
  }

  /** Makes tables stale that somebody says were written. Never rejects: a `debt:made` event tells of a store that did not hear. */
  advance(writes: readonly ClockWrite[]): Promise<void> {
    return this.#protocol.advance(writes);
  }

  async onModuleInit(): Promise<void> {
    await this.#opening;
    this.#dropHalfMade();
    // Opened by an early reader, it has not met the DataSources that were built after it.
    if (this.#isOpen) await this.#claimFound();
    else if (!this.#isSpared()) await this.#open();
  }

  /**
   * Until the constructor of a CACHE_MANAGER that is a class has run, Nest has an object without fields in its place: an early reader may
   * have found that one. What was begun over it is of another epoch.
   */
  #dropHalfMade(): void {
    if (!this.#selectedFrom || this.#selectedFrom === this.#cacheManager()) return;
    this.#selection = undefined;
    this.#isOpen = false;
  }

  /** A test has replaced every manager: nobody reads, and there may be no store. */
  #isSpared(): boolean {
    const { redis, store } = this.#options;
    return this.registry.isReplaced && !redis && !store && !this.#cacheManager();
  }

  /** Nest calls no hooks of a module that is loaded late: then the first read opens the cache. */
  #wake(): void {
    if (this.#isOpen || this.#isClosed) return;
    // While modules are still built there may be no CACHE_MANAGER yet: then there is another read, or the hook.
    this.#opening ??= this.#open().catch(() => void (this.#opening = undefined));
  }

  async #open(): Promise<void> {
    const { store, reach, warnings } = this.#select();
    for (const warning of warnings) warn(this.#logger, warning);
    // What stands in the way is for the check to say.
    await store.open().catch(() => undefined);
    const problem = await store.check();
    if (problem) warn(this.#logger, problem);
    await this.#claimFound();
    this.#isOpen = true;
    dataSources.join(this);
    for (const dataSource of dataSources.of(this)) await this.#watch(dataSource);
    for (const watched of this.#watched.values()) await watched.start();
    // Closed meanwhile, it would listen to DataSources for ever.
    if (this.#isClosed) return this.#leave();
    if (!this.#options.enabled) return warn(this.#logger, DISABLED);
    const hearers = reach === 'shared' ? 'every process that shares it' : 'this process';
    this.#logger.log(
      problem
        ? `Will cache in ${store.name} once it answers as it should; writes will be heard by ${hearers}.`
        : `Caching in ${store.name}; writes are heard by ${hearers}.`,
    );
  }

  /** A DataSource that starts once the application stands: its migrations are heard as they run. */
  async building(dataSource: DataSource): Promise<void> {
    try {
      const known = this.#watched.get(dataSource);
      this.#forget(dataSource);
      if (known) await known.renew();
      else await this.#watch(dataSource);
    } catch (error) {
      // Nothing of it is cached then; that it starts is none of our business.
      tellFailed(this.events, 'watch', error);
    }
  }

  /** What is kept is bound to the entities a DataSource had, and it comes back with others; a reader of those may be under way until it has. */
  #forget(dataSource: DataSource): void {
    if (this.#watched.get(dataSource)?.isUsed) this.#near.clear();
  }

  async started(dataSource: DataSource): Promise<void> {
    this.#forget(dataSource);
    await this.#watched.get(dataSource)?.start();
  }

  /** One that managers are bound to may come back; any other is forgotten: applications make one per tenant. */
  ended(dataSource: DataSource): void {
    const watched = this.#watched.get(dataSource);
    watched?.stop();
    if (!watched?.isUsed) this.#watched.delete(dataSource);
  }

  /** It turned out to be another application's. */
  lost(dataSource: DataSource): void {
    this.#watched.get(dataSource)?.stop();
    this.#watched.delete(dataSource);
  }

  /** CacheModule waits for every command of the application that waits in a client of its stores. */
  async giveUpUnready(): Promise<void> {
    const cache = this.#cacheManager();
    if (cache) await giveUpUnready(cache).catch((error: unknown) => this.#notClosed(error));
  }

  /** The last hook: requests that were still running after CacheModule had closed its stores may have opened them again. */
  async onApplicationShutdown(): Promise<void> {
    this.#isClosed = true;
    await this.#leave();
    const cache = this.#cacheManager();
    if (cache) await disconnect(cache).catch((error: unknown) => this.#notClosed(error));
  }

  async #leave(): Promise<void> {
    dataSources.leave(this);
    // What is still stored later would open again what is closed here.
    await Promise.all([this.#readThrough?.close(CLOSING_PATIENCE_MS), this.#selection?.store.settle()]);
    // Its own are destroyed later, if at all: jobs that nobody waited for may write until then, over a connection made for them.
    for (const watched of this.#watched.values()) if (!dataSources.needs(watched.dataSource, this)) watched.stop();
    this.#protocol.close();
    await this.#selection?.store.close();
  }

  #notClosed(error: unknown): void {
    tellFailed(this.events, 'close', error);
  }

  #select(): StoreSelection {
    if (this.#selection) return this.#selection;
    const { redis, store, budgetMs, tracking } = this.#options;
    const cache = this.#cacheManager();
    if (!cache && !redis && !store) {
      throw new InvalidConfigurationError(
        'QSCACHE_NO_CACHE_MANAGER',
        'QsCacheModule found no CACHE_MANAGER, so there is nowhere to keep entries. Import CacheModule.register() from @nestjs/cache-manager in the application.',
      );
    }
    if (!redis && !store) this.#selectedFrom = cache;
    const given = { cache, redis, store, budgetMs, tracking: tracking ? this.#tracking : undefined };
    const selection = selectStore(given as Parameters<typeof selectStore>[0]);
    this.#selection = { ...selection, store: new GuardedStore(selection.store, this.events, budgetMs) };
    return this.#selection;
  }

  get #tracking(): StoreSelectionOptions['tracking'] {
    const failed = (error: Error) => tellFailed(this.events, 'track', error);
    return { keys: keyPrefix([this.#options.namespace || undefined]), failed };
  }

  #cacheManager(): CacheManager | undefined {
    try {
      return this.moduleRef.get<CacheManager>(CACHE_MANAGER, { strict: false });
    } catch {
      // Nest throws for an unknown token; that there is none is for the caller to judge.
      return undefined;
    }
  }

  async #claimFound(): Promise<void> {
    for (const { instance } of this.discovery.getProviders()) {
      if (isDataSource(instance) && instance.isInitialized && isFollowed(instance)) await this.#claim(instance);
    }
  }

  /** It is in this application's container: nobody else watches it. */
  async #claim(dataSource: DataSource): Promise<WatchedDataSource> {
    dialectOf(dataSource);
    dataSources.claim(dataSource, this);
    return this.#watch(dataSource);
  }

  async #watch(dataSource: DataSource): Promise<WatchedDataSource> {
    let watched = this.#watched.get(dataSource);
    if (!watched) {
      watched = new WatchedDataSource(dataSource, this.#protocol, this.events, {
        store: () => this.store,
        outlives: () => this.#select().reach === 'shared',
        isPrivate: this.#options.seal.isPrivate === true,
        isOpen: () => this.#isOpen,
        isEnding: () => dataSources.isEnding(dataSource),
        warn: (text) => warn(this.#logger, text),
        take: () => dataSources.take(dataSource, this),
      });
      this.#watched.set(dataSource, watched);
      void watched.renew();
    }
    await watched.renewed;
    return watched;
  }
}

/** Some providers answer no questions outside of their request. */
function isDataSource(instance: unknown): instance is DataSource {
  try {
    return InstanceChecker.isDataSource(instance);
  } catch {
    return false;
  }
}

brand(QsCacheCore);
