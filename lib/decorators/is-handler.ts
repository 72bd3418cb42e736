import { CLEAR_DETAIL, CLEAR_KEYS, INTERCEPTORS } from './clear-target.js';

/** What the clear decorators leave on whatever they are put on. */
const OURS: readonly unknown[] = [CLEAR_KEYS, CLEAR_DETAIL, INTERCEPTORS];

/**
 * Whether Nest, or somebody who calls handlers as it does, may run interceptors around a method. Whatever else is decorated there counts
 * as a reason to: there are more transports than anybody knows, and a false warning is worse than none. Not TypeScript's own types, nor
 * @nestjs/schedule, which calls its jobs directly.
 */
export function isHandler(type: Function, name: string): boolean {
  const prototype = type.prototype as Record<string, Function>;
  const keys = [...keysOf(prototype[name]!), ...keysOf(prototype, name), ...keysOf(type).filter(isTransport)];
  return keys.some((key) => !OURS.includes(key) && !/^design:|^SCHEDULER?_/.test(String(key)));
}

/** Gateways and resolvers: what their methods are, only their packages know. */
function isTransport(key: unknown): boolean {
  return /^(graphql|websockets):/.test(String(key));
}

function keysOf(target: object, name?: string): unknown[] {
  return name === undefined ? Reflect.getMetadataKeys(target) : Reflect.getMetadataKeys(target, name);
}
