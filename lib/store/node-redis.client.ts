import type { RedisCommand } from './redis-connection.js';

/** What this library uses of the clients of `redis` and `@redis/client`. */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  /** A cluster has none. */
  readonly isReady?: boolean;
  sendCommand(...args: never[]): Promise<unknown>;
}

export type Send = (command: RedisCommand) => Promise<unknown>;

export function isNodeRedis(client: object): client is NodeRedisClient {
  return 'isOpen' in client && 'sendCommand' in client;
}

/** Replies as strings, even for a client told to answer with Buffers. */
const OPTIONS = { typeMapping: {} };

export function sender(client: NodeRedisClient, isCluster: boolean): Send {
  const send = client.sendCommand.bind(client) as (...args: unknown[]) => Promise<unknown>;
  if (isCluster) return ({ name, args, key }) => send(key, false, [name, ...args], OPTIONS);
  if ('getSentinelNode' in client) return ({ name, args }) => send(false, [name, ...args], OPTIONS);
  return ({ name, args }) => send([name, ...args], OPTIONS);
}
