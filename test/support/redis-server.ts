import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, it } from 'vitest';

/** A `describe` that starts Redis servers of its own, to break them. */
export function describeWithRedisServers(title: string, body: () => void): void {
  if (spawnSync('redis-server', ['--version']).status === 0) {
    describe(title, body);
    return;
  }
  if (process.env.CI)
    throw new Error(`"${title}" needs redis-server, which is not installed. Install Redis 7 or newer.`);
  console.warn(`Skipped "${title}": redis-server is not installed`);
  describe(title, () => it.skip('needs redis-server', () => undefined));
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** One redis-server in a directory of its own. */
export class RedisServer {
  #process: ChildProcess | undefined;
  /** For the test's own questions. */
  admin: Redis;

  private constructor(
    readonly port: number,
    readonly directory: string,
    private readonly options: readonly string[],
  ) {}

  static async start(...options: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), 'qscache-redis-')), options);
    await server.#run();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Saves everything, stops and comes back with it. */
  async restart(): Promise<void> {
    await this.admin.save();
    await this.#end();
    await this.#run();
  }

  async stop(): Promise<void> {
    await this.#end();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Calls of every command since the server started, by name. */
  async commandCalls(): Promise<Map<string, number>> {
    const stats = await this.admin.info('commandstats');
    return new Map(
      [...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)].map(([, name, calls]) => [name!, Number(calls)]),
    );
  }

  async #run(): Promise<void> {
    const own = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.directory, '--save', ''];
    this.#process = spawn('redis-server', [...own, ...this.options], { stdio: 'ignore' });
    this.admin = new Redis(this.port, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    this.admin.on('error', () => undefined);
    await this.admin.ping();
  }

  async #end(): Promise<void> {
    this.admin.disconnect();
    const exited = once(this.#process!, 'exit');
    this.#process!.kill('SIGKILL');
    await exited;
  }
}

/** A way to a server that can be long, blocked (nothing passes, nothing is refused), reset or cut. */
export class Proxy {
  /** Of one direction. */
  latencyMs = 0;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #blocked = false;

  private constructor(
    readonly port: number,
    private readonly target: number,
  ) {}

  static async to(target: number): Promise<Proxy> {
    const proxy = new Proxy(await freePort(), target);
    await proxy.open();
    return proxy;
  }

  async open(): Promise<void> {
    this.#blocked = false;
    this.#server = createServer((inbound) => this.#pass(inbound)).listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  block(): void {
    this.#blocked = true;
  }

  /** Lets pass what comes from now on; what came meanwhile is lost. */
  unblock(): void {
    this.#blocked = false;
  }

  /** Ends every connection, and takes new ones. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Ends every connection and refuses new ones. */
  async cut(): Promise<void> {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server?.listening) await once(this.#server, 'close');
  }

  #pass(inbound: Socket): void {
    const outbound = connect(this.target, '127.0.0.1');
    for (const [from, to] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (chunk) => {
        if (this.#blocked) return;
        if (this.latencyMs === 0) to.write(chunk);
        else setTimeout(() => to.writable && to.write(chunk), this.latencyMs);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
