import { InvalidConfigurationError } from '../errors.js';
import { isManagerClass } from '../manager/manager-registry.js';
import { meantOption } from '../naming/meant-option.js';
import { nearestName } from '../naming/near-name.js';
import { otherCopy, twoCopies } from '../peers/copies.js';
import { whatIs } from '../query/what-is.js';
import type { ClearCacheDetailOptions, ClearDetail, ClearTarget } from './clear-target.js';

/** Whoever adds an option has to name it here. */
const OPTIONS: Readonly<Record<keyof ClearCacheDetailOptions, true>> = { field: true, additionalKeys: true };

/** What qscache calls it. */
const ELSEWHERE = { additionalfields: 'Did you mean additionalKeys?' };

const ADDITIONAL = 'additionalKeys of @ClearCacheDetail';

/**
 * @param cacheKeys of all managers
 * @throws {InvalidConfigurationError} for no target at all, and for one that would clear nothing, whatever the handler returns
 */
export function checkKeys(handler: string, targets: readonly ClearTarget[], cacheKeys: readonly string[]): void {
  if (targets.length === 0) {
    throw wrong(
      `${handler} is under @ClearCacheKeys without a target, so it would clear nothing. Name a manager class, a key or a function of the result: @ClearCacheKeys(ExampleCacheManager).`,
    );
  }
  targets.forEach((target) => checkTarget(handler, '@ClearCacheKeys', target, cacheKeys));
}

/**
 * @param cacheKeys of all managers
 * @throws {InvalidConfigurationError} for what is no manager class, for options there are none of or of another kind, and for an
 *   additional key that would clear nothing
 */
export function checkDetail(handler: string, { manager, options }: ClearDetail, cacheKeys: readonly string[]): void {
  if (!isManagerClass(manager)) throw notToBeCleared(handler, '@ClearCacheDetail', manager, 'no manager class');
  checkOptions(handler, options);
  options.additionalKeys?.forEach((target) => checkTarget(handler, ADDITIONAL, target, cacheKeys));
}

function checkOptions(handler: string, options: unknown): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const example = typeof options === 'string' ? options : 'id';
    throw wrong(
      `${handler} gives ${whatIs(options)} to @ClearCacheDetail as second argument and no object, so what it should say is unknown. Write { field: '${example}' }, or leave it out.`,
    );
  }
  const known = Object.keys(OPTIONS);
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(OPTIONS, name));
  if (unknown !== undefined) {
    throw wrong(
      `${handler} gives ${JSON.stringify(unknown)} to @ClearCacheDetail, which has no such option, so nothing would come of it. ${meantOption(unknown, known, ELSEWHERE) ?? `There are: ${known.join(', ')}.`}`,
    );
  }
  const { field, additionalKeys }: { field?: unknown; additionalKeys?: unknown } = options;
  if (field !== undefined && typeof field !== 'string') {
    throw wrong(
      `${handler} gives ${whatIs(field)} to field of @ClearCacheDetail, so no result has the identifier it names, and every detail would be cleared. Write the name of the result's property: { field: 'id' }.`,
    );
  }
  if (additionalKeys !== undefined && !Array.isArray(additionalKeys)) {
    const example = typeof additionalKeys === 'string' ? `'${additionalKeys}'` : 'ExampleCacheManager';
    throw wrong(
      `${handler} gives ${whatIs(additionalKeys)} to ${ADDITIONAL} and no list, so what it names would not be cleared. Write { additionalKeys: [${example}] }.`,
    );
  }
}

function checkTarget(handler: string, decorator: string, target: ClearTarget, cacheKeys: readonly string[]): void {
  if (typeof target === 'string') return checkKey(handler, decorator, target, cacheKeys);
  if ((typeof target === 'function' && !isClass(target)) || isManagerClass(target)) return;
  throw notToBeCleared(handler, decorator, target, 'neither a manager class nor a key nor a function');
}

/** A key may have a suffix, a scope and the namespace, which are for requests to say: only one that has nobody's name in it is misspelt. */
function checkKey(handler: string, decorator: string, key: string, cacheKeys: readonly string[]): void {
  const near = cacheKeys.some((each) => key.includes(each)) ? undefined : nearestName(key, cacheKeys)?.name;
  if (near === undefined) return;
  throw wrong(
    `${handler} gives the key ${JSON.stringify(key)} to ${decorator}, which no manager has, so it would clear nothing. Did you mean ${JSON.stringify(near)}?`,
  );
}

function notToBeCleared(handler: string, decorator: string, target: unknown, whatItIs: string): Error {
  if (target === undefined) {
    return wrong(
      `${handler} gives undefined to ${decorator}, so it would clear nothing. Most likely two files import each other and the manager's had not run yet: let the manager's file import nothing that leads back to the handler's, and import the manager from its own file instead of an index.`,
    );
  }
  const copy = otherCopy(target);
  if (copy) return twoCopies(`${(target as Function).name}, which ${handler} gives to ${decorator},`, copy);
  const name = typeof target === 'function' ? target.name : whatIs(target);
  const remedy = Array.isArray(target)
    ? 'Give what is in it one by one, without the brackets.'
    : 'Name a class that extends BaseCacheManager.';
  return wrong(`${handler} gives ${name} to ${decorator}, which is ${whatItIs}, so it would clear nothing. ${remedy}`);
}

/** Called as a function of the result it would throw each time. */
function isClass(target: Function): boolean {
  // A function's text may begin with a name, of a method or a parameter, that begins so.
  return /^class(?![\w$])/.test(Function.prototype.toString.call(target));
}

function wrong(message: string): InvalidConfigurationError {
  return new InvalidConfigurationError('QSCACHE_DECORATOR_TARGET', message);
}
