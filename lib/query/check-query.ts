import { InvalidQueryError } from '../errors.js';
import { copyQuery } from './copy-query.js';
import { whatIs } from './what-is.js';

/** What a query is given: what would come of one that is no object, and one that is. */
const PARTS = {
  filter: ['all rows would match', '{ title: ... }'],
  order: ['the rows would come in any order', "{ title: 'ASC' }"],
  selection: ['all of them would be loaded', '{ title: true }'],
} as const;

/**
 * A filter, order or selection as it was given, in a copy of its own. What is inside is TypeORM's to judge; a value that is no object at
 * all it would pass over in silence.
 *
 * @param call what was called, for the error
 * @throws {InvalidQueryError}
 */
export function ownPart<T extends object | undefined>(call: string, kind: keyof typeof PARTS, part: T): T {
  if (part === undefined || (typeof part === 'object' && part !== null)) return copyQuery(part);
  const [consequence, example] = PARTS[kind];
  throw new InvalidQueryError(
    'QSCACHE_QUERY',
    `${call} was given ${whatIs(part)}, which says nothing of any property, so ${consequence}. Give an object such as ${example}.`,
  );
}

/** @throws {InvalidQueryError} for a suffix that is no text, which would print alike for many */
export function checkSuffix(of: string, suffix: unknown): void {
  if (suffix === undefined || typeof suffix === 'string') return;
  throw new InvalidQueryError(
    'QSCACHE_SUFFIX',
    `The suffix of a list of ${of} is ${whatIs(suffix)}, which names no entry, or all of them alike. Give a text, or leave it out.`,
  );
}
