import { InvalidConfigurationError } from '../errors.js';
import { whatIs } from '../query/what-is.js';

/** Managers whose scope() runs at this moment, the outermost first. It answers at once, so they leave in turn. */
const asking: { readonly manager: object; readonly name: string }[] = [];

/** @throws {InvalidConfigurationError} for a scope nobody could ask */
export function checkScope(name: string, { scope }: { readonly scope?: unknown }): void {
  if (scope === undefined || typeof scope === 'function') return;
  throw new InvalidConfigurationError(
    'QSCACHE_SCOPE',
    `${name}.scope is ${whatIs(scope)} and no function, so nobody could be told whose entries to use. Write scope() { return ...; }.`,
  );
}

/**
 * What a manager's scope() says. Anything but a text would print alike for everybody (`[object Promise]`) and show one tenant's rows to
 * all others.
 *
 * @throws {InvalidConfigurationError} for such an answer, and where scope() asks for itself
 */
export function scopeOf(manager: object, name: string, declared: { readonly scope?: unknown }): string | undefined {
  if (declared.scope === undefined) return undefined;
  checkScope(name, declared);
  const circle = asking.map((each) => each.name);
  if (asking.some((each) => each.manager === manager)) {
    throw new InvalidConfigurationError(
      'QSCACHE_SCOPE_CIRCLE',
      `${name}.scope() was asked while it was answering (${[...circle, name].join(' > ')}), so it would never end. Read what it needs before, and let it return that from an AsyncLocalStorage.`,
    );
  }
  asking.push({ manager, name });
  try {
    return checked(name, (declared as { scope(): unknown }).scope());
  } finally {
    asking.pop();
  }
}

function checked(name: string, answer: unknown): string | undefined {
  if (answer === undefined || (typeof answer === 'string' && answer.isWellFormed())) return answer;
  // Nobody else will hear why it failed.
  if (answer instanceof Promise) answer.catch(() => {});
  throw new InvalidConfigurationError(
    'QSCACHE_SCOPE',
    `${name}.scope() returned ${typeof answer === 'string' ? 'a text that is no Unicode' : whatIs(answer)}, which cannot tell one scope's entries from another's. Return a text, or undefined for no scope, at once: what takes time is read before, for example into an AsyncLocalStorage.`,
  );
}
