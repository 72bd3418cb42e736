import { inspect } from 'node:util';
import { expect } from 'vitest';
import { QsCacheError } from '../../lib/index.js';
import { differenceOf } from './expect-same.js';

/** What a manager is asked, and what TypeORM does with the same. */
export interface Question {
  readonly what: string;
  readonly ours: () => unknown;
  /** Ways to ask TypeORM, any of which is right. None: whatever we answer, it is no error but ours. */
  readonly find?: readonly (() => unknown)[];
  /** Rows that nobody ordered are a set. */
  readonly isUnordered?: boolean;
}

type Outcome = { readonly found: unknown } | { readonly error: Error };

/** Fails unless the answer is that of `find`, an error of this library, or the error `find` throws as well. */
export async function expectLikeFind({ what, ours, find = [], isUnordered = false }: Question, input: unknown) {
  const actual = await outcomeOf(ours);
  if ('error' in actual && actual.error instanceof QsCacheError) return;
  if ('found' in actual && !find.length) return;
  const expected = await Promise.all(find.map(outcomeOf));
  const differences = expected.map((each) => differenceBetween(actual, each, isUnordered));
  const isLike = differences.includes(undefined);
  expect(isLike, `${what} of ${inspect(input, { depth: 9 })}: ${differences.join(' | ') || show(actual)}`).toBe(true);
}

function differenceBetween(actual: Outcome, expected: Outcome, isUnordered: boolean): string | undefined {
  if ('error' in actual || 'error' in expected) {
    const same = 'error' in actual && 'error' in expected && actual.error.constructor === expected.error.constructor;
    return same ? undefined : `${show(actual)}, where find has ${show(expected)}`;
  }
  const rows = (found: unknown) => (isUnordered ? (found as unknown[]).toSorted(byText) : found);
  return differenceOf(rows(actual.found), rows(expected.found));
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

function show(outcome: Outcome): string {
  return 'error' in outcome ? String(outcome.error.stack) : inspect(outcome.found, { depth: 3 });
}

async function outcomeOf(work: () => unknown): Promise<Outcome> {
  try {
    return { found: await work() };
  } catch (error) {
    return { error: error as Error };
  }
}
