import { type NodeRedisClient, type Send, sender } from './node-redis.client.js';
import { dialNodeRedis, type NodeRedisTemplate, speaksTls } from './node-redis.dial.js';
import {
  CONNECT_TIMEOUT_MS,
  type Dial,
  lineOver,
  type RedisCommand,
  type RedisConnection,
} from './redis-connection.js';
import { untilReady } from './until-ready.js';

export class NodeRedisConnection implements RedisConnection {
  readonly name: string;
  readonly isCluster: boolean;
  readonly isLeftAlone: boolean;
  readonly isTls: boolean;
  readonly dial?: Dial;
  readonly #send: Send;
  #wasReady = false;

  constructor(
    private readonly client: NodeRedisClient,
    /** Connects a client nobody has connected yet: it belongs to a store of CACHE_MANAGER, which closes it. */
    private readonly open?: () => Promise<unknown>,
  ) {
    this.isCluster = 'slots' in client;
    this.name = this.isCluster ? 'node-redis cluster' : 'node-redis';
    this.isLeftAlone = open !== undefined;
    this.isTls = speaksTls(client as NodeRedisTemplate);
    this.#send = sender(client, this.isCluster);
    if ('duplicate' in client) this.dial = dialNodeRedis(client as NodeRedisTemplate, lineOver(this));
  }

  async send(commands: readonly RedisCommand[], patienceMs = CONNECT_TIMEOUT_MS): Promise<unknown[]> {
    await this.#ensureAnswering(patienceMs);
    // Commands sent in one turn leave in one packet.
    return Promise.all(commands.map((command) => this.#send(command).catch((error: unknown) => error)));
  }

  async #ensureAnswering(patienceMs: number): Promise<void> {
    const { client } = this;
    if (!client.isOpen) await this.#opened(patienceMs);
    else if (client.isReady === false) {
      if (this.#wasReady) throw new Error('the connection is down (reconnecting)');
      const state = () => (client.isReady ? 'ready' : client.isOpen ? 'coming' : 'gone');
      await untilReady(state, patienceMs, () => (client.isOpen ? 'connecting' : 'closed'));
    }
    this.#wasReady ||= client.isReady === true;
  }

  async #opened(patienceMs: number): Promise<void> {
    const { client } = this;
    if (!this.open) throw new Error('the client is not connected (await client.connect() first)');
    const opened = this.open();
    // A cluster does not say whether it is ready.
    if (client.isReady === undefined) return void (await opened);
    const ready = untilReady(
      () => (client.isReady ? 'ready' : 'coming'),
      patienceMs,
      () => 'connecting',
    );
    await Promise.race([opened, ready]);
    if (!client.isReady) throw new Error('the client is not connected (its connect() failed)');
  }
}
