import type { ExecutionContext } from '@nestjs/common';
import type { CacheManagerClass } from '../manager/manager-registry.js';

/** What a handler returned, and where it ran. @publicApi */
export interface HandlerResult {
  readonly result: unknown;
  readonly context: ExecutionContext;
}

/** Keys known only once the handler has run. @publicApi */
export type KeysOfResult = (handled: HandlerResult) => string | readonly string[];

/**
 * What to clear: a manager class for all its lists, a text for exactly that key, a function for keys that depend on the result.
 *
 * @publicApi
 */
export type ClearTarget = CacheManagerClass | string | KeysOfResult;

/** @publicApi */
export interface ClearCacheDetailOptions {
  /** The property of the result that holds the identifier. Default: the model's primary key. */
  readonly field?: string;
  /** What else to clear, as `@ClearCacheKeys` takes it. Default: nothing. (qscache: `additional_fields`) */
  readonly additionalKeys?: readonly ClearTarget[];
}

/** @internal */
export interface ClearDetail extends ClearCacheDetailOptions {
  readonly manager: CacheManagerClass;
}

/** Handler metadata of the decorators. @internal */
export const CLEAR_KEYS = 'qscache:clear_keys';
/** @internal */
export const CLEAR_DETAIL = 'qscache:clear_detail';
