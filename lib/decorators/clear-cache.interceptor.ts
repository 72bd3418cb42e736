import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { afterHandler } from './after-handler.js';
import { ClearCache } from './clear-cache.js';
import { CLEAR_DETAIL, CLEAR_KEYS, type ClearDetail, type ClearTarget } from './clear-target.js';

/** What both decorators put around a handler: of each kind, what the handler says, or else its class. @internal */
@Injectable()
export class ClearCacheInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly clearCache: ClearCache,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const detail = this.#said<ClearDetail>(CLEAR_DETAIL, context);
    const targets = [
      ...(detail?.additionalKeys ?? []),
      ...(this.#said<readonly ClearTarget[]>(CLEAR_KEYS, context) ?? []),
    ];
    return afterHandler(
      context,
      () => next.handle(),
      async (results, isWhole) => {
        if (detail) await this.clearCache.details(context, detail.manager, results, detail.field, isWhole);
        await this.clearCache.targets(context, targets, results, isWhole);
      },
    );
  }

  #said<Metadata>(key: string, context: ExecutionContext): Metadata | undefined {
    return this.reflector.getAllAndOverride<Metadata | undefined>(key, [context.getHandler(), context.getClass()]);
  }
}
