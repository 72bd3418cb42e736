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
export function sendOver(client: IoRedisClient, commands: readonly RedisCommand[]): Promise<unknown[]> {
  const [only] = commands;
  // A pipeline of ioredis serves one node only, and takes longer than the one command in it.
  if (commands.length === 1) return sendOne(client, only!).then(listed);
  if (client.isCluster) return Promise.all(commands.map((command) => sendOne(client, command)));
  return client
    .pipeline(commands.map(({ name, args }) => [name, ...args]))
    .exec()
    .then((replies) => (replies ?? []).map(([error, reply]) => error ?? reply));
}

function sendOne(client: IoRedisClient, { name, args }: RedisCommand): Promise<unknown> {
  return client.call(name, args as string[]).catch((error: unknown) => error);
}

const listed = (reply: unknown): unknown[] => [reply];
