import type { ExecutionContext } from '@nestjs/common';
import { InvalidIdentifierError } from '../errors.js';
import type { KeysOfResult } from './clear-target.js';

/** The keys a function names for what a handler returned or emitted. A result it fails for takes no keys from the others. */
export function keysOfResults(
  target: KeysOfResult,
  context: ExecutionContext,
  results: readonly unknown[],
  isWhole: boolean,
): { readonly keys: ReadonlySet<string>; readonly errors: readonly unknown[] } {
  const keys = new Set<string>();
  const errors: unknown[] = [];
  if (!isWhole && !results.length) {
    errors.push(
      new InvalidIdentifierError(
        'The stream was cut short before its first item, so a function of its results could not tell what to clear, and what it made stale stays cached. Name a manager or a key beside the function.',
      ),
    );
  }
  for (const result of results) {
    try {
      for (const key of [target({ result, context })].flat() as unknown[]) {
        if (typeof key === 'string') keys.add(key);
        else errors.push(noText(key));
      }
    } catch (error) {
      errors.push(error);
    }
  }
  return { keys, errors };
}

function noText(key: unknown): InvalidIdentifierError {
  const kind = key instanceof Promise ? 'a promise' : `of type ${key === null ? 'null' : typeof key}`;
  return new InvalidIdentifierError(
    `A function named a key to clear that is no text but ${kind}, so what it means stays cached. Return texts as getCacheKey() and getDetailCacheKey() print them, at once.`,
  );
}
