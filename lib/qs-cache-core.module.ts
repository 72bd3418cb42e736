import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ClearCache } from './decorators/clear-cache.js';
import { CacheEvents } from './events/cache-events.js';
import { ManagerRegistry } from './manager/manager-registry.js';
import { QsCacheCheck } from './qs-cache.check.js';
import { QsCache } from './qs-cache.clear.js';
import { QsCacheCore } from './qs-cache.core.js';

/** The application's only copy of the store, the events and the managers' registry, however often `forFeature` is called. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [QsCacheCore, QsCacheCheck, QsCache, CacheEvents, ManagerRegistry, ClearCache],
  exports: [QsCacheCore, QsCache, CacheEvents],
})
export class QsCacheCoreModule {}
