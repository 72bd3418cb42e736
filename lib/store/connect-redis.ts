import { InvalidConfigurationError } from '../errors.js';
import { type IoRedisClient, isIoRedis } from './ioredis.client.js';
import { IoRedisConnection } from './ioredis.connection.js';
import { isNodeRedis, type NodeRedisClient } from './node-redis.client.js';
import { NodeRedisConnection } from './node-redis.connection.js';
import type { RedisConnection } from './redis-connection.js';

/**
 * A client of `ioredis` (standalone, Sentinel or Cluster), or a connected one of `redis` (client, Sentinel or cluster).
 *
 * @publicApi
 */
export type RedisClient = IoRedisClient | NodeRedisClient;

export function connectRedis(client: RedisClient): RedisConnection {
  if (isIoRedis(client)) return new IoRedisConnection(client);
  if (isNodeRedis(client)) return new NodeRedisConnection(client);
  throw new InvalidConfigurationError(
    'QSCACHE_UNKNOWN_REDIS_CLIENT',
    'The given redis is neither an ioredis nor a node-redis client, so nothing could be cached with it. ' +
      'Give new Redis(...) of ioredis, or await createClient(...).connect() of redis.',
  );
}
