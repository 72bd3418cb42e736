import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, it } from 'vitest';
import { freePort } from './proxy.js';

export { freePort, Proxy } from './proxy.js';

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

  /** SIGKILL: what was not saved is gone. */
  async kill(): Promise<void> {
    await this.#end();
  }

  /** After `kill`, with what was saved last, or empty. */
  async revive(): Promise<void> {
    await this.#run();
  }

  async stop(): Promise<void> {
    // Killed already, it would not end once more.
    if (this.#process?.exitCode === null && this.#process.signalCode === null) await this.#end();
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
