import type { RedisCommand, RedisConnection } from './redis-connection.js';

/** What this library uses of `Redis` and `Cluster` of ioredis. */
export interface IoRedisClient {
  readonly status: string;
  readonly isCluster: boolean;
  call(command: string, args: string[]): Promise<unknown>;
  pipeline(commands: unknown[][]): { exec(): Promise<[Error | null, unknown][] | null> };
}

export function isIoRedis(client: object): client is IoRedisClient {
  return 'status' in client && 'pipeline' in client && 'call' in client;
}

/** The states in which a command may be answered soon; `wait` is a lazy client, which connects for its first command. */
const ANSWERING = new Set(['ready', 'connect', 'connecting', 'wait']);

export class IoRedisConnection implements RedisConnection {
  readonly name: string;
  readonly isCluster: boolean;

  constructor(private readonly client: IoRedisClient) {
    this.isCluster = client.isCluster;
    this.name = this.isCluster ? 'ioredis cluster' : 'ioredis';
  }

  async send(commands: readonly RedisCommand[]): Promise<unknown[]> {
    if (!ANSWERING.has(this.client.status)) throw new Error(`the connection is down (${this.client.status})`);
    return this.isCluster ? this.#sendEach(commands) : this.#sendPipeline(commands);
  }

  async #sendPipeline(commands: readonly RedisCommand[]): Promise<unknown[]> {
    const replies = await this.client.pipeline(commands.map(({ name, args }) => [name, ...args])).exec();
    return (replies ?? []).map(([error, reply]) => error ?? reply);
  }

  /** A pipeline of ioredis serves one node only. */
  #sendEach(commands: readonly RedisCommand[]): Promise<unknown[]> {
    return Promise.all(
      commands.map(({ name, args }) => this.client.call(name, [...args]).catch((error: unknown) => error)),
    );
  }
}
