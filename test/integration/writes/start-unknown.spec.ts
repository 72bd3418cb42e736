import { createCache } from 'cache-manager';
import { DataSource } from 'typeorm';
import { expect, it, onTestFinished, vi } from 'vitest';
import { CacheEvents } from '../../../lib/events/cache-events.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';
import { dataSources } from '../../../lib/writes/data-sources.js';
import { HoldProtocol } from '../../../lib/writes/hold-protocol.js';
import { WatchedDataSource } from '../../../lib/writes/watched-data-source.js';
import { exampleEntities } from '../../fixtures/entities/example.entity.js';
import { describeDatabases } from '../../support/databases.js';
import { FaultyStore } from '../../support/faulty-store.js';

const BUDGET = 1_000;

describeDatabases('a DataSource whose entries may have missed a migration', (database) => {
  async function setUp() {
    const options = await database.options();
    const dataSource = await new DataSource({ ...options, entities: exampleEntities }).initialize();
    onTestFinished(async () => void (dataSource.isInitialized && (await dataSource.destroy())));
    const store = new MemoryStore(createCache(), { budgetMs: BUDGET });
    const faulty = new FaultyStore(store, BUDGET);
    const events = new CacheEvents();
    const failed: string[] = [];
    events.on((event) => event.name === 'store:failed' && failed.push(event.operation));
    const protocol = new HoldProtocol(() => store, events, { budgetMs: BUDGET, holdMs: 10_000 });
    const warnings: string[] = [];
    const watched = new WatchedDataSource(dataSource, protocol, events, {
      store: () => store,
      outlives: () => true,
      isPrivate: false,
      isOpen: () => true,
      isEnding: () => dataSources.isEnding(dataSource),
      warn: (text) => warnings.push(text),
      take: () => false,
    });
    onTestFinished(() => watched.stop());
    await watched.renew();
    return { dataSource, faulty, failed, warnings, watched };
  }

  it('is not watched before the store has been asked which ones they know', async () => {
    const { faulty, failed, watched } = await setUp();
    faulty.break('throws', 'read');
    await watched.start();
    expect(failed).toEqual(['catch up']);
    expect(watched.watch.isWatching).toBe(false);
    faulty.mend();
    await watched.start();
    expect(watched.watch.isWatching).toBe(true);
  });

  it('is watched again when it comes back, also after it was destroyed twice', async () => {
    const { dataSource, watched } = await setUp();
    await dataSource.destroy();
    await expect(dataSource.destroy()).rejects.toThrow();
    await dataSource.initialize();
    await watched.renew();
    await watched.start();
    expect(watched.watch.isWatching).toBe(true);
  });

  it('may have missed none because it is destroyed before it can be asked', async () => {
    const { dataSource, faulty, warnings, watched } = await setUp();
    const refused = new Error('The driver is not connected.');
    const { driver } = dataSource;
    const disconnect = driver.disconnect.bind(driver);
    let isGone = () => {};
    const gone = new Promise<void>((resolve) => (isGone = resolve));
    const createQueryRunner = dataSource.createQueryRunner.bind(dataSource);
    vi.spyOn(dataSource, 'createQueryRunner').mockImplementation((...mode) => {
      const runner = createQueryRunner(...mode);
      const refuse = () => gone.then(() => Promise.reject(refused));
      return Object.assign(runner, { query: refuse, hasTable: refuse });
    });
    const starting = watched.start();
    vi.spyOn(driver, 'disconnect').mockImplementation(async () => {
      isGone();
      await starting;
      await disconnect();
    });
    await dataSource.destroy();
    expect([faulty.count('advance'), warnings]).toEqual([0, []]);
    expect(watched.watch.isWatching).toBe(false);
  });
});
