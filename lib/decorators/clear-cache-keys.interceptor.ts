import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { afterHandler } from './after-handler.js';
import { ClearCache } from './clear-cache.js';
import { CLEAR_KEYS, type ClearTarget } from './clear-target.js';

/** @internal */
@Injectable()
export class ClearCacheKeysInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly clearCache: ClearCache,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const targets =
      this.reflector.getAllAndOverride<readonly ClearTarget[] | undefined>(CLEAR_KEYS, [
        context.getHandler(),
        context.getClass(),
      ]) ?? [];
    return afterHandler(
      context,
      () => next.handle(),
      (results, isWhole) => this.clearCache.targets(context, targets, results, isWhole),
    );
  }
}
