import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { checkDetail, checkKeys } from './decorators/check-target.js';
import { CLEAR_DETAIL, CLEAR_KEYS, type ClearDetail, type ClearTarget } from './decorators/clear-target.js';
import { isHandler } from './decorators/is-handler.js';
import { InvalidConfigurationError } from './errors.js';
import { BaseCacheManager, isManager } from './manager/base-cache-manager.js';
import { isManagerClass, ManagerRegistry } from './manager/manager-registry.js';
import { registeredRuntime } from './manager/manager-runtime.js';
import { checkCopies } from './qs-cache.copies.js';
import { warn } from './qs-cache.log.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** What can only be judged once all modules stand, and would otherwise fail, or silently clear nothing, on the first request. */
@Injectable()
export class QsCacheCheck implements OnModuleInit {
  readonly #logger = new Logger('QsCache');
  /** Methods that several classes inherit are told of once. */
  readonly #told = new Set<Function>();
  /** Methods under none of the decorators, looked at once: a hundred managers inherit the same ones. */
  readonly #plain = new Set<Function>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly registry: ManagerRegistry,
  ) {
    // Before anybody is bound, or opens a store for what can never work.
    checkCopies(discovery, scanner);
  }

  /** @throws {InvalidConfigurationError} */
  onModuleInit(): void {
    const providers = this.discovery.getProviders();
    for (const provider of providers) checkManager(provider);
    for (const type of classesOf(this.discovery.getControllers())) this.#checkHandlers(type);
    for (const type of classesOf(providers)) {
      this.#checkHandlers(type);
      this.#checkClass(type);
    }
  }

  #checkHandlers(type: Function): void {
    const prototype = type.prototype as Record<string, Function>;
    this.#checkTargets(type.name, type);
    for (const name of this.scanner.getAllMethodNames(prototype)) {
      const isDecorated = this.#checkTargets(`${type.name}.${name}`, prototype[name]!);
      if (isDecorated && !isHandler(type, name)) this.#tellOf(`${type.name}.${name}`, prototype[name]!);
    }
  }

  /** Of a controller every route is meant; a provider may have no handler. */
  #checkClass(type: Function): void {
    if (!this.#isDecorated(type)) return;
    const names = this.scanner.getAllMethodNames(type.prototype as object);
    if (!names.some((name) => isHandler(type, name))) this.#tellOf(type.name, type);
  }

  /** @returns whether it is under one of the decorators */
  #checkTargets(handler: string, decorated: Function): boolean {
    if (this.#plain.has(decorated)) return false;
    const keys = this.#keysOf(decorated);
    const detail = this.#detailOf(decorated);
    if (!keys && !detail) {
      this.#plain.add(decorated);
      return false;
    }
    if (keys) checkKeys(handler, keys, this.registry.cacheKeys);
    if (detail) checkDetail(handler, detail, this.registry.cacheKeys);
    for (const target of [
      ...(keys ?? []),
      ...(detail ? [detail.manager, ...(detail.options.additionalKeys ?? [])] : []),
    ]) {
      if (!isManagerClass(target) || this.registry.isDeclared(target)) continue;
      throw new InvalidConfigurationError(
        'QSCACHE_MANAGER_NOT_REGISTERED',
        `${handler} clears ${target.name}, which no module registers, so it would clear nothing. Add QsCacheModule.forFeature([${target.name}]) to a module's imports.`,
      );
    }
    return true;
  }

  #isDecorated(decorated: Function): boolean {
    return Boolean(this.#keysOf(decorated) ?? this.#detailOf(decorated));
  }

  #keysOf(decorated: Function): readonly ClearTarget[] | undefined {
    return this.reflector.get<readonly ClearTarget[] | undefined>(CLEAR_KEYS, decorated);
  }

  #detailOf(decorated: Function): ClearDetail | undefined {
    return this.reflector.get<ClearDetail | undefined>(CLEAR_DETAIL, decorated);
  }

  #tellOf(name: string, decorated: Function): void {
    if (this.#told.has(decorated)) return;
    this.#told.add(decorated);
    warn(
      this.#logger,
      `${name} is under a clear decorator, but Nest runs no interceptor there: it handles no route, message or query. So nothing is cleared when it has run. Put the decorator on the handler that calls it, or call clearCacheList(), clearCacheDetail() or QsCache.clear() in it.`,
    );
  }
}

/** A factory has no handlers; what it makes has no decorators Nest would look at. */
function classesOf(wrappers: readonly Wrapper[]): Function[] {
  return wrappers
    .map(({ metatype }) => metatype)
    .filter((type) => typeof type === 'function' && type.prototype) as Function[];
}

function checkManager(wrapper: Wrapper): void {
  if (!(wrapper.instance instanceof BaseCacheManager)) return;
  if (wrapper.isTransient || !wrapper.isDependencyTreeStatic()) {
    throw new InvalidConfigurationError(
      'QSCACHE_MANAGER_SCOPE',
      `${String(wrapper.name)} is built anew for each request or user of it, directly or by what it injects, and would come without database and cache. Make it and what it injects singletons; scope() may read the current request from an AsyncLocalStorage.`,
    );
  }
  if (!isManager(wrapper.instance) || registeredRuntime(wrapper.instance)) return;
  const { name } = wrapper.instance.constructor;
  const host = wrapper.host?.name ?? 'a module';
  throw new InvalidConfigurationError(
    'QSCACHE_MANAGER_NOT_REGISTERED',
    `${name} is not registered in ${host}, which has it among its providers, so it has neither database nor cache there. Add QsCacheModule.forFeature([${name}]) to the imports of ${host}, and list the class itself: what a factory makes is not bound.`,
  );
}
