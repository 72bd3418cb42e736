import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import type { CacheManagerClass } from '../manager/manager-registry.js';
import { ClearCacheDetailInterceptor } from './clear-cache-detail.interceptor.js';
import { CLEAR_DETAIL, type ClearCacheDetailOptions, type ClearDetail } from './clear-target.js';

/**
 * Clears the detail of the row a handler returned (of every row, where it returned several), and every other entry that shows it,
 * after the handler succeeded and before its response leaves; a stream, when it completes. A handler that throws clears nothing. A
 * result without the field clears every detail of the manager and emits `clear:failed`: a request whose write has happened never fails.
 *
 * Only for writes TypeORM does not see: its own writes make stale what they touch.
 *
 * @example
 * @Put(':pk')
 * @ClearCacheDetail(ExampleCacheManager, { field: 'id', additionalKeys: ['example'] })
 *
 * @publicApi
 */
export function ClearCacheDetail(
  manager: CacheManagerClass,
  options: ClearCacheDetailOptions = {},
): MethodDecorator & ClassDecorator {
  const detail: ClearDetail = { manager, ...options };
  return applyDecorators(SetMetadata(CLEAR_DETAIL, detail), UseInterceptors(ClearCacheDetailInterceptor));
}
