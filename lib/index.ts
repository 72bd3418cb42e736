export { QsCache } from './qs-cache.clear.js';
export { QsCacheModule } from './qs-cache.module.js';
export type { QsCacheOptions, QsCacheOptionsFactory } from './qs-cache.options.js';
export { type AllOptions, BaseCacheManager, type GetOptions } from './manager/base-cache-manager.js';
export type { Identifier } from './manager/cache-keys.js';
export { days, hours, minutes, seconds } from './manager/durations.js';
export type { CacheManagerClass } from './manager/manager-registry.js';
export type { TableTarget } from './manager/manager-options.js';
export { QuerySet } from './manager/query-set.js';
export type { RelationPath } from './manager/relation-paths.js';
export type { Where } from './manager/where.js';
export { ClearCacheDetail } from './invalidation/clear-cache-detail.decorator.js';
export { ClearCacheKeys } from './invalidation/clear-cache-keys.decorator.js';
export type { ClearCacheDetailOptions, ClearTarget, HandlerResult, KeysOfResult } from './invalidation/clear-target.js';
export {
  type CacheEvent,
  type CacheEventListener,
  CacheEvents,
  type MissReason,
  type SkipReason,
} from './events/cache-events.js';
export type { RedisClient } from './store/connect-redis.js';
export {
  CircularReadError,
  InvalidConfigurationError,
  InvalidIdentifierError,
  InvalidQueryError,
  QsCacheError,
} from './errors.js';
