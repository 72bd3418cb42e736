import type { ObjectLiteral } from 'typeorm';
import { InvalidConfigurationError } from '../errors.js';
import { BaseCacheManager } from './base-cache-manager.js';

/** @publicApi */
export type CacheManagerClass = abstract new (...args: never[]) => BaseCacheManager<ObjectLiteral>;

export function isManagerClass(given: unknown): given is CacheManagerClass {
  return typeof given === 'function' && given.prototype instanceof BaseCacheManager;
}

interface Registration {
  readonly token: { readonly name: string };
  readonly dataSourceName: string;
}

/** The managers of one application. */
export class ManagerRegistry {
  readonly #declared = new Set<unknown>();
  readonly #managers = new Map<unknown, BaseCacheManager<ObjectLiteral>>();
  readonly #byKey = new Map<string, Registration>();

  /** Somebody registers this class, whatever a test may have put in its place. */
  declare(token: unknown): void {
    this.#declared.add(token);
  }

  isDeclared(token: unknown): boolean {
    return this.#declared.has(token);
  }

  /** Everybody who was declared has something else in its place. */
  get isReplaced(): boolean {
    return this.#declared.size > 0 && this.#managers.size === 0;
  }

  /** Of all managers; none while a test has something else in the place of one, which may have been meant. */
  get cacheKeys(): readonly string[] {
    return this.#managers.size === this.#declared.size ? [...this.#byKey.keys()] : [];
  }

  /** Whether a manager is this class's: where a class and one that extends it are both declared, Nest hands it the bindings of both. */
  isNearest(token: unknown, manager: object): boolean {
    let each: unknown = manager.constructor;
    while (each && each !== token) {
      if (this.isDeclared(each)) return false;
      each = Object.getPrototypeOf(each);
    }
    return true;
  }

  /** @throws {InvalidConfigurationError} when another manager, or the same one on another DataSource, has the key */
  add(
    token: { readonly name: string },
    manager: BaseCacheManager<ObjectLiteral>,
    cacheKey: string,
    dataSourceName: string,
  ): void {
    const other = this.#byKey.get(cacheKey);
    if (other && other.token !== token) {
      throw new InvalidConfigurationError(
        'QSCACHE_DUPLICATE_CACHE_KEY',
        `${other.token.name} and ${token.name} both use cacheKey "${cacheKey}", so each would drop the other's entries on every read. Give one of them a different cacheKey.`,
      );
    }
    if (other && other.dataSourceName !== dataSourceName) {
      throw new InvalidConfigurationError(
        'QSCACHE_DUPLICATE_CACHE_KEY',
        `${token.name} is registered for the DataSources "${other.dataSourceName}" and "${dataSourceName}", so under its one cacheKey "${cacheKey}" each would drop the other's entries on every read. Extend it by a class with another cacheKey for one of them.`,
      );
    }
    this.#byKey.set(cacheKey, { token, dataSourceName });
    this.#managers.set(token, manager);
  }

  get(token: unknown): BaseCacheManager<ObjectLiteral> | undefined {
    return this.#managers.get(token);
  }

  get all(): Iterable<BaseCacheManager<ObjectLiteral>> {
    return this.#managers.values();
  }
}
