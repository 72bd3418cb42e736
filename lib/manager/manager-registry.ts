import type { ObjectLiteral } from 'typeorm';
import { InvalidConfigurationError } from '../errors.js';
import type { BaseCacheManager } from './base-cache-manager.js';

/** @publicApi */
export type CacheManagerClass = abstract new (...args: never[]) => BaseCacheManager<ObjectLiteral>;

/** The managers of one application. */
export class ManagerRegistry {
  readonly #managers = new Map<unknown, BaseCacheManager<ObjectLiteral>>();
  readonly #byKey = new Map<string, unknown>();

  /** @throws {InvalidConfigurationError} when another manager has the key */
  add(token: { readonly name: string }, manager: BaseCacheManager<ObjectLiteral>, cacheKey: string): void {
    const other = this.#byKey.get(cacheKey) as { readonly name: string } | undefined;
    if (other && other !== token) {
      throw new InvalidConfigurationError(
        'QSCACHE_DUPLICATE_CACHE_KEY',
        `${other.name} and ${token.name} both use cacheKey "${cacheKey}", so each would drop the other's entries on every read. Give one of them a different cacheKey.`,
      );
    }
    this.#byKey.set(cacheKey, token);
    this.#managers.set(token, manager);
  }

  get(token: unknown): BaseCacheManager<ObjectLiteral> | undefined {
    return this.#managers.get(token);
  }

  get all(): Iterable<BaseCacheManager<ObjectLiteral>> {
    return this.#managers.values();
  }
}
