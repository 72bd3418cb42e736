import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { tellingOfItsEnd } from './after-handler.js';
import { CLEAR_DETAIL, CLEAR_KEYS } from './clear-target.js';

const told = new WeakSet<Function>();

/**
 * Makes every handler under a clear decorator, its own or its class's, tell of its end. Called while providers are made: Nest takes
 * the methods off the prototypes later. Not by the decorators: what is decorated above them (a transaction, say) would then end after
 * the clearing, and the handlers a class inherits or a subclass overrides would never tell.
 */
export function tellHandlers(discovery: DiscoveryService, scanner: MetadataScanner): void {
  const isPlain = plainMethods();
  for (const { metatype } of [...discovery.getControllers(), ...discovery.getProviders()]) {
    // What a factory makes has no decorators Nest would look at.
    if (typeof metatype !== 'function' || !metatype.prototype) continue;
    const prototype = metatype.prototype as object;
    const isClearing = clears(metatype);
    for (const name of scanner.getAllMethodNames(prototype)) {
      const owner = ownerOf(prototype, name);
      const descriptor = Object.getOwnPropertyDescriptor(owner, name);
      const method: unknown = descriptor?.value;
      if (typeof method !== 'function' || told.has(method) || (!isClearing && isPlain(method))) continue;
      const telling = tellingOfItsEnd(method as (...args: never[]) => unknown);
      // Decorators keep what they know under the method's identity.
      for (const key of Reflect.getOwnMetadataKeys(method) as unknown[]) {
        Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), telling);
      }
      Object.defineProperty(owner, name, { ...descriptor, value: telling });
      told.add(telling);
    }
  }
}

/** Whether a method is under no decorator itself. Each is looked at once: a hundred managers inherit the same ones. */
function plainMethods(): (method: Function) => boolean {
  const plain = new Set<Function>();
  return (method) => {
    if (plain.has(method)) return true;
    if (clears(method)) return false;
    plain.add(method);
    return true;
  };
}

function clears(decorated: object): boolean {
  return Reflect.hasMetadata(CLEAR_KEYS, decorated) || Reflect.hasMetadata(CLEAR_DETAIL, decorated);
}

/** The prototype a method is inherited from: an override may call it with `super`. */
function ownerOf(prototype: object, name: string): object {
  let owner = prototype;
  while (!Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner) as object;
  return owner;
}
