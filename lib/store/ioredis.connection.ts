import { type IoRedisClient, sendOver } from './ioredis.client.js';
import { dialIoRedis, type IoRedisTemplate } from './ioredis.dial.js';
import {
  CONNECT_TIMEOUT_MS,
  type Dial,
  lineOver,
  type RedisCommand,
  type RedisConnection,
} from './redis-connection.js';
import { untilReady } from './until-ready.js';

/** The states in which a command may be answered soon; `wait` is a lazy client, which connects when it is told to. */
const COMING = new Set(['connect', 'connecting', 'wait']);

export class IoRedisConnection implements RedisConnection {
  readonly name: string;
  readonly isCluster: boolean;
  readonly keyPrefix: string;
  readonly isTls: boolean;
  readonly dial?: Dial;

  constructor(private readonly client: IoRedisClient) {
    this.isCluster = client.isCluster;
    this.name = this.isCluster ? 'ioredis cluster' : 'ioredis';
    const template = client as Partial<IoRedisTemplate>;
    this.keyPrefix = template.options?.keyPrefix ?? '';
    this.isTls = Boolean(template.options?.tls ?? template.options?.redisOptions?.['tls']);
    if (template.duplicate) this.dial = dialIoRedis(client as IoRedisTemplate, lineOver(this));
  }

  async send(commands: readonly RedisCommand[], patienceMs = CONNECT_TIMEOUT_MS): Promise<unknown[]> {
    if (this.client.status !== 'ready') await this.#ready(patienceMs);
    return sendOver(this.client, commands);
  }

  async #ready(patienceMs: number): Promise<void> {
    const { client } = this;
    if (!COMING.has(client.status)) throw new Error(`the connection is down (${client.status})`);
    // Why it fails is in its 'error' events, which are the application's.
    if (client.status === 'wait') client.connect?.().catch(() => undefined);
    const state = () => (client.status === 'ready' ? 'ready' : client.status === 'end' ? 'gone' : 'coming');
    await untilReady(state, patienceMs, () => client.status);
  }
}
