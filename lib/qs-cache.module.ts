import { type DynamicModule, Module, type OnModuleDestroy } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { checkManagers } from './manager/check-managers.js';
import type { CacheManagerClass } from './manager/manager-registry.js';
import { QsCacheCoreModule } from './qs-cache-core.module.js';
import { QsCacheCore } from './qs-cache.core.js';
import { ConfigurableModuleClass } from './qs-cache.module-definition.js';

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
   * Makes the managers injectable in the importing module.
   *
   * @param managers manager classes; registering one in several modules is fine, they share their entries
   * @param dataSource the DataSource their models belong to, as in `TypeOrmModule.forFeature`. Default: the default one
   * @throws {InvalidConfigurationError} while the application boots: no DataSource, an entity it does not know, an unknown relation,
   *   a field of another kind or with a misspelt name, two managers with one key, no CACHE_MANAGER; where it is called for what is no list
   *   of manager classes
   */
  static forFeature(
    managers: readonly CacheManagerClass[],
    dataSource?: DataSource | DataSourceOptions | string,
  ): DynamicModule {
    checkManagers(managers);
    const token = getDataSourceToken(dataSource);
    const name = typeof token === 'string' ? token.replace(/DataSource$/, '') || 'default' : 'default';
    return {
      module: QsCacheModule,
      providers: [
        ...(managers as unknown as NonNullable<DynamicModule['providers']>),
        {
          provide: Symbol('QSCACHE_FEATURE'),
          useFactory: async (core: QsCacheCore, found: DataSource | undefined, ...instances: unknown[]) => {
            await core.register(managers, instances, found, name);
            return managers;
          },
          inject: [QsCacheCore, { token, optional: true }, ...(managers as unknown as never[])],
        },
      ],
      exports: [...(managers as unknown as NonNullable<DynamicModule['exports']>)],
    };
  }
}
