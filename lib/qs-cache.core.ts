import { CACHE_MANAGER } from '@nestjs/cache-manager';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit, Optional } from '@nestjs/common';
import { DiscoveryService, ModuleRef } from '@nestjs/core';
import type { Cache } from 'cache-manager';
import { type DataSource, InstanceChecker } from 'typeorm';
import { ReadThrough } from './cache/read-through.js';
import { InvalidConfigurationError } from './errors.js';
import { CacheEvents } from './events/cache-events.js';
import { tellFailed } from './events/tell-failed.js';
import { isManager } from './manager/base-cache-manager.js';
import { KeptOut } from './manager/kept-out.js';
import { type CacheManagerClass, ManagerRegistry } from './manager/manager-registry.js';
import { bindManager } from './manager/manager-runtime.js';
import { entityClock } from './naming/table-clocks.js';
import { logEvents, warn } from './qs-cache.log.js';
import { QSCACHE_OPTIONS } from './qs-cache.module-definition.js';
import { type QsCacheOptions, type ResolvedOptions, resolveOptions } from './qs-cache.options.js';
import type { CacheStore, ClockWrite } from './store/cache-store.js';
import { disconnect } from './store/disconnect.js';
import { GuardedStore } from './store/guarded-store.js';
import { giveUpUnready } from './store/keyv-tiers.js';
import { selectStore, type StoreSelection } from './store/select-store.js';
import { dataSources, isFollowed } from './writes/data-sources.js';
import { dialectOf } from './writes/driver-truth.js';
import { HoldProtocol } from './writes/hold-protocol.js';
import { WatchedDataSource } from './writes/watched-data-source.js';

/** How long what was loaded last may take to be stored when the application closes, in milliseconds. */
const CLOSING_PATIENCE_MS = 250;

const DISABLED =
  'Nothing is cached (enabled: false): every read comes from the database; writes are told to the store all the same.';

/** One per application: the store, the engine over it, and every DataSource it watches. */
@Injectable()
export class QsCacheCore implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('QsCache');
  readonly #options: ResolvedOptions;
  readonly #watched = new Map<DataSource, WatchedDataSource>();
  readonly #keptOut = new KeptOut();
  readonly #protocol: HoldProtocol;
  #selection: StoreSelection | undefined;
  #readThrough: ReadThrough | undefined;
  #isOpen = false;
  #isClosed = false;
  #opening: Promise<void> | undefined;

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly discovery: DiscoveryService,
    private readonly events: CacheEvents,
    private readonly registry: ManagerRegistry,
    @Optional() @Inject(QSCACHE_OPTIONS) options: QsCacheOptions | null,
  ) {
    this.#options = resolveOptions(options ?? {});
    this.#protocol = new HoldProtocol(() => this.store, events, this.#options);
    logEvents(events, this.#logger);
  }

  /** Asked for late, because a CacheModule that is not global can only be found once all modules stand. */
  get store(): CacheStore {
    return this.#select().store;
  }

  get readThrough(): ReadThrough {
    this.#readThrough ??= new ReadThrough(this.store, this.events, this.#options.budgetMs, this.#options.seal);
    return this.#readThrough;
  }

  get watched(): readonly WatchedDataSource[] {
    return [...this.#watched.values()].filter(({ isKnown }) => isKnown);
  }

  /** Called while modules are built, so that managers work in everybody's `onModuleInit`. @throws {InvalidConfigurationError} */
  async register(
    classes: readonly CacheManagerClass[],
    managers: readonly unknown[],
    dataSource: DataSource | undefined,
    dataSourceName: string,
  ): Promise<void> {
    if (!dataSource?.isInitialized) {
      const names = classes.map(({ name }) => name).join(', ');
      throw new InvalidConfigurationError(
        'QSCACHE_NO_DATA_SOURCE',
        `QsCacheModule.forFeature([${names}]) found no initialized DataSource "${dataSourceName}", so its managers would have nothing to load from. Import TypeOrmModule.forRoot(...) in the application, or pass the name of the DataSource as second argument.`,
      );
    }
    const watched = await this.#claim(dataSource);
    if (this.#isOpen && !watched.watch.isWatching) await watched.start();
    managers.forEach((manager, i) => {
      const token = classes[i]!;
      this.registry.declare(token);
      if (!isManager(manager)) return;
      watched.use((watch) => {
        const runtime = bindManager(token.name, manager, dataSource, dataSourceName, watch, {
          namespace: this.#options.namespace,
          enabled: this.#options.enabled,
          events: this.events,
          keptOut: this.#keptOut,
          store: () => this.store,
          readThrough: () => this.readThrough,
          wake: () => this.#wake(),
        });
        const { cacheKey, metadata, alsoWrites } = runtime.options;
        watch.tables.addTrigger(entityClock(metadata), alsoWrites);
        this.registry.add(token, manager, cacheKey, dataSourceName);
      });
    });
  }

  /** Makes tables stale that somebody says were written. Never rejects: a `debt:made` event tells of a store that did not hear. */
  advance(writes: readonly ClockWrite[]): Promise<void> {
    return this.#protocol.advance(writes);
  }

  async onModuleInit(): Promise<void> {
    await this.#opening;
    if (!this.#isOpen) await this.#open();
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
    for (const { instance } of this.discovery.getProviders()) {
      if (isDataSource(instance) && instance.isInitialized && isFollowed(instance)) await this.#claim(instance);
    }
    this.#isOpen = true;
    dataSources.join(this);
    for (const dataSource of dataSources.of(this)) await this.#watch(dataSource);
    for (const watched of this.#watched.values()) await watched.start();
    // Closed meanwhile, it would listen to DataSources for ever.
    if (this.#isClosed) return this.#leave();
    if (!this.#options.enabled) return warn(this.#logger, DISABLED);
    this.#logger.log(
      `Caching in ${store.name}; writes are heard by ${reach === 'shared' ? 'every process that shares it' : 'this process'}.`,
    );
  }

  /** A DataSource that starts once the application stands: its migrations are heard as they run. */
  async building(dataSource: DataSource): Promise<void> {
    try {
      const known = this.#watched.get(dataSource);
      if (known) await known.renew();
      else await this.#watch(dataSource);
    } catch (error) {
      // Nothing of it is cached then; that it starts is none of our business.
      tellFailed(this.events, 'watch', error);
    }
  }

  async started(dataSource: DataSource): Promise<void> {
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
    const { redis, store, budgetMs } = this.#options;
    const cache = this.#cacheManager();
    if (!cache && !redis && !store) {
      throw new InvalidConfigurationError(
        'QSCACHE_NO_CACHE_MANAGER',
        'QsCacheModule found no CACHE_MANAGER, so there is nowhere to keep entries. Import CacheModule.register() from @nestjs/cache-manager in the application.',
      );
    }
    const selection = selectStore({ cache, redis, store, budgetMs } as Parameters<typeof selectStore>[0]);
    this.#selection = { ...selection, store: new GuardedStore(selection.store, this.events, budgetMs) };
    return this.#selection;
  }

  #cacheManager(): Cache | undefined {
    try {
      return this.moduleRef.get<Cache>(CACHE_MANAGER, { strict: false });
    } catch {
      // Nest throws for an unknown token; that there is none is for the caller to judge.
      return undefined;
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
        isOpen: () => this.#isOpen,
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
