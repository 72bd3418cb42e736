import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../lib/errors.js';
import { insist } from '../../../lib/store/insist.js';
import type { RedisCommand, RedisConnection } from '../../../lib/store/redis-connection.js';

const commands = ['a', 'b', 'c'].map((key): RedisCommand => ({ name: 'eval', args: [key], key }));
const error = (message: string) => new Error(message);

/** A connection on which every sending comes out as the next of these, and the last one from then on. */
function failing(...outcomes: ((sent: readonly RedisCommand[]) => unknown[])[]) {
  const sent: string[] = [];
  const connection: RedisConnection = {
    name: 'fake',
    isCluster: false,
    send: async (asked) => {
      sent.push(asked.map(({ key }) => key).join(''));
      return outcomes[Math.min(sent.length, outcomes.length) - 1]!(asked);
    },
  };
  return { sent, run: (budgetMs = 1_000) => insist(connection, 'fake', 'learn of a write', commands, budgetMs) };
}

const all = (reply: unknown) => (asked: readonly RedisCommand[]) => asked.map(() => reply);
const down = () => {
  throw error('the connection is down');
};

describe('insist', () => {
  it('sends once what is taken at once', async () => {
    const { sent, run } = failing(all(null));
    await run();
    expect(sent).toEqual(['abc']);
  });

  it.each([
    'LOADING Redis is loading the dataset in memory',
    'READONLY You can’t write against a read only replica.',
    'CLUSTERDOWN Hash slot not served',
    'Connection is closed.',
    'read ECONNRESET',
  ])('sends again what met "%s", and only that', async (message) => {
    const { sent, run } = failing(down, () => [null, error(message), null], all(error(message)), all(null));
    await run();
    expect(sent).toEqual(['abc', 'abc', 'b', 'b']);
  });

  it('takes a refusal for an answer, but not before everything else was taken', async () => {
    const { sent, run } = failing(() => [error('WRONGTYPE no hash'), error('LOADING not yet'), null], all(null));
    await expect(run()).rejects.toThrow(/fake could not learn of a write: WRONGTYPE no hash/);
    expect(sent).toEqual(['abc', 'b']);
  });

  it('sends nothing any more when the budget is spent, and says what stood in the way', async () => {
    const { sent, run } = failing(down);
    const failure = run(30);
    await expect(failure).rejects.toThrow(/did not learn of a write within 30 ms \(the connection is down\)/);
    await expect(failure).rejects.toBeInstanceOf(StoreError);
    const count = sent.length;
    expect(count).toBeGreaterThan(2);
    await wait(150);
    expect(sent).toHaveLength(count);
  });
});
