import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { endOfTurn } from '../../../lib/cache/end-of-turn.js';
import { OwnConnection } from '../../../lib/store/own-connection.js';
import type { Dial, RedisCommand } from '../../../lib/store/redis-connection.js';

const SILENT = 50;
const ping: RedisCommand = { name: 'ping', args: [], key: undefined };
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Whose command is written some turns after it was given, as clients do, and answered some time after that. */
function connection(answerMs: number) {
  const counts = { dials: 0 };
  const dial: Dial = async () => {
    counts.dials++;
    const send = async (commands: readonly RedisCommand[]) => {
      await turn();
      await turn();
      await sleep(answerMs, undefined, { ref: false });
      return commands.map(() => 'PONG');
    };
    return { send, end: () => undefined };
  };
  const own = new OwnConnection({ name: 'fake', isCluster: false, send: async () => [] }, dial, [], SILENT);
  return { own, counts };
}

it('a line is not given up for what this process was too busy to send', async () => {
  const { own, counts } = connection(1);
  await own.send([ping]);
  const first = own.send([ping]);
  await endOfTurn();
  for (const began = Date.now(); Date.now() - began <= 2 * SILENT;);
  expect(await Promise.all([first, own.send([ping])])).toEqual([['PONG'], ['PONG']]);
  expect(counts.dials).toBe(1);
  own.close();
});

it('a line that says nothing while it is listened to is given up', async () => {
  const { own, counts } = connection(60_000);
  void own.send([ping]);
  await sleep(2 * SILENT);
  void own.send([ping]);
  for (let i = 0; i < 500 && counts.dials < 2; i++) await sleep(2);
  expect(counts.dials).toBe(2);
  own.close();
});
