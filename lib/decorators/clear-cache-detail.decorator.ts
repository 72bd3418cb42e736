import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import type { CacheManagerClass } from '../manager/manager-registry.js';
import { ClearCacheInterceptor } from './clear-cache.interceptor.js';
import { CLEAR_DETAIL, type ClearCacheDetailOptions, type ClearDetail } from './clear-target.js';

/**
 * Clears the detail of the row a handler returned (of every row, where it returned several), and every other entry that shows it, when
 * the handler has succeeded: before its response leaves, and also when nobody waits for that any more (a timeout, a client gone). A
 * handler that throws clears nothing. A result without the field clears every detail of the manager and emits `clear:failed`: a request
 * whose write has happened never fails.
 *
 * A stream clears when it completes. Cut short, by its listener leaving or by an error after an item, it clears every detail of the
 * manager at that moment: it may have written more than it emitted. What its producer still writes after its own teardown is not
 * seen: await such writes before returning the stream, or call `clearCacheDetail()` after them.
 *
 * Only for writes TypeORM does not see: its own writes make stale what they touch.
 *
 * @example
 * @Put(':pk')
 * @ClearCacheDetail(ExampleCacheManager, { field: 'id', additionalKeys: ['example'] })
 *
 * @publicApi
 */
export function ClearCacheDetail<Result = unknown>(
  manager: CacheManagerClass,
  options: ClearCacheDetailOptions<Result> = {},
): MethodDecorator & ClassDecorator {
  const detail: ClearDetail<Result> = { manager, options };
  return applyDecorators(SetMetadata(CLEAR_DETAIL, detail), UseInterceptors(ClearCacheInterceptor));
}
