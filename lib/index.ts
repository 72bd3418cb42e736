export { QsCache } from './qs-cache.clear.js';
export type { QsCacheFeatureOptions } from './qs-cache.feature.js';
export { QsCacheModule } from './qs-cache.module.js';
export type { QsCacheOptions, QsCacheOptionsFactory } from './qs-cache.options.js';
export { type AllOptions, BaseCacheManager, type GetOptions } from './manager/base-cache-manager.js';
export type { Identifier } from './naming/identifier.js';
export { days, hours, minutes, seconds } from './manager/durations.js';
export type { CacheManagerClass } from './manager/manager-registry.js';
export type { TableTarget } from './naming/table-target.js';
export type { Page, PageOptions } from './manager/page.js';
export { QuerySet } from './manager/query-set.js';
export type { RelationPath } from './load/relation-paths.js';
export type { Where } from './query/where.js';
export { ClearCacheDetail } from './decorators/clear-cache-detail.decorator.js';
export { ClearCacheKeys } from './decorators/clear-cache-keys.decorator.js';
export type { ClearCacheDetailOptions, ClearTarget, HandlerResult, KeysOfResult } from './decorators/clear-target.js';
export {
  type CacheEvent,
  type CacheEventListener,
  type CacheEventName,
  type CacheEventOf,
  CacheEvents,
  type MissReason,
  type StaleCause,
  type SkipReason,
} from './events/cache-events.js';
export {
  type Budget,
  CacheStore,
  type ClockQuery,
  type ClocksRead,
  type ClockState,
  type ClockWrite,
  type DatedClock,
  type EntriesRead,
  type EntryInHand,
  type Lease,
  type Standing,
  type Work,
  type WrittenRows,
} from './store/cache-store.js';
export type { RedisClient } from './store/connect-redis.js';
export {
  CircularReadError,
  type ConfigurationErrorCode,
  InvalidConfigurationError,
  InvalidIdentifierError,
  InvalidQueryError,
  QsCacheError,
  type QsCacheErrorCode,
  type QueryErrorCode,
  StoreError,
  type StoreFailure,
  UnsupportedValueError,
  WriteRefusedError,
} from './errors.js';
