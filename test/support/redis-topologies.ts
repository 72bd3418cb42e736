import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort, Proxy } from './proxy.js';
import { RedisServer } from './redis-server.js';

/** What Sentinel calls the primary. */
export const PRIMARY = 'primary';

const SLOTS = 16_384;
const NODES = 3;
const PATIENCE_MS = 30_000;
/** How soon Sentinel takes a silent server for dead, in milliseconds. */
const DOWN_AFTER_MS = 300;
/** So long Sentinel leaves a replica alone whose primary has another address than it knows: here there is a proxy in between. */
const FAILOVER_TIMEOUT_MS = 60_000;

/** A primary, a replica that hears of it through a proxy, and a Sentinel that promotes the replica when the primary dies. */
export class WatchedPair {
  private constructor(
    readonly primary: RedisServer,
    readonly replica: RedisServer,
    /** From the replica to the primary: a black hole makes the replica lag. */
    readonly between: Proxy,
    readonly sentinelPort: number,
    private readonly sentinel: ChildProcess,
  ) {}

  static async start(): Promise<WatchedPair> {
    const primary = await RedisServer.start('--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0');
    const between = await Proxy.to(primary.port);
    const replica = await RedisServer.start('--replicaof', '127.0.0.1', String(between.port));
    await until(async () => /state=online/.test(await primary.admin.info('replication')));
    const port = await freePort();
    const file = join(primary.directory, 'sentinel.conf');
    const settings = [
      `port ${port}`,
      'bind 127.0.0.1',
      `sentinel monitor ${PRIMARY} 127.0.0.1 ${primary.port} 1`,
      `sentinel down-after-milliseconds ${PRIMARY} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${PRIMARY} ${FAILOVER_TIMEOUT_MS}`,
    ];
    await writeFile(file, `${settings.join('\n')}\n`);
    const sentinel = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore', cwd: primary.directory });
    const pair = new WatchedPair(primary, replica, between, port, sentinel);
    await until(() =>
      pair.#sentinelSays(async (probe) => ((await probe.call('SENTINEL', 'REPLICAS', PRIMARY)) as []).length > 0),
    );
    return pair;
  }

  /** Resolves once the replica is the primary, and Sentinel says so. */
  async promoted(): Promise<void> {
    await until(async () => /role:master/.test(await this.replica.admin.info('replication')));
    await until(() =>
      this.#sentinelSays(async (probe) => {
        const [, port] = (await probe.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', PRIMARY)) as [string, string];
        return Number(port) === this.replica.port;
      }),
    );
  }

  async stop(): Promise<void> {
    const exited = once(this.sentinel, 'exit');
    this.sentinel.kill('SIGKILL');
    await exited;
    await this.between.cut();
    await Promise.all([this.primary.stop(), this.replica.stop()]);
  }

  async #sentinelSays(question: (probe: Redis) => Promise<boolean>): Promise<boolean> {
    const probe = new Redis(this.sentinelPort, { retryStrategy: null, maxRetriesPerRequest: 0 });
    probe.on('error', () => undefined);
    try {
      return await question(probe);
    } finally {
      probe.disconnect();
    }
  }
}

/** Three primaries that share the slots, without replicas. */
export class RedisCluster {
  private constructor(readonly servers: readonly RedisServer[]) {}

  static async start(): Promise<RedisCluster> {
    const servers: RedisServer[] = [];
    for (let i = 0; i < NODES; i++) {
      servers.push(await RedisServer.start('--cluster-enabled', 'yes', '--cluster-port', String(await freePort())));
    }
    const cluster = new RedisCluster(servers);
    for (const [i, { admin }] of servers.entries()) {
      await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
      const [first, next] = [i, i + 1].map((n) => Math.floor((n * SLOTS) / NODES));
      await admin.call('CLUSTER', 'ADDSLOTSRANGE', first!, next! - 1);
      const [, bus] = ((await servers[0]!.admin.call('CLUSTER', 'NODES')) as string).match(/@(\d+)/)!;
      if (i > 0) await admin.call('CLUSTER', 'MEET', '127.0.0.1', servers[0]!.port, bus!);
    }
    await until(async () => (await Promise.all(servers.map(knowsAll))).every(Boolean));
    return cluster;
  }

  /** The slots that have keys, each with the server that has it. */
  async usedSlots(): Promise<Map<number, RedisServer>> {
    const slots = new Map<number, RedisServer>();
    for (const server of this.servers) {
      const keys = await server.admin.keys('*');
      for (const key of keys) slots.set(Number(await server.admin.call('CLUSTER', 'KEYSLOT', key)), server);
    }
    return slots;
  }

  /** Moves a slot to the next server as `redis-cli --cluster reshard` does; for `halfWayMs` half of its keys are on either. */
  async moveSlot(slot: number, from: RedisServer, halfWayMs: number): Promise<void> {
    const to = this.servers[(this.servers.indexOf(from) + 1) % NODES]!;
    const [source, target] = await Promise.all([idOf(from), idOf(to)]);
    await to.admin.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source);
    await from.admin.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target);
    const keysLeft = async () => (await from.admin.call('CLUSTER', 'GETKEYSINSLOT', slot, 1000)) as string[];
    const migrate = async (keys: readonly string[]) => {
      if (keys.length) await from.admin.call('MIGRATE', '127.0.0.1', to.port, '', 0, 5000, 'KEYS', ...keys);
    };
    const some = await keysLeft();
    await migrate(some.slice(0, Math.ceil(some.length / 2)));
    await sleep(halfWayMs);
    for (let keys = await keysLeft(); keys.length; keys = await keysLeft()) await migrate(keys);
    for (const { admin } of [to, from, ...this.servers]) await admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', target);
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }
}

async function knowsAll({ admin }: RedisServer): Promise<boolean> {
  const info = (await admin.call('CLUSTER', 'INFO')) as string;
  return new RegExp(`cluster_state:ok[^]*cluster_known_nodes:${NODES}`).test(info);
}

async function idOf({ admin }: RedisServer): Promise<string> {
  return (await admin.call('CLUSTER', 'MYID')) as string;
}

/** Asks until it is so; a question that fails is asked again. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const late = Date.now() + PATIENCE_MS;
  while (!(await isSo().catch(() => false))) {
    if (Date.now() > late) throw new Error(`Not so within ${PATIENCE_MS} ms: ${isSo.toString()}`);
    await sleep(20);
  }
}
