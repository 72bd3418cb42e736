import { InvalidQueryError } from '../errors.js';
import { meantOption } from '../naming/meant-option.js';
import { copyQuery } from './copy-query.js';
import { whatIs } from './what-is.js';

const BY_MANAGER =
  'What is loaded along is for the manager to say, for all its reads: relatedObjects and prefetchRelatedObjects.';
const KEPT_FOR = 'How long entries are kept is for the manager to say: listTimeout and detailTimeout, in seconds.';
const LIMIT = 'Ask the list for it: all().limit(10).';
const OFFSET = 'Ask the list for it: all().offset(10).';
const ORDER = "Ask the list for it: all().orderBy({ title: 'ASC' }).";
const OTHERWISE = 'Ask the query builder for it: all().createQueryBuilder().';

/** What find, query sets and other caches call what is said elsewhere here, by their plain names. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  filter: 'Give it as where, or ask the list for it: all().filter({ title: ... }).',
  exclude: 'Ask the list for it: all().exclude({ title: ... }).',
  relations: BY_MANAGER,
  relatedobjects: BY_MANAGER,
  prefetchrelatedobjects: BY_MANAGER,
  select: 'Ask the list for it: all().select({ title: true }).',
  order: ORDER,
  orderby: ORDER,
  take: LIMIT,
  limit: LIMIT,
  skip: OFFSET,
  offset: OFFSET,
  withdeleted: OTHERWISE,
  lock: OTHERWISE,
  comment: OTHERWISE,
  ttl: KEPT_FOR,
  timeout: KEPT_FOR,
  suffix: 'It is an option of all().',
  raiseexception: 'It is an option of get().',
};

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
  if (part === undefined || isObject(part)) return copyQuery(part);
  const [consequence, example] = PARTS[kind];
  throw new InvalidQueryError(
    'QSCACHE_QUERY',
    `${call} was given ${whatIs(part)}, which says nothing of any property, so ${consequence}. Give an object such as ${example}.`,
  );
}

/** @throws {InvalidQueryError} for options that are none, and for one that there is not: what it was to say would be passed over */
export function checkOptions(call: string, options: object, known: Readonly<Record<string, true>>): void {
  if (!isObject(options) || Array.isArray(options)) {
    throw new InvalidQueryError(
      'QSCACHE_OPTIONS',
      `The options of ${call} are ${whatIs(options)} and no object, so what they should say is unknown. Give an object such as { where: ... }, or leave them out.`,
    );
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  const names = Object.keys(known);
  const hint =
    meantOption(unknown, names, ELSEWHERE) ??
    `There are: ${names.join(', ')}. What the rows must say goes into where: { where: { title: ... } }.`;
  throw new InvalidQueryError(
    'QSCACHE_OPTIONS',
    `${call} has no option ${JSON.stringify(unknown)}, so nothing would come of it. ${hint}`,
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
