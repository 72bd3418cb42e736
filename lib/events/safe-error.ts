import { types } from 'node:util';
import { QsCacheError, StoreError } from '../errors.js';
import { oneLine } from './one-line.js';

/** What of somebody else's message may be told; `undefined` for none of it. */
export type Words = (message: string) => string | undefined;

const LONGEST = 300;
const MOST_FRAMES = 20;
const MOST_ERRORS = 10;
/** Errors inside of errors: a chain may lead back to itself. */
const DEEPEST = 8;

/** `ECONNREFUSED`, `QSCACHE_STORE_FAILED`, SQLSTATEs: constants of somebody's source text, not anybody's data. */
const CODE = /^(?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*|[0-9A-Z]{5})$/;
const NAME = /^[A-Za-z_$][\w$]{0,60}$/;
const FRAME = /^ {4}at .*(?::\d+:\d+|\(<anonymous>|\(native|\(index \d+)\)?$/;
/** An opening quote, up to the last closing one of any kind, since the values between may hold any; without one, to the end. */
const QUOTED = /(?<!\w)["'`](?:.*["'`](?!\w)|.*)/gs;
const CREDENTIALS = /\/\/\S*@/g;

const BUILT_IN = new Set<object>(
  [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError].map(
    ({ prototype }) => prototype,
  ),
);

/** Made here, and not to be made again. */
const safe = new WeakSet<object>();

/**
 * An error with all that may be told of another one: its name, its code, where it came from, what caused it. A message stays when it
 * is this library's own; any other one may quote a value, as may every further property, and gives way to the place that wrote it.
 *
 * @param words what stays of other messages all the same. Default: nothing
 */
export function safeError(error: unknown, words: Words = () => undefined): Error {
  return safely(error, words, DEEPEST);
}

/** For messages of those that quote what they tell of: Redis and its clients, the operating system. */
export const withoutQuoted: Words = (message) =>
  shortened(oneLine(message.replace(CREDENTIALS, '//?@').replace(QUOTED, '?').trim())) || undefined;

function safely(error: unknown, words: Words, depth: number): Error {
  if (isObject(error) && safe.has(error)) return error as Error;
  let copy: Error;
  try {
    copy = copyOf(error, words, depth);
  } catch {
    // Its properties are somebody's code as well.
    copy = new Error('An error that fails when it is looked at.');
  }
  safe.add(copy);
  return copy;
}

function copyOf(error: unknown, words: Words, depth: number): Error {
  if (!isError(error))
    return new Error(`What was thrown is no Error but ${isObject(error) ? 'an object' : typeof error}.`);
  const isOurs = error instanceof QsCacheError;
  const name = NAME.test(error.name) ? error.name : 'Error';
  const { code: given } = error as { readonly code?: unknown };
  const code = typeof given === 'string' && given.length <= 60 && CODE.test(given) ? given : undefined;
  const frames = framesOf(error);
  const known = isOurs ? oneLine(error.message) : words(String(error.message));
  const message = known ?? [name, code, frames[0]?.trim()].filter((part) => part !== undefined).join(' ');

  const copy = new Error(message);
  Object.setPrototypeOf(copy, isOurs ? (Object.getPrototypeOf(error) as object) : builtIn(error));
  hide(copy, 'name', name);
  hide(copy, 'stack', [`${name}: ${message}`, ...frames].join('\n'));
  if (code !== undefined) Object.assign(copy, { code });
  // A kind, and no value: what is told as a StoreError must have what its type says.
  if (error instanceof StoreError) Object.assign(copy, { reason: error.reason });
  if (depth > 0) {
    const { cause, errors } = error as { readonly cause?: unknown; readonly errors?: unknown };
    if (cause !== undefined) hide(copy, 'cause', safely(cause, words, depth - 1));
    if (name === 'AggregateError' && Array.isArray(errors))
      hide(
        copy,
        'errors',
        errors.slice(0, MOST_ERRORS).map((each) => safely(each, words, depth - 1)),
      );
  }
  return copy;
}

/** Where it came from, without its message: what only looks like a place within that is none. */
function framesOf({ stack, message }: Error): string[] {
  if (typeof stack !== 'string') return [];
  const at = stack.indexOf(message);
  const lines = (at < 0 ? stack : stack.slice(at + message.length)).split('\n');
  const last = lines.findLastIndex((line) => !FRAME.test(line));
  return lines
    .slice(last + 1)
    .slice(0, MOST_FRAMES)
    .map(oneLine)
    .map(shortened);
}

/** The nearest kind of error that everybody knows: methods of any other would look for what the copy lacks. */
function builtIn(error: Error): object {
  let prototype = Object.getPrototypeOf(error) as object | null;
  while (prototype && !BUILT_IN.has(prototype)) prototype = Object.getPrototypeOf(prototype) as object | null;
  return prototype ?? Error.prototype;
}

function hide(error: Error, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, writable: true, configurable: true });
}

const shortened = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text);

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

/** Also of another realm, as those of Node are to a test runner's. */
const isError = (value: unknown): value is Error => types.isNativeError(value) || value instanceof Error;
