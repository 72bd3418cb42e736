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
      for (const key of [target({ result, context })].flat()) keys.add(key);
    } catch (error) {
      errors.push(error);
    }
  }
  return { keys, errors };
}
