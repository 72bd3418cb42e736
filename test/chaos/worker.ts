import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { now } from '../soak/now.js';
import { Random } from '../soak/random.js';
import type { Candidate } from './candidates/candidate.js';
import { openCandidate } from './candidates/open.js';
import { Item } from './entities.js';
import { Load } from './load.js';
import type { Closing, Command, Ending, Engagement, EventRecord, FromWorker, ToWorker } from './messages.js';
import { CLOSING_PATIENCE_MS, ENDING_PATIENCE_MS } from './settings.js';

// One application process: is given an application for each round, and does what it is told. A round that leaves something behind
// costs it its life, so that the next one begins with nothing.

interface Opened {
  readonly candidate: Candidate;
  readonly load: Load;
  readonly events: EventRecord[];
}

let opened: Opened | undefined;
const unhandled: string[] = [];
process.on('unhandledRejection', (reason) => void unhandled.push(String(reason)));
process.on('uncaughtException', (error) => void unhandled.push(`uncaught: ${error}`));

async function obey(command: Command): Promise<unknown> {
  switch (command.do) {
    case 'open':
      opened = await open(command.engagement);
      return undefined;
    case 'read':
      return current().load.start();
    case 'write':
      current().load.written = command.rows;
      return undefined;
    case 'settle':
      return current().load.settled();
    case 'measure':
      return rssBytes();
    case 'close':
      return close(current());
    case 'end':
      return end(current());
  }
}

function current(): Opened {
  if (!opened) throw new Error('There is no application: open comes first.');
  return opened;
}

async function open(engagement: Engagement): Promise<Opened> {
  const events: EventRecord[] = [];
  unhandled.length = 0;
  const candidate = await openCandidate(engagement.candidate, { ...engagement, tell: (event) => events.push(event) });
  const { manager } = candidate.app.get(DataSource);
  const version = (await manager.maximum(Item, 'version')) ?? 0;
  const random = new Random(engagement.worker);
  return { candidate, load: new Load(candidate, manager, random, engagement, version), events };
}

/** In the middle of its reads: what they become is not looked at. */
async function close({ candidate, load }: Opened): Promise<Closing> {
  load.stop();
  const begun = now();
  const closed = candidate.app.close().catch((error: unknown) => void unhandled.push(`close: ${String(error)}`));
  const inTime = await isIn(closed, CLOSING_PATIENCE_MS);
  const ms = inTime ? now() - begun : Infinity;
  candidate.disconnect();
  opened = undefined;
  return { ms, unhandled: [...unhandled] };
}

async function end({ candidate, load, events }: Opened): Promise<Ending> {
  load.stop();
  const ended = await load.ended(ENDING_PATIENCE_MS);
  const { reads, baseline, writes } = load;
  const rss = rssBytes();
  const closed = await isIn(
    candidate.app.close().catch(() => undefined),
    CLOSING_PATIENCE_MS,
  );
  candidate.disconnect();
  opened = undefined;
  // What a closed client says last is said now.
  await sleep(20);
  return {
    record: { reads, baseline, writes, events, unhandled: [...unhandled], rssBytes: rss },
    clean: ended && closed,
  };
}

async function isIn(work: Promise<unknown>, patienceMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, patienceMs, false)));
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

function rssBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

const send = (message: FromWorker) => process.send!(message);
process.on('message', (message: ToWorker) => {
  const { question } = message;
  obey(message).then(
    (answer) => send({ question, answer }),
    (error: unknown) => send({ question, error: (error as Error).stack ?? String(error) }),
  );
});
process.on('disconnect', () => process.exit(1));
send({ question: 'ready' });
