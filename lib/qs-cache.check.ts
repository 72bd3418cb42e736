import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { isManagerClass } from './decorators/clear-cache.js';
import { CLEAR_DETAIL, CLEAR_KEYS, type ClearDetail, type ClearTarget } from './decorators/clear-target.js';
import { InvalidConfigurationError } from './errors.js';
import { BaseCacheManager, isManager } from './manager/base-cache-manager.js';
import { ManagerRegistry } from './manager/manager-registry.js';
import { registeredRuntime } from './manager/manager-runtime.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** What can only be judged once all modules stand, and would otherwise fail, or silently clear nothing, on the first request. */
@Injectable()
export class QsCacheCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly registry: ManagerRegistry,
  ) {}

  /** @throws {InvalidConfigurationError} */
  onModuleInit(): void {
    const providers = this.discovery.getProviders();
    for (const provider of providers) checkManager(provider);
    for (const { metatype } of [...this.discovery.getControllers(), ...providers]) {
      // A factory has no handlers; what it makes has no decorators Nest would look at.
      if (typeof metatype === 'function' && metatype.prototype) this.#checkHandlers(metatype);
    }
  }

  #checkHandlers(type: Function): void {
    const prototype = type.prototype as Record<string, Function>;
    this.#checkTargets(type.name, type);
    for (const name of this.scanner.getAllMethodNames(prototype)) {
      this.#checkTargets(`${type.name}.${name}`, prototype[name]!);
    }
  }

  #checkTargets(handler: string, decorated: Function): void {
    const keys = this.reflector.get<readonly ClearTarget[] | undefined>(CLEAR_KEYS, decorated) ?? [];
    const detail = this.reflector.get<ClearDetail | undefined>(CLEAR_DETAIL, decorated);
    for (const target of [...keys, ...(detail ? [detail.manager, ...(detail.additionalKeys ?? [])] : [])]) {
      if (!isManagerClass(target) || this.registry.isDeclared(target)) continue;
      throw new InvalidConfigurationError(
        'QSCACHE_MANAGER_NOT_REGISTERED',
        `${handler} clears ${target.name}, which no module registers, so it would clear nothing. Add QsCacheModule.forFeature([${target.name}]) to a module's imports.`,
      );
    }
  }
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
