import { type NodeRedisClient, type Send, sender } from './node-redis.client.js';
import { dialNodeRedis, type NodeRedisTemplate } from './node-redis.dial.js';
import { type Dial, lineOver, type RedisCommand, type RedisConnection } from './redis-connection.js';

export class NodeRedisConnection implements RedisConnection {
  readonly name: string;
  readonly isCluster: boolean;
  readonly dial?: Dial;
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
    if ('duplicate' in client) this.dial = dialNodeRedis(client as NodeRedisTemplate, lineOver(this));
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
