import KeyvRedis, { createCluster, createSentinel } from '@keyv/redis';
import { KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Cluster, Redis } from 'ioredis';
import { Keyv } from 'keyv';
import type { RedisAddress } from '../messages.js';
import type { ClientName } from './names.js';

const HOST = '127.0.0.1';

/** With the settings their users have who set nothing. */
export function ioRedis(address: RedisAddress): Redis | Cluster {
  const client = ioRedisOf(address);
  // Without a listener ioredis prints each lost connection.
  client.on('error', () => undefined);
  return client;
}

function ioRedisOf(address: RedisAddress): Redis | Cluster {
  switch (address.kind) {
    case 'server':
      return new Redis(address.port, HOST);
    case 'sentinel':
      return new Redis({ sentinels: [{ host: HOST, port: address.port }], name: address.name });
    case 'cluster':
      return new Cluster(address.ports.map((port) => ({ host: HOST, port })));
  }
}

export interface Shared {
  readonly store: Keyv;
  disconnect(): void;
}

/** What CACHE_MANAGER is made of. */
export function keyvOver(client: ClientName, address: RedisAddress): Shared {
  const shared = client === 'ioredis' ? overIoRedis(address) : overNodeRedis(address);
  shared.store.on('error', () => undefined);
  return shared;
}

function overIoRedis(address: RedisAddress): Shared {
  const client = ioRedis(address);
  // Its types are those of cache-manager 5.
  const store = new Keyv({ store: new KeyvAdapter(redisInsStore(client as never) as never) });
  return { store, disconnect: () => client.disconnect() };
}

function overNodeRedis(address: RedisAddress): Shared {
  const adapter = new KeyvRedis(nodeRedisOf(address) as never);
  adapter.on('error', () => undefined);
  // CacheModule closes it.
  return { store: new Keyv({ store: adapter }), disconnect: () => undefined };
}

function nodeRedisOf(address: RedisAddress) {
  switch (address.kind) {
    case 'server':
      return `redis://${HOST}:${address.port}`;
    case 'sentinel':
      return createSentinel({ name: address.name, sentinelRootNodes: [{ host: HOST, port: address.port }] });
    case 'cluster':
      return createCluster({ rootNodes: address.ports.map((port) => ({ url: `redis://${HOST}:${port}` })) });
  }
}
