import { createCache } from 'cache-manager';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { onTestFinished } from 'vitest';
import { CacheEvents } from '../../lib/events/cache-events.js';
import { type Change, parseChanges } from '../../lib/journal/change.js';
import type { ClockWrite } from '../../lib/store/cache-store.js';
import { MemoryStore } from '../../lib/store/memory.store.js';
import { dataSources } from '../../lib/writes/data-sources.js';
import { HoldProtocol } from '../../lib/writes/hold-protocol.js';
import { WatchedDataSource } from '../../lib/writes/watched-data-source.js';

/** Keeps what it is told. */
class RecordingStore extends MemoryStore {
  told: ClockWrite[] = [];

  override async advance(writes: readonly ClockWrite[], hold?: string): Promise<void> {
    this.told.push(...writes);
    await super.advance(writes, hold);
  }
}

/** A change without its moment; `unknown` where none was told. */
export type Told = Omit<Change, 'at'> | 'unknown';

/** A watched DataSource, and what its store is told. */
export interface Telling {
  readonly dataSource: DataSource;
  readonly warnings: readonly string[];
  /** By table, what `work` has told of it, in its order. */
  during(work: () => PromiseLike<unknown>): Promise<Record<string, Told[]>>;
}

/** A DataSource that tells a store of its own of its writes; destroyed when the test ends. */
export async function tellingDataSource(options: DataSourceOptions, prepare: readonly string[] = []): Promise<Telling> {
  const dataSource = await new DataSource(options).initialize();
  onTestFinished(async () => void (dataSource.isInitialized && (await dataSource.destroy())));
  for (const sql of prepare) await dataSource.query(sql);
  return telling(dataSource);
}

/** Watches one that is initialized; it is stopped when the test ends. */
export async function telling(dataSource: DataSource): Promise<Telling> {
  const store = new RecordingStore(createCache(), { budgetMs: 5_000 });
  const events = new CacheEvents();
  const warnings: string[] = [];
  const protocol = new HoldProtocol(() => store, events, { budgetMs: 5_000, holdMs: 10_000 });
  const watched = new WatchedDataSource(dataSource, protocol, events, {
    store: () => store,
    outlives: () => false,
    isPrivate: false,
    isOpen: () => true,
    isEnding: () => dataSources.isEnding(dataSource),
    warn: (text) => warnings.push(text),
    take: () => false,
  });
  onTestFinished(() => watched.stop());
  await watched.renew();
  await watched.start();
  return {
    dataSource,
    warnings,
    async during(work) {
      store.told = [];
      await work();
      const byTable: Record<string, Told[]> = {};
      for (const { clock, change } of store.told) {
        const told = change === undefined ? undefined : parseChanges(change);
        const table = clock.slice(clock.lastIndexOf('.') + 1);
        (byTable[table] ??= []).push(...(told ? told.map(({ at: _at, ...rest }) => rest) : (['unknown'] as const)));
      }
      return byTable;
    },
  };
}
