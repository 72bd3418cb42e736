import { AsyncLocalStorage } from 'node:async_hooks';
import { CircularReadError } from '../errors.js';

/** How deep a read may be found inside of itself. One that leads back has a guard that ends it, or none: then any depth would do. */
const MOST_NESTED = 50;
/** The same where each of them has a connection that the next one waits beside. */
const MOST_NESTED_IN_LOADS = 1;
/** How many reads inside of one may be found twice or more inside of themselves: of a list, every row multiplies them. */
const MOST_REPEATED = 1_000;

/** A read that was over so long ago, in milliseconds, started what runs now as a schedule does, not as a circle. */
const FORGOTTEN_MS = 1_000;

/**
 * What a load did, told by whoever sees every statement of its DataSource: the write subscriber. The async context attributes a
 * statement to its load even on drivers where all requests share one connection.
 */
export class LoadRecord {
  readonly statements: string[] = [];
}

/** What the code that runs now is part of, from the inside out: listeners, subscribers, constructors and transformers may read again. */
interface ReadContext {
  /** What is read, by name. */
  readonly names: readonly string[];
  readonly record?: LoadRecord;
  /** Without those that are long over: a job that goes on reading for ever would remember every one. */
  outer: ReadContext | undefined;
  /** The reads inside of the outermost one that were found inside of themselves again. */
  readonly tally: { count: number };
  endedAt?: number;
}

const current = new AsyncLocalStorage<ReadContext>();

/**
 * A read begins: one that leads back to itself without end comes to an end here.
 *
 * @throws {CircularReadError}
 */
export function beginReading(names: readonly string[]): void {
  const outer = surrounding();
  if (!outer) return;
  let [nested, inLoads] = [0, 0];
  for (let at: ReadContext | undefined = outer; at; at = at.outer) {
    if (!isSame(names, at.names)) continue;
    if (at.record && at.endedAt === undefined) inLoads++;
    else nested++;
  }
  const multiplies = nested > 1 && ++outer.tally.count > MOST_REPEATED;
  if (nested >= MOST_NESTED || inLoads > MOST_NESTED_IN_LOADS || multiplies) {
    throw new CircularReadError(names[0]!, wayOf(names, outer));
  }
}

/** Makes entities of these: constructors, setters and transformers may read again. */
export function whileMaking<T>(names: readonly string[], make: () => T): T {
  const context = contextOf(names);
  try {
    return current.run(context, make);
  } finally {
    context.endedAt = Date.now();
  }
}

/** Tells listeners of these, who may read again. */
export async function whileTelling<T>(names: readonly string[], tell: () => Promise<T>): Promise<T> {
  const context = contextOf(names);
  try {
    return await current.run(context, tell);
  } finally {
    context.endedAt = Date.now();
  }
}

/** Runs a load of these. */
export async function recordLoad<T>(
  names: readonly string[],
  load: () => Promise<T>,
): Promise<{ result: T; record: LoadRecord }> {
  const record = new LoadRecord();
  const context = contextOf(names, record);
  try {
    return { result: await current.run(context, load), record };
  } finally {
    context.endedAt = Date.now();
  }
}

/** The load this code runs inside of, if any. */
export function currentLoad(): LoadRecord | undefined {
  const at = current.getStore();
  return at?.endedAt === undefined ? at?.record : undefined;
}

/** Whether a load may be waiting for this code, so that this code may not wait for a load: it could be the same. */
export function isInsideLoad(): boolean {
  for (let at = current.getStore(); at; at = at.outer) if (at.record && at.endedAt === undefined) return true;
  return false;
}

/** Whether this code runs inside of any read. */
export function isInsideRead(): boolean {
  return current.getStore() !== undefined;
}

function contextOf(names: readonly string[], record?: LoadRecord): ReadContext {
  const outer = surrounding();
  const context: ReadContext = { names, outer, tally: outer?.tally ?? { count: 0 } };
  return record ? { ...context, record } : context;
}

function surrounding(): ReadContext | undefined {
  const innermost = current.getStore();
  if (!innermost || isForgotten(innermost)) return undefined;
  for (let at: ReadContext | undefined = innermost; at; at = at.outer) {
    if (at.outer && isForgotten(at.outer)) at.outer = undefined;
  }
  return innermost;
}

const isForgotten = ({ endedAt }: ReadContext): boolean => endedAt !== undefined && Date.now() - endedAt > FORGOTTEN_MS;

/** Several rows are another read than any one of them. */
function isSame(names: readonly string[], others: readonly string[]): boolean {
  if (names.length === 1 && others.length === 1) return names[0] === others[0];
  const [some, more] = [new Set(names), new Set(others)];
  return some.size === more.size && [...some].every((name) => more.has(name));
}

/** The last steps of it: a circle says the same again and again. */
function wayOf(names: readonly string[], outer: ReadContext): string[] {
  const text = ([first, ...others]: readonly string[]) => (others.length ? `${first}, ...` : first!);
  const way = [text(names)];
  for (let at: ReadContext | undefined = outer; at && way.length < 5; at = at.outer) way.unshift(text(at.names));
  return way;
}
