import { type CallHandler, type ExecutionContext, Injectable, Logger, type NestInterceptor } from '@nestjs/common';
import { ModulesContainer, Reflector } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { afterHandler } from './after-handler.js';
import { brand } from '../peers/copies.js';
import { type ClearCache, clearCacheOf } from './clear-cache.js';
import { CLEAR_DETAIL, CLEAR_KEYS, type ClearDetail, type ClearTarget } from './clear-target.js';

/**
 * What both decorators put around a handler: of each kind, what the handler says, or else its class. Needs nothing but Nest, so that a
 * controller compiles in a unit test of its own.
 *
 * @internal
 */
@Injectable()
export class ClearCacheInterceptor implements NestInterceptor {
  #hasWarned = false;

  constructor(
    private readonly reflector: Reflector,
    private readonly application: ModulesContainer,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const detail = this.#said<ClearDetail>(CLEAR_DETAIL, context);
    const { field, additionalKeys = [] } = detail?.options ?? {};
    const targets = [...additionalKeys, ...(this.#said<readonly ClearTarget[]>(CLEAR_KEYS, context) ?? [])];
    return afterHandler(
      context,
      () => next.handle(),
      async (results, isWhole) => {
        const clearCache = this.#clearCacheFor(context);
        if (detail) await clearCache?.details(context, detail.manager, results, field, isWhole);
        await clearCache?.targets(context, targets, results, isWhole);
      },
    );
  }

  /** Nest's logger for tests prints no warnings, so that only an application that lacks the module is told. */
  #clearCacheFor(context: ExecutionContext): ClearCache | undefined {
    const clearCache = clearCacheOf(this.application);
    if (!clearCache && !this.#hasWarned) {
      this.#hasWarned = true;
      new Logger('QsCache').warn(
        `${context.getClass().name}.${context.getHandler().name} cleared nothing: no module of this application imports QsCacheModule, so what others have cached of its rows stays cached. Add QsCacheModule.forFeature([...]) to a module's imports; a unit test that replaces its managers needs nothing.`,
      );
    }
    return clearCache;
  }

  #said<Metadata>(key: string, context: ExecutionContext): Metadata | undefined {
    return this.reflector.getAllAndOverride<Metadata | undefined>(key, [context.getHandler(), context.getClass()]);
  }
}

brand(ClearCacheInterceptor);
