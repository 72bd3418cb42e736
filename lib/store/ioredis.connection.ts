import { type IoRedisClient, sendOver } from './ioredis.client.js';
import { dialIoRedis, type IoRedisTemplate } from './ioredis.dial.js';
import { type Dial, lineOver, type RedisCommand, type RedisConnection } from './redis-connection.js';

/** The states in which a command may be answered soon; `wait` is a lazy client, which connects for its first command. */
const ANSWERING = new Set(['ready', 'connect', 'connecting', 'wait']);

export class IoRedisConnection implements RedisConnection {
  readonly name: string;
  readonly isCluster: boolean;
  readonly keyPrefix: string;
  readonly dial?: Dial;

  constructor(private readonly client: IoRedisClient) {
    this.isCluster = client.isCluster;
    this.name = this.isCluster ? 'ioredis cluster' : 'ioredis';
    const template = client as Partial<IoRedisTemplate>;
    this.keyPrefix = template.options?.keyPrefix ?? '';
    if (template.duplicate) this.dial = dialIoRedis(client as IoRedisTemplate, lineOver(this));
  }

  async send(commands: readonly RedisCommand[]): Promise<unknown[]> {
    if (!ANSWERING.has(this.client.status)) throw new Error(`the connection is down (${this.client.status})`);
    return sendOver(this.client, commands);
  }
}
