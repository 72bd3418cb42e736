import type { ClockQuery, ClockState } from './cache-store.js';
import { clockKeys } from './clock-keys.js';
import { changesSince, isCount } from './redis-journals.js';

/** Clocks as a script takes them: the records of the tables, then the clocks of their rows. */
export interface ClockNames {
  readonly keys: readonly string[];
  /** Per record the number of its rows, with spaces. */
  readonly counts: string;
  /** Per record since when its journal is asked for, with spaces; `undefined` where none is. */
  readonly sinces: string | undefined;
}

const spelled = new WeakMap<readonly ClockQuery[], ClockNames>();

/** Spelled once for each list of queries: who asks the same again mostly has the same list. */
export function clockNames(queries: readonly ClockQuery[]): ClockNames {
  let names = spelled.get(queries);
  if (!names) {
    const records = queries.map(({ clock }) => clockKeys.clock(clock));
    const keys = [...records];
    for (const { clock, rows } of queries) for (const row of rows) keys.push(clockKeys.row(clock, row));
    names = { keys, counts: queries.map(({ rows }) => rows.length).join(' '), sinces: sincesOf(queries) };
    spelled.set(queries, names);
  }
  return names;
}

function sincesOf(queries: readonly ClockQuery[]): string | undefined {
  if (queries.every(({ since }) => since === undefined)) return undefined;
  return queries.map(({ since }) => (isCount(since) ? String(since) : '-')).join(' ');
}

/** What a script answers: a value for each of its keys, the server's `master_replid`, and which records are held. */
export type ClocksReply = readonly [...values: unknown[], epoch: string, held: string];

/**
 * @param length of the keys it was asked about
 * @throws for the reply to something else: a connection whose replies got out of step
 */
export function clocksReply(reply: unknown, length: number): ClocksReply {
  const isOurs = Array.isArray(reply) && reply.length === length + 2;
  if (isOurs && isText(reply[length]) && isText(reply[length + 1])) return reply as unknown as ClocksReply;
  throw outOfStep();
}

/** What a script answers that was asked for journals: of each record a list of changes, or nothing. */
export type JournalsReply = readonly [clocks: unknown, told: readonly unknown[]];

/** @param tables how many it was asked about */
export function journalsReply(reply: unknown, tables: number): JournalsReply {
  const [, told] = Array.isArray(reply) && reply.length === 2 ? (reply as readonly unknown[]) : [];
  if (Array.isArray(told) && told.length === tables) return reply as JournalsReply;
  throw outOfStep();
}

const outOfStep = (): Error => new Error('it answered what it was not asked');

/** Whether nothing was missing or held: what was made is a change by itself, and a hold begins to block, or passes its deadline, without any. */
export const isStill = (reply: ClocksReply): boolean => reply[reply.length - 1] === '';

const isText = (value: unknown): boolean => typeof value === 'string';

/**
 * What the values say that come first in a reply. What no server of ours has written is held: nobody knows what it has counted.
 *
 * @param told what was answered of journals, in the order of the queries. Default: they were not asked for.
 */
export function clockStates(
  queries: readonly ClockQuery[],
  reply: ClocksReply,
  told?: readonly unknown[],
): ClockState[] {
  const holds = reply[reply.length - 1] as string;
  let place = queries.length;
  return queries.map(({ rows: { length }, since }, i) => {
    const record = String(reply[i]);
    const [, now, unknown] = RECORD.exec(record) ?? [];
    const state: Read = {
      now: countFrom(now),
      unknown: countFrom(unknown),
      rows: [],
      held: holds[i] === '1',
      hasHold: record.endsWith(';'),
    };
    if (!(state.now >= 0 && state.unknown >= 0)) state.held = true;
    for (let n = 0; n < length; n++, place++) {
      const count = countFrom(reply[place]);
      if (Number.isNaN(count)) state.held = true;
      state.rows.push(count);
    }
    if (told && since !== undefined) state.changes = state.held ? undefined : changesSince(since, state.now, told[i]);
    return state;
  });
}

interface Read extends ClockState {
  readonly rows: number[];
  held: boolean;
  changes?: readonly string[] | undefined;
}

/** What follows are the names of rows and the holds, which are the server's own affair. */
const RECORD = /^(\d+) (\d+)(?: k:[^ ;]+)*(?: h:[^ ;]+;)*$/;

/** What a server can count on from, and we exactly; `NaN` for all else. */
function countFrom(text: unknown): number {
  const count = typeof text === 'string' && COUNT.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(count) ? count : NaN;
}

const COUNT = /^(0|[1-9]\d*)$/;
