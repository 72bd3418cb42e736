import { createCache } from 'cache-manager';
import { DataSource } from 'typeorm';
import { expect, it, onTestFinished } from 'vitest';
import { CacheEvents } from '../../../lib/events/cache-events.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';
import { HoldProtocol } from '../../../lib/writes/hold-protocol.js';
import { WatchedDataSource } from '../../../lib/writes/watched-data-source.js';
import { exampleEntities } from '../../fixtures/entities/example.entity.js';
import { describeDatabases } from '../../support/databases.js';
import { FaultyStore } from '../../support/faulty-store.js';

const BUDGET = 1_000;

describeDatabases('a DataSource whose entries may have missed a migration', (database) => {
  it('is not watched before the store has been asked which ones they know', async () => {
    const options = await database.options();
    const dataSource = await new DataSource({ ...options, entities: exampleEntities }).initialize();
    onTestFinished(() => dataSource.destroy());
    const store = new MemoryStore(createCache(), { budgetMs: BUDGET });
    const faulty = new FaultyStore(store, BUDGET).break('throws', 'read');
    const events = new CacheEvents();
    const failed: string[] = [];
    events.on((event) => event.name === 'store:failed' && failed.push(event.operation));
    const protocol = new HoldProtocol(() => store, events, { budgetMs: BUDGET, holdMs: 10_000 });
    const watched = new WatchedDataSource(dataSource, protocol, events, {
      store: () => store,
      outlives: () => true,
      isOpen: () => true,
      warn: () => undefined,
      take: () => false,
    });
    onTestFinished(() => watched.stop());

    await watched.renew();
    await watched.start();
    expect(failed).toEqual(['catch up']);
    expect(watched.watch.isWatching).toBe(false);
    faulty.mend();
    await watched.start();
    expect(watched.watch.isWatching).toBe(true);
  });
});
