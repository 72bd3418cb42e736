import type { CacheKeys } from '../naming/cache-keys.js';
import { boundManager } from './bound-manager.js';
import { scopeOf } from './scope.js';

/** The keys of a manager's entries, for whoever asks at this moment. @throws {InvalidConfigurationError} what its `scope()` is refused for */
export function keysOf(manager: object): CacheKeys {
  const bound = boundManager(manager);
  return bound.keys(scopeOf(bound, bound.options.name, manager));
}
