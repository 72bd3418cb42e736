import 'reflect-metadata';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import type { CacheEvent } from '../../lib/index.js';
import { currentWrite } from './write-advances.js';
import { bootApplication } from './application.js';
import { BurstLoop } from './burst-loop.js';
import { DebtBook } from './debt-book.js';
import { breakStore } from './faults.js';
import {
  ArticleCacheManager,
  AuthorCacheManager,
  BareArticleCacheManager,
  RemarkCacheManager,
  ScrollCacheManager,
} from './managers.js';
import type { Counts, FromWorker, ToWorker } from './messages.js';
import { bootMigrated, type Migrations } from './migrated-boot.js';
import type { Part, Role } from './modes.js';
import { onJudged, overlookTriggers } from './plain-tables.js';
import { Random } from './random.js';
import { ReadLog } from './read-log.js';
import { ReadLoop } from './read-loop.js';
import type { SoakSettings } from './settings.js';
import { SlowStore } from './slow-store.js';
import { WriteLoop } from './write-loop.js';
import { writesOf } from './write-numbers.js';

// One application process: reads and writes at random, and tells the parent what it did and saw, until told to stop or killed.

/** How many loops of each kind. Few besides the workers': entries must live for a while, and the machine may be small. */
const loops: Readonly<Record<Role, { readonly readers: number; readonly writers: number }>> = {
  worker: { readers: 8, writers: 2 },
  neighbour: { readers: 6, writers: 1 },
  writer: { readers: 0, writers: 1 },
  migrator: { readers: 4, writers: 0 },
};

const settings = JSON.parse(process.argv[2]!) as SoakSettings;
const worker = Number(process.argv[3]);
const part = JSON.parse(process.argv[4]!) as Part;
const { database: kind, fault, seed } = settings.options;
const send = (message: FromWorker) => process.send!(message);
const randomOf = (loop: number) => new Random(seed + worker * 100 + loop);
// One that bursts gets to little else, and its writes are what is looked at.
const { readers, writers } = part.plight === 'bursting' ? { readers: 4, writers: 3 } : loops[part.role];

const redis = new Redis(settings.redisUrl);
// A lost connection is part of the game, and ioredis would print it.
redis.on('error', () => undefined);
let store: SlowStore | undefined;
const debts = new DebtBook(worker, send);
const isHeld = (hold: string) => store?.isHeld(hold) ?? false;
const counts: Counts = { hits: 0, near: 0, unasked: 0, judged: 0, misses: 0, joined: 0, storeFailures: 0 };
overlookTriggers();
onJudged(() => counts.judged++);
function listen(event: CacheEvent): void {
  if (event.name === 'entry:hit') counts.hits++;
  else if (event.name === 'entry:missed') counts.misses++;
  else if (event.name === 'load:joined') counts.joined++;
  else if (event.name === 'store:failed') {
    counts.storeFailures++;
    if (event.operation === 'advance') currentWrite.getStore()?.saidToHaveFailed(isHeld);
  } else if (event.name === 'debt:made') currentWrite.getStore()?.saidToBeOwed(debts.made(), isHeld);
  else if (event.name === 'debt:paid') debts.paid();
  else if (event.name === 'debt:lost') debts.lost();
}
const boot = (migrations: Migrations) =>
  bootApplication({
    settings,
    part,
    redis,
    migrations,
    listen,
    wrapStore: (inner) =>
      (store = new SlowStore(
        breakStore(inner, fault, part),
        randomOf(99),
        !part.plight,
        (entries) => (counts.near += entries),
        () => counts.unasked++,
      )),
  });
const app = await (part.role === 'migrator'
  ? bootMigrated(kind, writesOf(worker, 0), randomOf(50), send, boot)
  : boot([]));

const find = <T>(token: abstract new (...args: never[]) => T): T => app.get(token as never, { strict: false });
const log = new ReadLog(worker, counts, send);
const all: { stopped: boolean; run(): Promise<void> }[] = [];
if (readers) {
  const managers = {
    articles: find(ArticleCacheManager),
    bare: find(BareArticleCacheManager),
    authors: find(AuthorCacheManager),
    remarks: find(RemarkCacheManager),
  };
  for (let i = 0; i < readers; i++) all.push(new ReadLoop(managers, randomOf(i), log));
  if (part.plight === 'bursting') all.push(new BurstLoop(managers, find(ScrollCacheManager), randomOf(20), log));
}
const writeLoops = Array.from(
  { length: writers },
  (_, i) =>
    new WriteLoop(kind, find(DataSource), randomOf(10 + i), writesOf(worker, i), send, part.plight === 'bursting'),
);
all.push(...writeLoops);

process.on('message', (message: ToWorker) => {
  if (typeof message === 'object' && store) store.deathPoint = message.die;
  for (const loop of writeLoops) loop.paused = message === 'pause' || message === 'stop';
  if (message === 'stop') for (const loop of all) loop.stopped = true;
});
const orphaned = () => process.exit(1);
process.on('disconnect', orphaned);

send({ kind: 'ready' });
try {
  await Promise.all(all.map((loop) => loop.run()));
  log.tell();
} catch (error) {
  send({ kind: 'broken', error: (error as Error).stack ?? String(error) });
}
await app.close();
debts.tell(true);
redis.disconnect();
process.off('disconnect', orphaned);
process.disconnect();
