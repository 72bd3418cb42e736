import { InvalidConfigurationError } from '../errors.js';
import { otherCopy, twoCopies } from '../peers/copies.js';
import { whatIs } from '../query/what-is.js';
import { BaseCacheManager } from './base-cache-manager.js';
import { isManagerClass } from './manager-registry.js';

/**
 * What `forFeature` was given, before Nest makes providers of it: of anything but classes it says little.
 *
 * @throws {InvalidConfigurationError} for what is no list of manager classes
 */
export function checkManagers(managers: unknown): void {
  if (!Array.isArray(managers)) {
    throw new InvalidConfigurationError(
      'QSCACHE_MANAGER_CLASS',
      `QsCacheModule.forFeature was given ${described(managers)} and no list, so there is no manager it could register. Write forFeature([${isManagerClass(managers) ? managers.name : '...'}]).`,
    );
  }
  for (const [i, manager] of (managers as unknown[]).entries()) {
    if (isManagerClass(manager)) continue;
    const copy = otherCopy(manager);
    if (copy) throw twoCopies((manager as typeof BaseCacheManager).name, copy);
    throw new InvalidConfigurationError(
      'QSCACHE_MANAGER_CLASS',
      `QsCacheModule.forFeature was given ${described(manager)} at index ${i}, which is no class of cache managers, so there would be nothing to inject. ${remedy(manager)}`,
    );
  }
}

function remedy(given: unknown): string {
  if (given === undefined)
    return 'A class that is undefined comes from two files that import each other, often by an index file: import it from its own file, and break the circle.';
  if (given === BaseCacheManager) return 'Extend it by a class with a model, and give that one.';
  if (given instanceof BaseCacheManager) return `Give the class, ${given.constructor.name}: Nest makes the instance.`;
  if (Array.isArray(given)) return 'Give the classes in one list: [...these, Another].';
  if (typeof given === 'function')
    return 'Give a class that extends BaseCacheManager, and entities to TypeOrmModule.forFeature.';
  if (isProvider(given))
    return 'Give the class itself; what stands in its place in a test is for overrideProvider() to say.';
  return 'Give a class that extends BaseCacheManager.';
}

function described(given: unknown): string {
  if (given instanceof BaseCacheManager) return `an instance of ${given.constructor.name}`;
  if (typeof given === 'function') return given.name || 'a class without a name';
  if (isProvider(given)) return 'a provider object';
  return whatIs(given);
}

const isProvider = (given: unknown): boolean => typeof given === 'object' && given !== null && 'provide' in given;
