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

/** A cluster one of whose nodes is gone; it has never said so by itself. */
function cluster({ isCluster = true } = {}) {
  const state = { dials: 0, isGone: true };
  const dial: Dial = async () => {
    state.dials++;
    const offline = ({ key }: RedisCommand) => state.isGone && key === 'gone';
    const send = async (commands: readonly RedisCommand[]) =>
      commands.map((command) => (offline(command) ? new Error('The client is offline') : 'OK'));
    return { send, end: () => undefined };
  };
  return { own: new OwnConnection({ name: 'fake', isCluster, send: async () => [] }, dial, [], SILENT), state };
}
const get = (key: string): RedisCommand => ({ name: 'get', args: [key], key });

it('a cluster is dialled anew when a node stays out of reach, whatever others answer', async () => {
  const { own, state } = cluster();
  await own.send([get('gone'), get('there')]);
  await own.send([get('there')]);
  await sleep(2 * SILENT);
  await own.send([get('there'), get('gone')]);
  await own.send([get('there')]);
  expect(state.dials).toBe(2);
  own.close();
});

it('not when it came back meanwhile, nor a server of its own', async () => {
  const { own, state } = cluster();
  await own.send([get('gone')]);
  state.isGone = false;
  await own.send([get('gone')]);
  await sleep(2 * SILENT);
  state.isGone = true;
  await own.send([get('gone')]);
  const single = cluster({ isCluster: false });
  await single.own.send([get('gone')]);
  await sleep(2 * SILENT);
  await single.own.send([get('gone')]);
  // Whoever comes next would dial what was lost.
  await Promise.all([own, single.own].map((each) => each.send([get('there')])));
  expect([state.dials, single.state.dials]).toEqual([1, 1]);
  own.close();
  single.own.close();
});
