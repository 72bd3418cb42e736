import { CacheModule } from '@nestjs/cache-manager';
import { Injectable } from '@nestjs/common';
import { BaseCacheManager, CacheEvents, QsCacheModule } from '../../../lib/index.js';
import { Item } from '../entities.js';
import { now } from '../../soak/now.js';
import { boot } from './boot.js';
import type { Candidate, CandidateParts } from './candidate.js';
import { keyvOver } from './clients.js';
import type { ClientName } from './names.js';

@Injectable()
class ItemCacheManager extends BaseCacheManager<Item> {
  model = Item;
}

/** Told of by name, whether this version has them or not. */
const told = new Set(['store:failed', 'circuit:opened', 'circuit:closed', 'debt:made', 'debt:paid', 'debt:lost']);

export async function ours(
  client: ClientName,
  { databaseUrl, namespace, redis, tell }: CandidateParts,
): Promise<Candidate> {
  const { store, disconnect } = keyvOver(client, redis);
  const listening = {
    provide: 'CHAOS_LISTENER',
    useFactory: (events: CacheEvents) =>
      events.on((event) => {
        const { name, operation } = event as { readonly name: string; readonly operation?: string };
        if (told.has(name)) tell({ name, at: now(), ...(operation !== undefined && { operation }) });
      }),
    inject: [CacheEvents],
  };
  const app = await boot(
    databaseUrl,
    [
      CacheModule.registerAsync({ useFactory: () => ({ stores: [store] }) }),
      QsCacheModule.forRoot({ namespace }),
      QsCacheModule.forFeature([ItemCacheManager]),
    ],
    [listening],
  );
  const items = app.get(ItemCacheManager, { strict: false });
  return {
    app,
    get: (id) => items.get(id, { raiseException: false }),
    list: async (shelf) => items.all({ suffix: `shelf-${shelf}`, where: { shelf } }),
    // It has seen the write.
    forget: async () => undefined,
    disconnect,
  };
}
