import type { RedisCommand } from './redis-connection.js';

/** What this library uses of `Redis` and `Cluster` of ioredis. */
export interface IoRedisClient {
  readonly status: string;
  readonly isCluster: boolean;
  connect?(): Promise<void>;
  call(command: string, args: string[]): Promise<unknown>;
  pipeline(commands: unknown[][]): { exec(): Promise<[Error | null, unknown][] | null> };
}

export function isIoRedis(client: unknown): client is IoRedisClient {
  if (typeof client !== 'object' || client === null) return false;
  return 'status' in client && 'pipeline' in client && 'call' in client;
}

/** Answers in the order of the commands, an `Error` in the place of one that failed. */
export async function sendOver(client: IoRedisClient, commands: readonly RedisCommand[]): Promise<unknown[]> {
  // A pipeline of ioredis serves one node only.
  if (client.isCluster) {
    return Promise.all(commands.map(({ name, args }) => client.call(name, [...args]).catch((error: unknown) => error)));
  }
  const replies = await client.pipeline(commands.map(({ name, args }) => [name, ...args])).exec();
  return (replies ?? []).map(([error, reply]) => error ?? reply);
}
