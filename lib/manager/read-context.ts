import { AsyncLocalStorage } from 'node:async_hooks';
import { CircularReadError } from '../errors.js';

/** How often a read may be found inside of itself: a way back that has a guard turns round the first time, one that has none never does. */
const MOST_NESTED = 1;

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
  /** What is read, by name; none for a load. */
  readonly names: readonly string[];
  readonly record?: LoadRecord;
  readonly outer: ReadContext | undefined;
  endedAt?: number;
}

const current = new AsyncLocalStorage<ReadContext>();

/**
 * Runs a read, so that one that leads back to itself comes to an end.
 *
 * @throws {CircularReadError}
 */
export function reading<T>(names: readonly string[], read: () => Promise<T>): Promise<T> {
  const outer = surrounding();
  if (outer) refuseCircle(names, outer);
  return inContext({ names, outer }, read);
}

export function recordLoad<T>(load: () => Promise<T>): Promise<{ result: T; record: LoadRecord }> {
  const record = new LoadRecord();
  const context = { names: [], record, outer: surrounding() };
  return inContext(context, async () => ({ result: await load(), record }));
}

/** The load this code runs inside of, if any. */
export function currentLoad(): LoadRecord | undefined {
  return current.getStore()?.record;
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

async function inContext<T>(context: ReadContext, work: () => Promise<T>): Promise<T> {
  try {
    return await current.run(context, work);
  } finally {
    context.endedAt = Date.now();
  }
}

/** Without those that are long over: a job that goes on reading for ever would remember every one. */
function surrounding(): ReadContext | undefined {
  const at = current.getStore();
  return at?.endedAt !== undefined && Date.now() - at.endedAt > FORGOTTEN_MS ? undefined : at;
}

function refuseCircle(names: readonly string[], outer: ReadContext): void {
  const counts = new Map(names.map((name) => [name, 0]));
  const way: string[] = [];
  for (let at: ReadContext | undefined = outer; at; at = at.outer) {
    if (at.names.length) way.unshift(at.names.length > 1 ? `${at.names[0]}, ...` : at.names[0]!);
    for (const name of at.names) {
      const count = counts.get(name);
      if (count === undefined) continue;
      if (count >= MOST_NESTED) throw new CircularReadError(name, [...way, name]);
      counts.set(name, count + 1);
    }
  }
}
