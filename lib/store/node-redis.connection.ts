import type { RedisCommand, RedisConnection } from './redis-connection.js';

/** What this library uses of the clients of `redis` and `@redis/client`. */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  /** A cluster has none. */
  readonly isReady?: boolean;
  sendCommand(...args: never[]): Promise<unknown>;
}

type Send = (command: RedisCommand) => Promise<unknown>;

export function isNodeRedis(client: object): client is NodeRedisClient {
  return 'isOpen' in client && 'sendCommand' in client;
}

/** Replies as strings, even for a client told to answer with Buffers. */
const OPTIONS = { typeMapping: {} };

export class NodeRedisConnection implements RedisConnection {
  readonly name: string;
  readonly isCluster: boolean;
  readonly #send: Send;
  #wasReady = false;

  constructor(
    private readonly client: NodeRedisClient,
    /** Connects a client nobody has connected yet. */
    private readonly open?: () => Promise<unknown>,
  ) {
    this.isCluster = 'slots' in client;
    this.name = this.isCluster ? 'node-redis cluster' : 'node-redis';
    this.#send = sender(client, this.isCluster);
  }

  async send(commands: readonly RedisCommand[]): Promise<unknown[]> {
    await this.#ensureAnswering();
    // Commands sent in one turn leave in one packet.
    return Promise.all(commands.map((command) => this.#send(command).catch((error: unknown) => error)));
  }

  async #ensureAnswering(): Promise<void> {
    if (!this.client.isOpen) {
      if (!this.open) throw new Error('the client is not connected (await client.connect() first)');
      await this.open();
    }
    if (this.client.isReady === false && this.#wasReady) throw new Error('the connection is down (reconnecting)');
    this.#wasReady ||= this.client.isReady === true;
  }
}

function sender(client: NodeRedisClient, isCluster: boolean): Send {
  const send = client.sendCommand.bind(client) as (...args: unknown[]) => Promise<unknown>;
  if (isCluster) return ({ name, args, key }) => send(key, false, [name, ...args], OPTIONS);
  if ('getSentinelNode' in client) return ({ name, args }) => send(false, [name, ...args], OPTIONS);
  return ({ name, args }) => send([name, ...args], OPTIONS);
}
