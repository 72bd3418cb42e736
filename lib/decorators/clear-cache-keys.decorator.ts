import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import { ClearCacheInterceptor } from './clear-cache.interceptor.js';
import { CLEAR_KEYS, type ClearTarget } from './clear-target.js';

/**
 * Clears lists when the handler has succeeded: before its response leaves, and also when nobody waits for that any more (a timeout, a
 * client gone). The result passes through untouched; a handler that throws clears nothing. When the clearing fails the request goes on,
 * and a `clear:failed` or `store:failed` event tells of it.
 *
 * A stream clears when it completes; cut short, by its listener leaving or by an error after an item, at that moment, with what it
 * emitted so far. What its producer still writes after its own teardown is not seen: await such writes before returning the
 * stream, or call `clearCacheList()` after them.
 *
 * Only for writes TypeORM does not see (another service, a stored procedure): its own writes make stale what they touch.
 *
 * @param targets at least one
 *
 * @example
 * @Post()
 * @ClearCacheKeys(ExampleCacheManager)                  // every list of the manager; the next all() costs its queries again
 *
 * @Post('import')
 * @ClearCacheKeys('example', 'example_active')          // exactly these
 *
 * @Post(':team')
 * @ClearCacheKeys<Example>(({ result }) => `example_${result.team}`)
 *
 * @publicApi
 */
export function ClearCacheKeys<Result = unknown>(
  ...targets: readonly ClearTarget<Result>[]
): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(CLEAR_KEYS, targets), UseInterceptors(ClearCacheInterceptor));
}
