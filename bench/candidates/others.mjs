import KeyvRedis from '@keyv/redis';
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisDriver } from 'bentocache/drivers/redis';
import { createCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { names } from '../names.mjs';

const HOUR = 3_600_000;

/** These keep what they are given as JSON, so a hit is plain objects: no instances, dates as text. */
export function cacheManagerOnRedis({ id, redisUrl }, { manager }) {
  const cache = createCache({ stores: [new Keyv({ store: new KeyvRedis(redisUrl), namespace: id })], ttl: HOUR });
  return {
    name: names.wrap,
    returns: 'plain',
    cached: true,
    read: (shape) => cache.wrap(shape.name, () => shape.find(manager)),
    close: () => cache.disconnect(),
  };
}

export function bentoInMemory(_, { manager }) {
  return bento(names.bentoMemory, bentostore().useL1Layer(memoryDriver()), manager);
}

export function bentoOnRedis({ id, redis }, { manager }) {
  const layer = redisDriver({ connection: redis.options, prefix: `${id}:bento` });
  return bento(names.bentoRedis, bentostore().useL2Layer(layer), manager);
}

export function bentoInMemoryAndOnRedis({ id, redis }, { manager }) {
  const layer = redisDriver({ connection: redis.options, prefix: `${id}:bento-tiered` });
  return bento(names.bentoTiered, bentostore().useL1Layer(memoryDriver()).useL2Layer(layer), manager);
}

function bento(name, store, manager) {
  const cache = new BentoCache({ default: 'bench', stores: { bench: store } });
  return {
    name,
    returns: 'plain',
    cached: true,
    read: (shape) => cache.getOrSet({ key: shape.name, ttl: HOUR, factory: () => shape.find(manager) }),
    close: () => cache.disconnectAll(),
  };
}
