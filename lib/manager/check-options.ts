import { InvalidQueryError } from '../errors.js';
import { meantOption } from '../naming/meant-option.js';
import { whatIs } from '../query/what-is.js';

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
  withdeleted: 'Ask the list for it: all().withDeleted().',
  lock: OTHERWISE,
  comment: OTHERWISE,
  ttl: KEPT_FOR,
  timeout: KEPT_FOR,
  suffix: 'It is an option of all().',
  raiseexception: 'It is an option of get().',
};

/** What would help whoever has mistaken the options of a call. */
export interface Help {
  readonly example: string;
  /** Where what is no option of the call is said. */
  readonly elsewhere: Readonly<Record<string, string>>;
  readonly otherwise: string;
}

const OF_ROWS: Help = {
  example: '{ where: ... }, or leave them out',
  elsewhere: ELSEWHERE,
  otherwise: 'What the rows must say goes into where: { where: { title: ... } }.',
};

/** @throws {InvalidQueryError} for options that are none, and for one that there is not: what it was to say would be passed over */
export function checkOptions(
  call: string,
  options: object,
  known: Readonly<Record<string, true>>,
  help: Help = OF_ROWS,
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidQueryError(
      'QSCACHE_OPTIONS',
      `The options of ${call} are ${whatIs(options)} and no object, so what they should say is unknown. Give an object such as ${help.example}.`,
    );
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  const names = Object.keys(known);
  const hint = meantOption(unknown, names, help.elsewhere) ?? `There are: ${names.join(', ')}. ${help.otherwise}`;
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
