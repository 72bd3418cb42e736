import { InvalidConfigurationError } from '../errors.js';
import { isManagerClass } from '../manager/manager-registry.js';
import { meantOption } from '../naming/meant-option.js';
import { otherCopy, twoCopies } from '../peers/copies.js';
import type { ClearCacheDetailOptions, ClearDetail, ClearTarget } from './clear-target.js';

/** @throws {InvalidConfigurationError} for no target at all, and for one that would clear nothing, whatever the handler returns */
export function checkKeys(handler: string, targets: readonly ClearTarget[]): void {
  if (targets.length === 0) {
    throw wrong(
      `${handler} is under @ClearCacheKeys without a target, so it would clear nothing. Name a manager class, a key or a function of the result: @ClearCacheKeys(ExampleCacheManager).`,
    );
  }
  targets.forEach((target) => checkTarget(handler, '@ClearCacheKeys', target));
}

/** Whoever adds an option has to name it here. */
const DETAIL: Readonly<Record<keyof ClearCacheDetailOptions, true>> = { field: true, additionalKeys: true };

/** What qscache calls it. */
const ELSEWHERE = { additionalfields: 'Did you mean additionalKeys?' };

/**
 * @throws {InvalidConfigurationError} for what is no manager class, for an additional key that would clear nothing, and for an option
 *   there is not
 */
export function checkDetail(handler: string, { manager, ...options }: ClearDetail): void {
  const { additionalKeys = [] } = options;
  if (!isManagerClass(manager)) throw notToBeCleared(handler, '@ClearCacheDetail', manager, 'no manager class');
  additionalKeys.forEach((target) => checkTarget(handler, 'additionalKeys of @ClearCacheDetail', target));
  const known = Object.keys(DETAIL);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new InvalidConfigurationError(
    'QSCACHE_OPTION',
    `${handler} gives ${JSON.stringify(unknown)} to @ClearCacheDetail, which has no such option, so nothing would come of it. ${meantOption(unknown, known, ELSEWHERE) ?? `There are: ${known.join(', ')}.`}`,
  );
}

function checkTarget(handler: string, decorator: string, target: ClearTarget): void {
  const isKey = typeof target === 'string' || (typeof target === 'function' && !isClass(target));
  if (isKey || isManagerClass(target)) return;
  throw notToBeCleared(handler, decorator, target, 'neither a manager class nor a key nor a function');
}

function notToBeCleared(handler: string, decorator: string, target: unknown, whatItIs: string): Error {
  if (target === undefined) {
    return wrong(
      `${handler} gives undefined to ${decorator}, so it would clear nothing. Most likely two files import each other and the manager's had not run yet: let the manager's file import nothing that leads back to the handler's, and import the manager from its own file instead of an index.`,
    );
  }
  const copy = otherCopy(target);
  if (copy) return twoCopies(`${(target as Function).name}, which ${handler} gives to ${decorator},`, copy);
  const name =
    typeof target === 'function' ? target.name : target === null ? 'null' : `a value of type ${typeof target}`;
  return wrong(
    `${handler} gives ${name} to ${decorator}, which is ${whatItIs}, so it would clear nothing. Name a class that extends BaseCacheManager.`,
  );
}

/** Called as a function of the result it would throw each time. */
function isClass(target: Function): boolean {
  // A function's text may begin with a name, of a method or a parameter, that begins so.
  return /^class(?![\w$])/.test(Function.prototype.toString.call(target));
}

function wrong(message: string): InvalidConfigurationError {
  return new InvalidConfigurationError('QSCACHE_DECORATOR_TARGET', message);
}
