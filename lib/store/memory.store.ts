import { randomUUID } from 'node:crypto';
import type { Cache } from 'cache-manager';
import { safeError } from '../events/safe-error.js';
import { type Budget, withinBudget } from './budget.js';
import { CacheStore, type EntriesRead, type TableWrite, type TagQuery, type TagsRead } from './cache-store.js';
import { TagTable } from './tag-table.js';

export interface MemoryStoreOptions {
  readonly budgetMs: number;
  /** Most row tags kept; the oldest go first, and a row whose tag is gone is a miss once. */
  readonly maxRows?: number;
}

/**
 * Entries in CACHE_MANAGER, tags in this process: right as long as this process is the only one that writes.
 *
 * @internal
 */
export class MemoryStore extends CacheStore {
  readonly name = 'memory';
  readonly #tags: TagTable;
  /** Another process, or this one after a restart, knows nothing of these tags: entries it left behind must not count. */
  readonly #epoch = randomUUID();

  constructor(
    private readonly cache: Pick<Cache, 'get' | 'set' | 'del'>,
    private readonly options: MemoryStoreOptions,
  ) {
    super();
    this.#tags = new TagTable(options.budgetMs, options.maxRows ?? 100_000);
  }

  read(keys: readonly string[], queries: readonly TagQuery[], budget?: Budget): Promise<EntriesRead> {
    const work = async () => {
      const values = await Promise.all(keys.map((key) => this.cache.get<unknown>(key)));
      const tables = queries.map((query) => this.#tags.read(query));
      return {
        epoch: this.#epoch,
        tables,
        entries: values.map((value) => (typeof value === 'string' ? value : undefined)),
      };
    };
    return this.#within('read', work, budget);
  }

  async touch(queries: readonly TagQuery[], lifetimeMs: number): Promise<TagsRead> {
    return { epoch: this.#epoch, tables: queries.map((query) => this.#tags.touch(query, lifetimeMs)) };
  }

  async put(key: string, entry: string, lifetimeMs: number): Promise<void> {
    await this.#within('store an entry', () => this.cache.set(key, entry, lifetimeMs));
  }

  async remove(keys: readonly string[]): Promise<void> {
    await this.#within('remove entries', () => Promise.all(keys.map((key) => this.cache.del(key))));
  }

  async hold(tables: readonly string[], id: string, deadlineMs: number, releasesKeys?: boolean): Promise<void> {
    for (const table of tables) this.#tags.hold(table, id, deadlineMs, releasesKeys);
  }

  async release(tables: readonly string[], id: string): Promise<void> {
    for (const table of tables) this.#tags.release(table, id);
  }

  async advance(writes: readonly TableWrite[], hold?: string): Promise<void> {
    for (const write of writes) this.#tags.advance(write, hold);
  }

  async check(): Promise<undefined> {}

  #within<T>(what: string, work: () => Promise<T>, budget: number | Budget = this.options.budgetMs): Promise<T> {
    return withinBudget(this.name, what, budget, async () => {
      try {
        return await work();
      } catch (error) {
        // Nobody knows what stores there are, and which of them tells of an entry in words of its own.
        throw safeError(error);
      }
    });
  }
}
