import { CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager';
import type { Cache } from 'cache-manager';
import { DataSource } from 'typeorm';
import { Item, shelfOf } from '../entities.js';
import { boot } from './boot.js';
import type { Candidate, CandidateParts, ItemShown } from './candidate.js';
import { keyvOver } from './clients.js';
import type { ClientName } from './names.js';

const HOUR_MS = 3_600_000;

/** cache-manager's `wrap`, with its keys deleted after a write, as its users do by hand. */
export async function wrap(client: ClientName, { databaseUrl, namespace, redis }: CandidateParts): Promise<Candidate> {
  const { store, disconnect } = keyvOver(client, redis);
  store.namespace = namespace;
  const stores = () => ({ stores: [store], ttl: HOUR_MS });
  const app = await boot(databaseUrl, [CacheModule.registerAsync({ isGlobal: true, useFactory: stores })]);
  const cache = app.get<Cache>(CACHE_MANAGER, { strict: false });
  const { manager } = app.get(DataSource);
  return {
    app,
    get: (id) => cache.wrap<ItemShown | null>(`item:${id}`, () => manager.findOneBy(Item, { id })),
    list: (shelf) => cache.wrap<ItemShown[]>(`items:${shelf}`, () => manager.findBy(Item, { shelf })),
    forget: async (id) => {
      await cache.del(`item:${id}`);
      await cache.del(`items:${shelfOf(id)}`);
    },
    disconnect,
  };
}
