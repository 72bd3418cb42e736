import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { FaultName } from './fault-names.js';
import { ClusterStage, FailoverStage, ServerStage, type Stage } from './stages.js';

export interface Fault<S extends Stage = Stage> {
  /** Whom it meets: the processes behind the proxy, or everybody. */
  readonly meets: 'near' | 'all';
  /** Whether the database is up all the time: then no request may fail. */
  readonly databaseUp: boolean;
  open(serverUrl: string, databaseName: string): Promise<S>;
  /** From here on the server forgets what is written: some writes later the fault begins. */
  prepare?(stage: S): Promise<void> | void;
  bring(stage: S): Promise<void> | void;
  /** Resolves at the moment from which on everything is in order again. */
  heal(stage: S): Promise<void>;
}

/** How long a slot is in two places. */
const HALF_MOVED_MS = 30;
const FILLERS = 20;
const FILLER_BYTES = 10_000;
const FILLER_PAUSE_MS = 20;

const onServer = (fault: Partial<Fault<ServerStage>> & Pick<Fault<ServerStage>, 'bring'>): Fault<ServerStage> => ({
  meets: 'near',
  databaseUp: true,
  open: (serverUrl, databaseName) => ServerStage.open(serverUrl, databaseName),
  heal: ({ way }) => way.heal(),
  ...fault,
});

const failover: Fault<FailoverStage> = {
  meets: 'all',
  databaseUp: true,
  open: (serverUrl, databaseName) => FailoverStage.open(serverUrl, databaseName),
  prepare: ({ pair }) => pair.between.blackHole(),
  bring: ({ pair }) => pair.primary.kill(),
  heal: ({ pair }) => pair.promoted(),
};

const moves = new WeakMap<ClusterStage, Promise<void>>();
const slotMigration: Fault<ClusterStage> = {
  meets: 'all',
  databaseUp: true,
  open: (serverUrl, databaseName) => ClusterStage.open(serverUrl, databaseName),
  bring(stage) {
    const moved = moveAll(stage);
    moves.set(stage, moved);
    // Told by `heal`, which may come later than the failure.
    moved.catch(() => undefined);
  },
  heal: async (stage) => moves.get(stage),
};

/** Every slot with something in it, one after the other. */
async function moveAll({ cluster }: ClusterStage): Promise<void> {
  for (const [slot, server] of await cluster.usedSlots()) await cluster.moveSlot(slot, server, HALF_MOVED_MS);
}

const filling = new WeakSet<ServerStage>();

/** More than fits, all the time: whatever else is there gets evicted. */
async function fill(stage: ServerStage): Promise<void> {
  const { admin } = stage.server;
  const text = 'x'.repeat(FILLER_BYTES);
  for (let i = 0; filling.has(stage); i++) {
    const fillers = Array.from({ length: FILLERS }, (_, n) => ['set', `filler:${i}:${n}`, text]);
    await admin.pipeline(fillers).exec();
    await sleep(FILLER_PAUSE_MS);
  }
}

async function limitMemory(admin: Redis, policy: string, moreBytes: number): Promise<void> {
  const [, used] = /used_memory:(\d+)/.exec(await admin.info('memory'))!;
  await admin.config('SET', 'maxmemory-policy', policy);
  await admin.config('SET', 'maxmemory', Number(used) + moreBytes);
}

/** The clocks of the hot table; of a cache without clocks all it has. */
async function hotKeys(admin: Redis): Promise<string[]> {
  const keys = await admin.keys('*');
  const clocks = keys.filter((key) => /^qscache:\{.*item.*\}$/.test(key));
  return clocks.length ? clocks : keys;
}

async function removeLists(admin: Redis): Promise<void> {
  for (const key of await admin.keys('*')) if ((await admin.type(key)) === 'list') await admin.del(key);
}

export const faults: Readonly<Record<FaultName, Fault>> = {
  refused: onServer({ bring: ({ way }) => way.cut() }),
  'black-hole': onServer({ bring: ({ way }) => way.blackHole() }),
  'latency-2s': onServer({ bring: ({ way }) => void (way.latencyMs = 1000) }),
  'latency-100ms': onServer({ bring: ({ way }) => void (way.latencyMs = 50) }),
  // Enough for a client to come up and ask something.
  'cut-mid-reply': onServer({ bring: ({ way }) => way.cutReplies(12) }),
  'restart-empty': onServer({
    meets: 'all',
    bring: ({ server }) => server.kill(),
    heal: ({ server }) => server.revive(),
  }),
  'old-snapshot': onServer({
    meets: 'all',
    prepare: async ({ server }) => void (await server.admin.save()),
    bring: ({ server }) => server.kill(),
    heal: ({ server }) => server.revive(),
  }),
  failover,
  'slot-migration': slotMigration,
  full: onServer({
    meets: 'all',
    bring: ({ server }) => limitMemory(server.admin, 'noeviction', -100_000),
    heal: async ({ server }) => void (await server.admin.config('SET', 'maxmemory', 0)),
  }),
  eviction: onServer({
    meets: 'all',
    async bring(stage) {
      await limitMemory(stage.server.admin, 'allkeys-lru', 300_000);
      filling.add(stage);
      // It ends with the server, should the round end before its time.
      fill(stage).catch(() => undefined);
    },
    async heal(stage) {
      filling.delete(stage);
      await stage.server.admin.config('SET', 'maxmemory', 0);
    },
  }),
  'wrong-type': onServer({
    meets: 'all',
    async bring({ server: { admin } }) {
      for (const key of await hotKeys(admin)) await admin.multi().del(key).lpush(key, 'what is no clock').exec();
    },
    heal: ({ server }) => removeLists(server.admin),
  }),
  password: onServer({
    meets: 'all',
    async bring({ server: { admin } }) {
      await admin.config('SET', 'requirepass', 'another');
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    },
    heal: async ({ server }) => void (await server.admin.config('SET', 'requirepass', '')),
  }),
  'database-down': onServer({
    meets: 'all',
    databaseUp: false,
    bring: ({ database }) => database.cut(),
    heal: ({ database }) => database.heal(),
  }),
  'both-down': onServer({
    databaseUp: false,
    bring: async ({ way, database }) => void (await Promise.all([way.cut(), database.cut()])),
    heal: async ({ way, database }) => void (await Promise.all([way.heal(), database.heal()])),
  }),
};
