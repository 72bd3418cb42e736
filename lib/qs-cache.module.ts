import { type DynamicModule, Module, type OnModuleDestroy, type Type } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { isManager } from './manager/base-cache-manager.js';
import { checkManagers } from './manager/check-managers.js';
import { type BindManager, bindingToken } from './manager/manager-binding.js';
import type { CacheManagerClass } from './manager/manager-registry.js';
import { QsCacheCoreModule } from './qs-cache-core.module.js';
import { type FeatureBinding, QsCacheCore } from './qs-cache.core.js';
import { featureOptions, type QsCacheFeatureOptions } from './qs-cache.feature.js';
import { ConfigurableModuleClass } from './qs-cache.module-definition.js';

let features = 0;

/**
 * Registers cache managers. `forFeature` alone is enough; `forRoot` or `forRootAsync`, once, where a default does not fit.
 *
 * @example
 * @Module({
 *   imports: [
 *     CacheModule.register(),
 *     TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true }),
 *     TypeOrmModule.forFeature([Example]),
 *     QsCacheModule.forFeature([ExampleCacheManager]),
 *   ],
 * })
 * export class AppModule {}
 *
 * @publicApi
 */
@Module({ imports: [QsCacheCoreModule] })
export class QsCacheModule extends ConfigurableModuleClass implements OnModuleDestroy {
  /** @internal */
  constructor(private readonly core: QsCacheCore) {
    super();
  }

  /** Here rather than in the core, since CacheModule closes its stores before modules that are global have their turn. */
  async onModuleDestroy(): Promise<void> {
    await this.core.giveUpUnready();
  }

  /**
   * Makes the managers injectable in the importing module. They work in the constructor of whoever injects them.
   *
   * @param managers manager classes; registering one in several modules is fine, they share their entries
   * @param dataSourceOrOptions the DataSource their models belong to, as in `TypeOrmModule.forFeature`; or options. Default: the default
   *   one, with managers that inject nothing but what global modules export
   * @throws {InvalidConfigurationError} at once for what is no list of manager classes, and for an option there is none of; while the
   *   application boots, and unless a test has replaced the managers: no DataSource, an entity it does not know, an unknown relation, a
   *   field of another kind or with a misspelt name, two managers with one key, no CACHE_MANAGER
   *
   * @example
   * QsCacheModule.forFeature([ExampleCacheManager]);
   * QsCacheModule.forFeature([ReportCacheManager], 'reports');
   * QsCacheModule.forFeature([PriceCacheManager], { imports: [TenantModule], dataSource: 'reports' });
   */
  static forFeature(
    managers: readonly CacheManagerClass[],
    dataSourceOrOptions?: DataSource | DataSourceOptions | string | QsCacheFeatureOptions,
  ): DynamicModule {
    checkManagers(managers);
    const { imports = [], dataSource, provide = true } = featureOptions(dataSourceOrOptions);
    const token = getDataSourceToken(dataSource);
    const name = typeof token === 'string' ? token.replace(/DataSource$/, '') || 'default' : 'default';
    // Spelled differently each time: Nest may know modules by what they print, and these differ in what does not print.
    const feature = Symbol(`QSCACHE_FEATURE_${++features}`);
    const provided = provide ? (managers as unknown as Type[]) : [];
    const bindings = managers.map((manager) => ({
      provide: bindingToken(manager),
      useFactory:
        (bind: FeatureBinding): BindManager =>
        (instance) =>
          bind(manager, instance),
      inject: [feature],
    }));
    return {
      module: QsCacheModule,
      imports,
      providers: [
        {
          provide: feature,
          useFactory: (core: QsCacheCore, found: DataSource | undefined) => core.feature(managers, found, name),
          inject: [QsCacheCore, { token, optional: true }],
        },
        ...bindings,
        ...provided,
        {
          provide: Symbol(`QSCACHE_FEATURE_${features}_UNBOUND`),
          useFactory: bindUnbound(managers),
          inject: [feature, ...provided],
        },
      ],
      exports: [...provided, ...bindings.map((binding) => binding.provide)],
    };
  }
}

/** What a test has made by itself and put in a manager's place has been handed nothing by Nest. */
function bindUnbound(managers: readonly CacheManagerClass[]) {
  return (bind: FeatureBinding, ...instances: unknown[]): void =>
    instances.forEach((instance, i) => {
      if (isManager(instance)) bind(managers[i]!, instance);
    });
}
