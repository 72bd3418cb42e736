import { setTimeout as sleep } from 'node:timers/promises';
import { withinBudget } from './budget.js';
import { isAnswer, isPassing } from './failure.js';
import type { RedisCommand, RedisConnection } from './redis-connection.js';
import { sendScripts } from './send-scripts.js';

/** The pause before the second try, in milliseconds; each one after it is twice as long as the one before. */
const FIRST_PAUSE_MS = 4;
const LONGEST_PAUSE_MS = 100;

/**
 * Sends until every command was taken or the budget is spent: a connection that was reset and a server that fails over are back
 * before most budgets end.
 *
 * For commands that may be repeated only, since one may have been taken although its answer was lost: a second `advance` costs its
 * readers a miss, and a hold that arrives after its writer is through costs misses until its deadline.
 */
export async function insist(
  connection: RedisConnection,
  store: string,
  what: string,
  commands: readonly RedisCommand[],
  budgetMs: number,
): Promise<void> {
  let pending = commands;
  let refusal: unknown;
  let obstacle: unknown;
  let isOver = false;

  const isTaken = async (): Promise<boolean> => {
    try {
      const replies = await sendScripts(connection, pending);
      const open = replies.filter(mayBeTakenYet);
      refusal ??= replies.find((reply) => reply instanceof Error && !open.includes(reply));
      obstacle = open[0];
      pending = pending.filter((_, i) => open.includes(replies[i]));
    } catch (error) {
      if (!mayBeTakenYet(error)) throw error;
      obstacle = error;
      return false;
    }
    return pending.length === 0;
  };

  const work = async (): Promise<void> => {
    let pauseMs = FIRST_PAUSE_MS;
    // What is sent when the caller has gone on could be a hold nobody settles.
    while (!isOver && !(await isTaken())) {
      await sleep(pauseMs, undefined, { ref: false });
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
    if (refusal) throw refusal as Error;
  };

  try {
    await withinBudget(store, what, budgetMs, work, () => refusal ?? obstacle);
  } finally {
    isOver = true;
  }
}

const mayBeTakenYet = (reply: unknown): boolean => reply instanceof Error && (isPassing(reply) || !isAnswer(reply));
