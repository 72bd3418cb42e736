import { InvalidQueryError } from '../errors.js';

/** Levels of objects, arrays and operators inside of each other. SQLite takes an expression 1,000 deep, the stack a few times as much. */
const DEEPEST = 500;

/**
 * Ends a walk through a query that would end in a stack overflow, which says nothing to whoever sent it.
 *
 * @param depth how many levels above this one, from 0
 * @throws {InvalidQueryError}
 */
export function refuseDeep(depth: number): void {
  if (depth < DEEPEST) return;
  throw new InvalidQueryError(
    'QSCACHE_QUERY_TOO_DEEP',
    `A query is nested more than ${DEEPEST} levels deep, or holds itself, so neither its key nor its SQL could be written. Write conditions side by side: In([...]), or And() and Or() of all parts at once.`,
  );
}
