import { InvalidQueryError } from '../errors.js';
import { copyQuery } from './copy-query.js';
import { whatIs } from './what-is.js';

/**
 * A filter, order or selection as it was given, in a copy of its own. What is inside is TypeORM's to judge; a value that is no object at
 * all it would pass over in silence, and return every row.
 *
 * @param call what was called, for the error
 * @throws {InvalidQueryError}
 */
export function ownPart<T extends object | undefined>(call: string, part: T): T {
  if (part === undefined || isObject(part)) return copyQuery(part);
  throw new InvalidQueryError(
    'QSCACHE_QUERY',
    `${call} was given ${whatIs(part)}, which says nothing of any property, so all rows would match. Give an object such as { title: ... }.`,
  );
}

/** @throws {InvalidQueryError} for options that are none: what they were to say would be passed over */
export function checkOptions(call: string, options: object): void {
  if (isObject(options) && !Array.isArray(options)) return;
  throw new InvalidQueryError(
    'QSCACHE_OPTIONS',
    `The options of ${call} are ${whatIs(options)} and no object, so what they should say is unknown. Give an object such as { where: ... }, or leave them out.`,
  );
}

/** @throws {InvalidQueryError} for an option that says neither yes nor no: a text counts as true whatever it says */
export function checkSwitch(option: string, value: unknown): void {
  if (typeof value === 'boolean') return;
  throw new InvalidQueryError(
    'QSCACHE_OPTIONS',
    `${option} is ${whatIs(value)}, which says neither yes nor no. Give true or false, or leave it out.`,
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

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
