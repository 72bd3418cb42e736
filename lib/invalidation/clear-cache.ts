import { type ExecutionContext, Injectable } from '@nestjs/common';
import type { ObjectLiteral } from 'typeorm';
import { InvalidConfigurationError, InvalidIdentifierError } from '../errors.js';
import { CacheEvents } from '../events/cache-events.js';
import { BaseCacheManager } from '../manager/base-cache-manager.js';
import { boundManager } from '../manager/bound-manager.js';
import type { Identifier } from '../manager/cache-keys.js';
import { type CacheManagerClass, ManagerRegistry } from '../manager/manager-registry.js';
import { identifierOf } from '../manager/pinned-row.js';
import type { ClearTarget, KeysOfResult } from './clear-target.js';

/** What the clear-cache interceptors do once a handler has succeeded. Nothing here fails a request. @internal */
@Injectable()
export class ClearCache {
  constructor(
    private readonly registry: ManagerRegistry,
    private readonly events: CacheEvents,
  ) {}

  async targets(
    context: ExecutionContext,
    targets: readonly ClearTarget[],
    results: readonly unknown[],
  ): Promise<void> {
    for (const target of targets) {
      await this.#guarded(context, async () => {
        if (isManagerClass(target)) return this.#manager(target).clearCacheList();
        const keys =
          typeof target === 'string'
            ? [target]
            : results.flatMap((result) => (target as KeysOfResult)({ result, context }));
        for (const key of new Set(keys)) await this.#key(key);
      });
    }
  }

  /** The rows a handler returned, each by its identifier; without one, every detail: too much is safe, too little is not. */
  async details(
    context: ExecutionContext,
    managerClass: CacheManagerClass,
    results: readonly unknown[],
    field: string | undefined,
  ): Promise<void> {
    await this.#guarded(context, async () => {
      const manager = this.#manager(managerClass);
      const identifiers = results.flat().map((row) => identifierIn(manager, row, field));
      const nameless = identifiers.length === 0 || identifiers.includes(undefined);
      if (nameless) await manager.clearCacheDetail();
      for (const identifier of identifiers) if (identifier !== undefined) await manager.clearCacheDetail(identifier);
      if (nameless) {
        throw new InvalidIdentifierError(
          `The result has no ${field ?? 'primary key'}, so every detail of ${managerClass.name} was cleared. Return the written entity, or name its identifier's property in field.`,
        );
      }
    });
  }

  async #key(key: string): Promise<void> {
    for (const manager of this.registry.all) {
      const keys = manager.cacheKeys();
      if (keys.owns(key)) await boundManager(manager).clearKey(keys, key);
    }
  }

  #manager(managerClass: CacheManagerClass): BaseCacheManager<ObjectLiteral> {
    const manager = this.registry.get(managerClass);
    if (manager) return manager;
    throw new InvalidConfigurationError(
      'QSCACHE_MANAGER_NOT_REGISTERED',
      `${managerClass.name} is not registered, so nothing of it can be cleared. Add QsCacheModule.forFeature([${managerClass.name}]) to a module's imports.`,
    );
  }

  async #guarded(context: ExecutionContext, clear: () => Promise<void>): Promise<void> {
    try {
      await clear();
    } catch (error) {
      this.events.emit({
        name: 'clear:failed',
        handler: `${context.getClass().name}.${context.getHandler().name}`,
        error,
      });
    }
  }
}

function isManagerClass(target: ClearTarget): target is CacheManagerClass {
  return typeof target === 'function' && target.prototype instanceof BaseCacheManager;
}

function identifierIn(
  manager: BaseCacheManager<ObjectLiteral>,
  row: unknown,
  field: string | undefined,
): Identifier | undefined {
  if (typeof row !== 'object' || row === null) return undefined;
  const { metadata } = boundManager(manager).options;
  const identifier =
    field === undefined
      ? identifierOf(metadata, row)
      : ((row as Record<string, unknown>)[field] as Identifier | null | undefined);
  return identifier ?? undefined;
}
