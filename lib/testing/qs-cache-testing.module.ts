import { type DynamicModule, Module } from '@nestjs/common';
import { QsCacheModule } from '../qs-cache.module.js';
import type { QsCacheOptions } from '../qs-cache.options.js';
import { MemoryStore } from '../store/memory.store.js';
import { LocalCache } from './local-cache.js';

/** Options of `QsCacheModule.forRoot`, but for where entries are kept. @publicApi */
export type QsCacheTestingOptions = Omit<QsCacheOptions, 'store' | 'redis'>;

const BUDGET_MS = 250;

/**
 * Stands in for `QsCacheModule.forRoot()` in integration tests: managers cache as ever, in a store of this process that needs no
 * CACHE_MANAGER, and which each testing module has anew.
 *
 * @example
 * const module = await Test.createTestingModule({
 *   imports: [
 *     TypeOrmModule.forRoot({ type: 'sqljs', entities: [Example], synchronize: true }),
 *     QsCacheTestingModule.forRoot(),
 *     QsCacheModule.forFeature([ExampleCacheManager]),
 *   ],
 * }).compile();
 * await module.init();
 * await module.get(ExampleCacheManager).all(); // 1 query the first time, then 0
 *
 * @publicApi
 */
@Module({})
export class QsCacheTestingModule {
  /** @param options as for `QsCacheModule.forRoot`; all have their defaults */
  static forRoot(options: QsCacheTestingOptions = {}): DynamicModule {
    // A factory, since modules are described once and compiled often: entries must not outlive the test that made them.
    const useFactory = (): QsCacheOptions => {
      const { budgetMs = BUDGET_MS } = options;
      return { ...options, store: new MemoryStore(new LocalCache(), { budgetMs }) };
    };
    return { module: QsCacheTestingModule, imports: [QsCacheModule.forRootAsync({ useFactory })] };
  }
}
