import { Injectable } from '@nestjs/common';
import { InvalidQueryError } from './errors.js';
import { nameOf, type TableTarget } from './naming/table-target.js';
import { QsCacheCore } from './qs-cache.core.js';
import { anything } from './writes/statement-writes.js';

/**
 * Tells the cache of writes that TypeORM does not see: another program's, a trigger's, a stored function's. Injectable.
 *
 * Costs one round trip to the store, whatever the number of entries, and no query. When the store cannot be reached it resolves all the
 * same, and a `debt:made` event says so: this process reads what was to be cleared from the database, other processes may serve it until
 * the store is told.
 *
 * @example
 * constructor(private readonly cache: QsCache) {}
 *
 * await this.warehouse.import();             // writes with a client of its own
 * await this.cache.clear(Example, 'audit');  // the next all() and get() of whatever shows one of these cost their queries again
 *
 * @publicApi
 */
@Injectable()
export class QsCache {
  /** @internal */
  constructor(private readonly core: QsCacheCore) {}

  /**
   * Makes every entry stale that shows rows of these, in every manager of every application that shares the store.
   *
   * @param targets entities, with the tables that hold their many-to-many links and trees; or names of tables as the database knows
   *   them (`orders`, `sales.orders`), which need not be mapped
   * @throws {InvalidQueryError} for an entity no DataSource of the application knows, and for what is neither entity nor text
   */
  async clear(...targets: readonly TableTarget[]): Promise<void> {
    const tables = new Set<string>();
    for (const target of targets) for (const table of this.#tablesOf(target)) tables.add(table);
    await this.core.advance([...tables].map(anything));
  }

  /**
   * Makes every entry of every database of the application stale, of all applications that share them. One round trip, no query.
   *
   * @example
   * await this.cache.clearAll(); // after a restored backup: every all() and get() costs its queries again
   */
  async clearAll(): Promise<void> {
    const databases = [...this.core.watched].flatMap(({ watch }) => watch.tables.everything());
    await this.core.advance([...new Set(databases)].map(anything));
  }

  #tablesOf(target: TableTarget): string[] {
    const found = [...this.core.watched].flatMap(({ watch }) => watch.tables.clocksNamed(target) ?? []);
    if (found.length) return found;
    throw new InvalidQueryError(
      'QSCACHE_CLEAR_TARGET',
      `QsCache.clear() was given ${nameOf(target)}, which no DataSource of the application knows, so nothing of it could be cleared. Add it to the entities of a DataSource, or give the name of its table.`,
    );
  }
}
