import { InvalidConfigurationError } from '../errors.js';
import { IoRedisConnection, isIoRedis, type IoRedisClient } from './ioredis.connection.js';
import { isNodeRedis, NodeRedisConnection, type NodeRedisClient } from './node-redis.connection.js';
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
