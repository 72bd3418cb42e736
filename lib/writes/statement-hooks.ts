import { type DataSource, type QueryRunner } from 'typeorm';
import { Broadcaster } from 'typeorm/subscriber/Broadcaster.js';
import { dataSourceOf } from '../peers/typeorm.js';

export interface StatementBegun {
  readonly query: string;
  readonly parameters?: unknown;
  readonly queryRunner: QueryRunner;
}

export interface StatementDone extends StatementBegun {
  readonly success: boolean;
  readonly error?: unknown;
  readonly rawResults?: unknown;
}

/** Whoever hears the statements of a DataSource. What it returns is waited for. */
export interface StatementListener {
  beforeQuery(event: StatementBegun): Promise<void> | void;
  afterQuery?(event: StatementDone): Promise<void> | void;
}

const listeners = new WeakMap<DataSource, Set<StatementListener>>();
const attended = new WeakSet<object>();
let meet: (dataSource: DataSource) => void = () => undefined;

export function listen(dataSource: DataSource, listener: StatementListener): void {
  const known = listeners.get(dataSource);
  if (known) known.add(listener);
  else listeners.set(dataSource, new Set([listener]));
}

export function stopListening(dataSource: DataSource, listener: StatementListener): void {
  const known = listeners.get(dataSource);
  // Who counted statements for a while has not met it on behalf of an application.
  if (known?.delete(listener) && !known.size) listeners.delete(dataSource);
}

export function isListening(dataSource: DataSource, listener: StatementListener): boolean {
  return listeners.get(dataSource)?.has(listener) ?? false;
}

/** Is told of each statement of a DataSource that nobody listens to. */
export function onUnheardStatement(told: (dataSource: DataSource) => void): void {
  meet = told;
}

interface Broadcasting {
  readonly queryRunner: QueryRunner;
  broadcastBeforeQueryEvent(result: Result, query: string, parameters: unknown): void;
  broadcastAfterQueryEvent(result: Result, ...done: Done): void;
}

interface Result {
  readonly promises: Promise<unknown>[];
}

type Done = [
  query: string,
  parameters: unknown,
  success: boolean,
  executionTime: number | undefined,
  rawResults: unknown,
  error: unknown,
];

/**
 * Stands in TypeORM's broadcasters, and not among the subscribers, who hear the same: `dataSource.subscribers` is the application's.
 * Seeders empty it for a while, modules put another list in its place, a subscriber that takes itself out of it in an event hides that
 * event from the next one. Both methods exist in TypeORM 0.3 and 1.x; a test fails when one is gone.
 */
export function attendBroadcasters(of: object): void {
  if (attended.has(of)) return;
  attended.add(of);
  const prototype = of as Broadcasting;
  const { broadcastBeforeQueryEvent, broadcastAfterQueryEvent } = prototype;

  // After all others: a statement that a subscriber refuses is never sent, and nobody would settle its hold.
  prototype.broadcastBeforeQueryEvent = function (result, query, parameters) {
    broadcastBeforeQueryEvent.call(this, result, query, parameters);
    const { queryRunner } = this;
    const dataSource = dataSourceOf(queryRunner);
    if (!listeners.has(dataSource)) meet(dataSource);
    const tell = () => told(dataSource, (listener) => listener.beforeQuery({ query, parameters, queryRunner }));
    const theirs = result.promises.splice(0);
    result.promises.push(...(theirs.length ? [Promise.all(theirs).then(() => Promise.all(tell()))] : tell()));
  };

  // Before all others: one that throws ends the event for those behind it.
  prototype.broadcastAfterQueryEvent = function (result, ...done) {
    const [query, parameters, success, , rawResults, error] = done;
    const { queryRunner } = this;
    const event: StatementDone = { query, parameters, queryRunner, success, error, rawResults };
    const answers = told(dataSourceOf(queryRunner), (listener) => listener.afterQuery?.(event));
    result.promises.push(...answers);
    awaitedBy(queryRunner, answers);
    broadcastAfterQueryEvent.call(this, result, ...done);
  };
}

/** What the callers of a runner's statements have to wait for, until that is done. Of runners that do not wait by themselves. */
const unsettled = new WeakMap<object, Set<Promise<unknown>>>();

function awaitedBy(queryRunner: object, answers: readonly Promise<unknown>[]): void {
  const all = unsettled.get(queryRunner);
  if (!all || !answers.length) return;
  const settled = Promise.allSettled(answers).finally(() => all.delete(settled));
  all.add(settled);
}

interface Querying {
  query(...statement: unknown[]): Promise<unknown>;
}

/**
 * Makes whoever sends a statement wait for what its listeners do after it, where the runner does not by itself: a write would be
 * acknowledged before its clocks have advanced.
 */
export function attendRunners(of: object): void {
  if (attended.has(of)) return;
  attended.add(of);
  const prototype = of as Querying;
  const { query } = prototype;

  prototype.query = async function (...statement) {
    let all = unsettled.get(this);
    if (!all) unsettled.set(this, (all = new Set()));
    try {
      return await query.apply(this, statement);
    } finally {
      if (all.size) await Promise.all(all);
    }
  };
}

/** What the listeners returned, as native promises: TypeORM waits for no others. */
function told(dataSource: DataSource, call: (to: StatementListener) => unknown): Promise<unknown>[] {
  return [...(listeners.get(dataSource) ?? [])].map(call).filter((answer) => answer instanceof Promise);
}

attendBroadcasters(Broadcaster.prototype);
