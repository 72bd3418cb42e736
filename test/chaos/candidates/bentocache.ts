import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisDriver } from 'bentocache/drivers/redis';
import { DataSource } from 'typeorm';
import { Item, shelfOf } from '../entities.js';
import { boot } from './boot.js';
import type { Candidate, CandidateParts, ItemShown } from './candidate.js';
import { ioRedis } from './clients.js';

const HOUR_MS = 3_600_000;
const BENTO = 'BENTO';

/** bentocache as the bench has it, without a bus, with its keys deleted after a write. */
export async function bentocache(
  tiers: 'Redis' | 'memory + Redis',
  { databaseUrl, namespace, redis }: CandidateParts,
): Promise<Candidate> {
  const connection = ioRedis(redis);
  const layer = redisDriver({ connection, prefix: namespace });
  const store = tiers === 'Redis' ? bentostore() : bentostore().useL1Layer(memoryDriver());
  const cache = new BentoCache({ default: 'chaos', stores: { chaos: store.useL2Layer(layer) } });
  const closing = { provide: BENTO, useValue: { onModuleDestroy: () => cache.disconnectAll() } };
  const app = await boot(databaseUrl, [], [closing]);
  const { manager } = app.get(DataSource);
  const ttl = HOUR_MS;
  return {
    app,
    get: (id) =>
      cache.getOrSet<ItemShown | null>({ key: `item:${id}`, ttl, factory: () => manager.findOneBy(Item, { id }) }),
    list: (shelf) =>
      cache.getOrSet<ItemShown[]>({ key: `items:${shelf}`, ttl, factory: () => manager.findBy(Item, { shelf }) }),
    forget: async (id) => {
      await cache.delete({ key: `item:${id}` });
      await cache.delete({ key: `items:${shelfOf(id)}` });
    },
    disconnect: () => connection.disconnect(),
  };
}
