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
  checkRedis(client);
  return isIoRedis(client) ? new IoRedisConnection(client) : new NodeRedisConnection(client);
}

/** @throws {InvalidConfigurationError} for what is no client this library speaks through; it quotes nothing: URLs have passwords in them */
export function checkRedis(given: unknown): asserts given is RedisClient {
  if (isObject(given) && isIoRedis(given)) return;
  if (isObject(given) && isNodeRedis(given)) {
    if (isOfVersion5(given)) return;
    throw unknownClient(
      'a client of redis 4',
      'Update redis to 5 (or @redis/client), or give new Redis(url) of ioredis.',
    );
  }
  throw unknownClient(...explained(given));
}

/** What version 4 called `disconnect()`. */
const isOfVersion5 = (client: object): boolean => 'destroy' in client;

function explained(given: unknown): [what: string, remedy: string] {
  if (typeof given === 'string') return ['a text', 'Give a client of that URL: new Redis(url) of ioredis.'];
  if (typeof given === 'function')
    return ['a class or a function', 'Give what it makes: new Redis(url) of ioredis, or a connected client of redis.'];
  if (!isObject(given))
    return [given === null ? 'null' : `a ${typeof given}`, 'Give new Redis(url) of ioredis, or leave it out.'];
  if (given instanceof URL) return ['a URL', 'Give a client of it: new Redis(url.href) of ioredis.'];
  if ('then' in given)
    return [
      'a promise',
      'Await it: forRootAsync({ useFactory: async () => ({ redis: await createClient(...).connect() }) }).',
    ];
  if ('host' in given || 'port' in given || 'path' in given)
    return ['an object with the options of a client', 'Give the client: new Redis(options) of ioredis.'];
  if ('url' in given || 'socket' in given)
    return [
      'an object with the options of a client',
      'Give the client: await createClient(options).connect() of redis.',
    ];
  if ('opts' in given || 'createKeyPrefix' in given || 'stores' in given)
    return ['a store', 'Put it into CACHE_MANAGER, CacheModule.register({ stores: [store] }), and leave redis out.'];
  return ['an object', 'Give new Redis(url) of ioredis, or await createClient(...).connect() of redis.'];
}

function unknownClient(what: string, remedy: string): InvalidConfigurationError {
  return new InvalidConfigurationError(
    'QSCACHE_UNKNOWN_REDIS_CLIENT',
    `QsCacheModule option redis is ${what}, and neither an ioredis nor a node-redis client, so nothing could be cached with it. ${remedy}`,
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
