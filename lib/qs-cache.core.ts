import { CACHE_MANAGER } from '@nestjs/cache-manager';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit, Optional } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Cache } from 'cache-manager';
import type { DataSource } from 'typeorm';
import { ReadThrough } from './cache/read-through.js';
import { InvalidConfigurationError } from './errors.js';
import { CacheEvents } from './events/cache-events.js';
import { WriteAnnouncer } from './invalidation/write-announcer.js';
import { WriteWatch } from './invalidation/write-watch.js';
import { BaseCacheManager } from './manager/base-cache-manager.js';
import { bindManager } from './manager/bound-manager.js';
import { entityTable } from './manager/cache-keys.js';
import { type CacheManagerClass, ManagerRegistry } from './manager/manager-registry.js';
import { logEvents } from './qs-cache.log.js';
import { QSCACHE_OPTIONS } from './qs-cache.module-definition.js';
import { type QsCacheOptions, type ResolvedOptions, resolveOptions } from './qs-cache.options.js';
import type { CacheStore } from './store/cache-store.js';
import { selectStore, type StoreSelection } from './store/select-store.js';

/** One per application: the store, the engine over it, a watch per DataSource. */
@Injectable()
export class QsCacheCore implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('QsCache');
  readonly #options: ResolvedOptions;
  readonly #watches = new Map<DataSource, WriteWatch>();
  readonly #announcer: WriteAnnouncer;
  #selection: StoreSelection | undefined;
  #readThrough: ReadThrough | undefined;

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly events: CacheEvents,
    private readonly registry: ManagerRegistry,
    @Optional() @Inject(QSCACHE_OPTIONS) options: QsCacheOptions | null,
  ) {
    this.#options = resolveOptions(options ?? {});
    this.#announcer = new WriteAnnouncer(() => this.store, events, this.#options);
    logEvents(events, this.#logger);
  }

  /** Asked for late, because a CacheModule that is not global can only be found once all modules stand. */
  get store(): CacheStore {
    this.#selection ??= this.#select();
    return this.#selection.store;
  }

  get readThrough(): ReadThrough {
    this.#readThrough ??= new ReadThrough(this.store, this.events);
    return this.#readThrough;
  }

  /** Called while modules are built, so that managers work in everybody's `onModuleInit`. @throws {InvalidConfigurationError} */
  register(
    classes: readonly CacheManagerClass[],
    managers: readonly unknown[],
    dataSource: DataSource | undefined,
    dataSourceName: string,
  ): void {
    if (!dataSource?.isInitialized) {
      const names = classes.map(({ name }) => name).join(', ');
      throw new InvalidConfigurationError(
        'QSCACHE_NO_DATA_SOURCE',
        `QsCacheModule.forFeature([${names}]) found no initialized DataSource "${dataSourceName}", so its managers would have nothing to load from. Import TypeOrmModule.forRoot(...) in the application, or pass the name of the DataSource as second argument.`,
      );
    }
    const watch = this.#watch(dataSource);
    managers.forEach((manager, i) => {
      this.registry.declare(classes[i]);
      // A test may have put something else in the manager's place.
      if (!(manager instanceof BaseCacheManager)) return;
      const bound = bindManager(classes[i]!.name, manager, dataSource, dataSourceName, watch, {
        namespace: this.#options.namespace,
        events: this.events,
        store: () => this.store,
        readThrough: () => this.readThrough,
      });
      const { cacheKey, metadata, alsoWrites } = bound.options;
      watch.tables.addTrigger(entityTable(metadata), alsoWrites);
      this.registry.add(classes[i]!, manager, cacheKey, dataSourceName);
    });
  }

  async onModuleInit(): Promise<void> {
    const { store, scope } = this.#select();
    for (const warning of this.#selection!.warnings) this.#logger.warn(warning);
    // What stands in the way is for the check to say.
    await store.open().catch(() => undefined);
    const problem = await store.check();
    if (problem) this.#logger.warn(problem);
    this.#logger.log(
      `Caching in ${store.name}; writes are heard by ${scope === 'shared' ? 'every process that shares it' : 'this process'}.`,
    );
  }

  /** The last hook: requests that were still running after CacheModule had closed its stores may have opened them again. */
  async onApplicationShutdown(): Promise<void> {
    for (const watch of this.#watches.values()) watch.uninstall();
    this.#announcer.close();
    await this.#selection?.store.close();
    try {
      await this.#cacheManager()?.disconnect();
    } catch (error) {
      this.events.emit({ name: 'store:failed', operation: 'close', error });
    }
  }

  #select(): StoreSelection {
    if (this.#selection) return this.#selection;
    const { redis, budgetMs } = this.#options;
    const cache = this.#cacheManager();
    if (!cache && !redis) {
      throw new InvalidConfigurationError(
        'QSCACHE_NO_CACHE_MANAGER',
        'QsCacheModule found no CACHE_MANAGER, so there is nowhere to keep entries. Import CacheModule.register() from @nestjs/cache-manager in the application.',
      );
    }
    this.#selection = selectStore({ cache, redis, budgetMs } as Parameters<typeof selectStore>[0]);
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

  #watch(dataSource: DataSource): WriteWatch {
    let watch = this.#watches.get(dataSource);
    if (!watch) {
      watch = new WriteWatch(dataSource, this.#announcer, this.events);
      watch.install();
      this.#watches.set(dataSource, watch);
    }
    return watch;
  }
}
