import { type ExecutionContext, Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { ObjectLiteral } from 'typeorm';
import { InvalidConfigurationError, InvalidIdentifierError } from '../errors.js';
import { CacheEvents } from '../events/cache-events.js';
import type { BaseCacheManager } from '../manager/base-cache-manager.js';
import { type CacheManagerClass, isManagerClass, ManagerRegistry } from '../manager/manager-registry.js';
import { clearsOf, keysOf, runtimeOf } from '../manager/manager-runtime.js';
import type { CacheKeys } from '../naming/cache-keys.js';
import { identifierOf } from '../naming/identified-row.js';
import type { Identifier } from '../naming/identifier.js';
import type { ClearTarget, KeysOfResult } from './clear-target.js';
import { keysOfResults } from './keys-of-results.js';
import { tellHandlers } from './tell-handlers.js';

/** More rows than this are cleared along with every other detail: one step instead of three round trips each. */
const ROWS_ONE_BY_ONE = 32;

const known = new WeakMap<ModulesContainer, ClearCache>();

/**
 * An application's, from wherever one asks: an interceptor may be older than a QsCacheModule that is loaded lazily, and `ModuleRef` finds
 * what was there when it was first asked.
 */
export function clearCacheOf(application: ModulesContainer): ClearCache | undefined {
  return known.get(application);
}

/** What the clear-cache interceptor does once a handler has ended. Nothing here fails a request. @internal */
@Injectable()
export class ClearCache {
  constructor(
    private readonly registry: ManagerRegistry,
    private readonly events: CacheEvents,
    discovery: DiscoveryService,
    scanner: MetadataScanner,
    application: ModulesContainer,
  ) {
    known.set(application, this);
    tellHandlers(discovery, scanner);
  }

  async targets(
    context: ExecutionContext,
    targets: readonly ClearTarget[],
    results: readonly unknown[],
    isWhole = true,
  ): Promise<void> {
    for (const target of targets) {
      await this.#guarded(context, async () => {
        if (isManagerClass(target)) return this.#manager(target)?.clearCacheList();
        if (typeof target === 'string') return this.#keys(context, [target]);
        const { keys, errors } = keysOfResults(target as KeysOfResult, context, results, isWhole);
        await this.#keys(context, keys);
        if (errors.length) throw errors[0];
      });
    }
  }

  /**
   * The rows a handler returned, each by its identifier; without one, every detail: too much is safe, too little is not. A stream that
   * was cut short may have written rows it had no time to emit.
   */
  async details(
    context: ExecutionContext,
    managerClass: CacheManagerClass,
    results: readonly unknown[],
    field: string | undefined,
    isWhole = true,
  ): Promise<void> {
    await this.#guarded(context, async () => {
      const manager = this.#manager(managerClass);
      if (!manager) return;
      if (!isWhole) return manager.clearCacheDetail();
      const identifiers = results.flat().map((row) => identifierIn(manager, row, field));
      const nameless = identifiers.length === 0 || identifiers.includes(undefined);
      if (nameless || identifiers.length > ROWS_ONE_BY_ONE) await manager.clearCacheDetail();
      else for (const identifier of identifiers) await manager.clearCacheDetail(identifier);
      if (nameless) {
        throw new InvalidIdentifierError(
          `The result has no ${field ?? 'primary key'}, so every detail of ${managerClass.name} was cleared. Return the written entity, or name its identifier's property in field.`,
        );
      }
    });
  }

  async #keys(context: ExecutionContext, texts: Iterable<string>): Promise<void> {
    const unknown: string[] = [];
    const errors: unknown[] = [];
    for (const text of texts) {
      let isKnown = false;
      for (const manager of this.registry.all) {
        let keys: CacheKeys;
        try {
          keys = keysOf(manager);
        } catch (error) {
          // Its scope() failed: no reason to leave another manager's entries. The key may be its own.
          errors.push(error);
          isKnown ||= text.includes(runtimeOf(manager).options.cacheKey);
          continue;
        }
        const key = keys.named(text);
        if (key === undefined) continue;
        isKnown = true;
        await clearsOf(manager).key(key);
      }
      if (!isKnown) unknown.push(text);
    }
    if (errors.length) this.#tell(context, errors[0]);
    if (unknown.length) this.#tell(context, unknownKeys(unknown));
  }

  /** `undefined` for one that a test has replaced: it has no entries. */
  #manager(managerClass: CacheManagerClass): BaseCacheManager<ObjectLiteral> | undefined {
    if (this.registry.isDeclared(managerClass)) return this.registry.get(managerClass);
    throw new InvalidConfigurationError(
      'QSCACHE_MANAGER_NOT_REGISTERED',
      `${managerClass.name} is not registered, so nothing of it can be cleared. Add QsCacheModule.forFeature([${managerClass.name}]) to a module's imports.`,
    );
  }

  async #guarded(context: ExecutionContext, clear: () => Promise<void>): Promise<void> {
    try {
      await clear();
    } catch (error) {
      this.#tell(context, error);
    }
  }

  #tell(context: ExecutionContext, error: unknown): void {
    const handler = `${context.getClass().name}.${context.getHandler().name}`;
    this.events.emit({ name: 'clear:failed', handler, error });
  }
}

function unknownKeys(texts: readonly string[]): InvalidConfigurationError {
  return new InvalidConfigurationError(
    'QSCACHE_UNKNOWN_KEY',
    `No manager has the key ${texts.map((text) => JSON.stringify(text)).join(', ')}, so nothing of it could be cleared. Write keys as getCacheKey() and getDetailCacheKey() print them.`,
  );
}

/** `undefined` for what names no row, a key with a part missing included. */
function identifierIn(
  manager: BaseCacheManager<ObjectLiteral>,
  row: unknown,
  field: string | undefined,
): Identifier | undefined {
  if (typeof row !== 'object' || row === null) return undefined;
  const { metadata } = runtimeOf(manager).options;
  if (field === undefined && !metadata.primaryColumns.length) return undefined;
  const identifier =
    field === undefined ? identifierOf(metadata, row) : ((row as Record<string, unknown>)[field] as Identifier);
  try {
    manager.getDetailCacheKey(identifier);
    return identifier;
  } catch (error) {
    if (error instanceof InvalidIdentifierError) return undefined;
    throw error;
  }
}
