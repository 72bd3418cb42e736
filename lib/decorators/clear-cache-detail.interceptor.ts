import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { afterHandler } from './after-handler.js';
import { ClearCache } from './clear-cache.js';
import { CLEAR_DETAIL, type ClearDetail } from './clear-target.js';

/** @internal */
@Injectable()
export class ClearCacheDetailInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly clearCache: ClearCache,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const detail = this.reflector.getAllAndOverride<ClearDetail | undefined>(CLEAR_DETAIL, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!detail) return next.handle();
    const { manager, field, additionalKeys = [] } = detail;
    return afterHandler(
      context,
      () => next.handle(),
      async (results, isWhole) => {
        await this.clearCache.details(context, manager, results, field, isWhole);
        await this.clearCache.targets(context, additionalKeys, results, isWhole);
      },
    );
  }
}
