import { InvalidConfigurationError } from '../errors.js';
import { nearestName, plainName } from '../naming/near-name.js';
import { nameOf } from '../naming/table-target.js';
import { whatIs } from '../query/what-is.js';

/** What each field of a manager takes. */
const FIELDS = {
  model: 'class',
  cacheKey: 'text',
  relatedObjects: 'list',
  prefetchRelatedObjects: 'list',
  usePrefetchRelatedForList: 'switch',
  listTimeout: 'number',
  detailTimeout: 'number',
  staleWhileRevalidate: 'number',
  staleIfError: 'number',
  timeoutJitter: 'number',
  notFoundTimeout: 'number',
  exceptionClass: 'class',
  dependsOn: 'list',
  alsoWrites: 'list',
  cacheVolatile: 'switch',
  neverCache: 'list',
  nearCache: 'switch',
  shared: 'switch',
  scope: 'method',
} as const;

type Field = keyof typeof FIELDS;
type Kind = (typeof FIELDS)[Field];

/** What stands in a field of a manager, whatever was written there. */
export type DeclaredFields = Readonly<Record<Field, unknown>>;

const NAMES = Object.keys(FIELDS) as Field[];
const LISTS = NAMES.filter((name) => FIELDS[name] === 'list');
const SWITCHES = NAMES.filter((name) => FIELDS[name] === 'switch');

/** What other caches call how long an entry is kept: that says nothing here, and entries are kept as long as by default. */
const LIFETIMES: ReadonlySet<string> = new Set(['ttl', 'timeout']);

/** Letters. A short name is near to too many others. */
const LONG_NAME = 9;

/**
 * The kinds of what a manager's lists and switches hold, and the names of its own fields.
 *
 * @returns warnings, of names that may be meant for others
 * @throws {InvalidConfigurationError} for a field of another kind, and for a name that can only be a misspelt one
 */
export function checkFields(name: string, manager: DeclaredFields): string[] {
  for (const field of LISTS) checkList(name, field, manager[field]);
  for (const field of ['relatedObjects', 'prefetchRelatedObjects'] as const) checkPaths(name, field, manager[field]);
  for (const field of SWITCHES) checkSwitch(name, field, manager[field]);
  return checkNames(name, manager);
}

function checkList(name: string, field: string, value: unknown): void {
  if (Array.isArray(value)) return;
  const example = typeof value === 'string' ? `['${value}']` : typeof value === 'function' ? `[${value.name}]` : '[]';
  throw new InvalidConfigurationError(
    'QSCACHE_MANAGER_FIELD',
    `${name}.${field} is ${whatIs(value)} and no list, so what it names would not be found. Write ${field} = ${example}.`,
  );
}

function checkPaths(name: string, field: string, paths: unknown): void {
  const wrong = (paths as readonly unknown[]).filter((path) => typeof path !== 'string');
  if (!wrong.length) return;
  throw new InvalidConfigurationError(
    'QSCACHE_MANAGER_FIELD',
    `${name}.${field} names ${nameOf(wrong[0])}, which is no text, so no relation could be found by it. Name the property that holds it: 'user', 'user.company'.`,
  );
}

/** A text, of an environment variable, would count as true whatever it says. */
function checkSwitch(name: string, field: string, value: unknown): void {
  if (typeof value === 'boolean') return;
  throw new InvalidConfigurationError(
    'QSCACHE_MANAGER_FIELD',
    `${name}.${field} is ${whatIs(value)}, which says neither yes nor no. Give true or false, or leave it out.`,
  );
}

/** A manager may have fields of its own. One that is nearly ours, and holds what ours would, was meant to be ours and would do nothing. */
function checkNames(manager: string, declared: object): string[] {
  const warnings: string[] = [];
  for (const { name, near } of suspectsOf(declared)) {
    if (!near) {
      warnings.push(
        `${manager} has "${name}", which is no field of a cache manager, so no entry is kept for as long as it says. Write listTimeout and detailTimeout, in seconds, if that was meant; if it is a field of your own there is nothing to do.`,
      );
      continue;
    }
    const mistake = `${manager} has "${name}", which is no field of a cache manager but nearly ${near.field}, so nothing comes of it. `;
    if (near.isCertain) {
      throw new InvalidConfigurationError(
        'QSCACHE_MANAGER_FIELD',
        `${mistake}Write ${near.field}, or, for a field of your own, a name that is less like it.`,
      );
    }
    warnings.push(
      `${mistake}Write ${near.field} if that was meant; if it is a field of your own there is nothing to do.`,
    );
  }
  return warnings;
}

/** The field a name is nearly, and whether it can only be meant. */
interface NearField {
  readonly field: Field;
  readonly isCertain: boolean;
}

/** A name that may be meant for a field of ours; without a near one it is what other caches call a lifetime. */
interface Suspect {
  readonly name: string;
  readonly near: NearField | undefined;
}

/** Of a prototype once: all managers have the longest one, BaseCacheManager's, in common. */
const suspects = new WeakMap<object, readonly Suspect[]>();

/** Fields, and what the manager's classes say in accessors and methods; nothing is read. */
function suspectsOf(manager: object): Suspect[] {
  const found = ownSuspects(manager);
  for (const prototype of prototypesOf(manager)) {
    const known = suspects.get(prototype) ?? ownSuspects(prototype);
    suspects.set(prototype, known);
    found.push(...known);
  }
  return found;
}

function ownSuspects(of: object): Suspect[] {
  const found: Suspect[] = [];
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(of))) {
    if (name in FIELDS || name === 'constructor') continue;
    const isLifetime = LIFETIMES.has(name) && typeof descriptor.value === 'number';
    const near = isLifetime ? undefined : nearField(name, descriptor);
    if (isLifetime || near) found.push({ name, near });
  }
  return found;
}

function* prototypesOf(manager: object): Generator<object> {
  let each = Object.getPrototypeOf(manager) as object | null;
  for (; each; each = Object.getPrototypeOf(each) as object | null) yield each;
}

function nearField(name: string, descriptor: PropertyDescriptor): NearField | undefined {
  // What is private by its name, or a constant, is the manager's own, and may well stand behind a field of ours.
  if (/^[_$]|_$/.test(name) || !/[a-z]/.test(name)) return undefined;
  const near = nearestName(name, NAMES);
  if (!near) return undefined;
  const field = near.name as Field;
  if (!fits(FIELDS[field], descriptor)) return undefined;
  if (near.distance === 0) return { field, isCertain: true };
  if (isPlural(name, field)) return field.length < LONG_NAME ? undefined : { field, isCertain: false };
  if (field.length < LONG_NAME) return undefined;
  return { field, isCertain: near.distance === 1 && !isOtherWord(name, field) };
}

/** Several of what we have one of are something else: `models`, `cacheKeys`. */
const isPlural = (name: string, field: string): boolean => plainName(name) === `${plainName(field)}s`;

/** There are many timeouts, and one letter makes another word: `lastTimeout`, `retailTimeout`. */
function isOtherWord(name: string, field: Field): boolean {
  const [one, other] = [name, field].map((each) => plainName(each).split('').toSorted().join(''));
  return FIELDS[field] === 'number' && one!.length === other!.length && one !== other;
}

/** Whether the value might have been meant for the field. Of an accessor nobody can tell without running it. */
function fits(kind: Kind, { value, get, set }: PropertyDescriptor): boolean {
  if (get || set) return true;
  switch (kind) {
    case 'number':
      return typeof value === 'number' || (typeof value === 'string' && Number(value) > 0);
    case 'text':
      return typeof value === 'string';
    case 'list':
      return Array.isArray(value) || typeof value === 'string';
    case 'switch':
      return typeof value === 'boolean' || value === 'true' || value === 'false';
    default:
      return typeof value === 'function';
  }
}
