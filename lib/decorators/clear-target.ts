import type { ExecutionContext } from '@nestjs/common';
import type { CacheManagerClass } from '../manager/manager-registry.js';

/** What a handler returned (of a stream, one of what it emitted), and where it ran. @publicApi */
export interface HandlerResult<Result = unknown> {
  readonly result: Result;
  readonly context: ExecutionContext;
}

/** Keys known only once the handler has run. `Result` is what you know it returns. @publicApi */
export type KeysOfResult<Result = unknown> = (handled: HandlerResult<Result>) => string | readonly string[];

/**
 * What to clear: a manager class for all its lists, a text for exactly that key, a function for keys that depend on the result.
 *
 * @publicApi
 */
export type ClearTarget<Result = unknown> = CacheManagerClass | string | KeysOfResult<Result>;

/** @publicApi */
export interface ClearCacheDetailOptions<Result = unknown> {
  /** The property of the result that holds the identifier. Default: the model's primary key. */
  readonly field?: string | undefined;
  /** What else to clear, as `@ClearCacheKeys` takes it. Default: nothing. (qscache: `additional_fields`) */
  readonly additionalKeys?: readonly ClearTarget<Result>[] | undefined;
}

/** @internal */
export interface ClearDetail<Result = unknown> {
  readonly manager: CacheManagerClass;
  /** As they were given: what else there is, the boot check tells. */
  readonly options: ClearCacheDetailOptions<Result>;
}

/** Nest's own metadata of the interceptors around a handler. @internal */
export const INTERCEPTORS = '__interceptors__';

/** Handler metadata of the decorators. @internal */
export const CLEAR_KEYS = 'qscache:clear_keys';
/** @internal */
export const CLEAR_DETAIL = 'qscache:clear_detail';
