import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { INTERCEPTORS } from './decorators/clear-target.js';
import { otherCopy, twoCopies } from './peers/copies.js';

/**
 * Refuses an application that mixes copies of this library: a manager, a module or a clear decorator of another one works with a
 * registry of its own, so that each would clear what nobody has and miss what is there.
 *
 * @throws {InvalidConfigurationError}
 */
export function checkCopies(discovery: DiscoveryService, scanner: MetadataScanner): void {
  const checked = new Set<Function>();
  for (const { metatype } of [...discovery.getProviders(), ...discovery.getControllers()]) {
    if (typeof metatype !== 'function' || !metatype.prototype) continue;
    const copy = otherCopy(metatype);
    if (copy) throw twoCopies(metatype.name, copy);
    checkDecorators(metatype, scanner, checked);
  }
}

/** By the interceptor a decorator puts there, which is what would run, and not by what it is told: that may differ between releases. */
function checkDecorators(type: Function, scanner: MetadataScanner, checked: Set<Function>): void {
  const prototype = type.prototype as Record<string, Function>;
  checkInterceptors(type.name, type);
  for (const name of scanner.getAllMethodNames(prototype)) {
    const method = prototype[name]!;
    // A hundred managers inherit the same ones.
    if (checked.has(method)) continue;
    checked.add(method);
    checkInterceptors(`${type.name}.${name}`, method);
  }
}

function checkInterceptors(handler: string, decorated: Function): void {
  const interceptors: unknown = Reflect.getMetadata(INTERCEPTORS, decorated);
  if (!Array.isArray(interceptors)) return;
  for (const interceptor of interceptors) {
    const copy = otherCopy(interceptor);
    if (copy) throw twoCopies(`The clear decorator of ${handler}`, copy);
  }
}
