import { Injectable, Logger } from '@nestjs/common';
import { InvalidQueryError } from './errors.js';
import { ManagerRegistry } from './manager/manager-registry.js';
import { runtimeOf } from './manager/manager-runtime.js';
import { nearestName } from './naming/near-name.js';
import { nameOf, type TableTarget } from './naming/table-target.js';
import { QsCacheCore } from './qs-cache.core.js';
import { warn } from './qs-cache.log.js';
import { anything } from './writes/statement-writes.js';

/** An application that makes up names is told of so many. */
const MOST_TOLD = 100;

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
  readonly #logger = new Logger('QsCache');
  readonly #told = new Set<string>();

  /** @internal */
  constructor(
    private readonly core: QsCacheCore,
    private readonly registry: ManagerRegistry,
  ) {}

  /**
   * Makes every entry stale that shows rows of these, in every manager of every application that shares the store.
   *
   * @param targets at least one: entities, with the tables that hold their many-to-many links and trees; or names of tables as the database
   *   knows them (`orders`, `sales.orders`), which need not be mapped. A name that is not, and looks like a misspelt one, is warned of once
   * @throws {InvalidQueryError} for no target, for an entity no DataSource of the application knows, and for what is neither entity nor text
   */
  async clear(...targets: readonly TableTarget[]): Promise<void> {
    if (targets.length === 0) {
      throw new InvalidQueryError(
        'QSCACHE_CLEAR_TARGET',
        'QsCache.clear() was given nothing to clear, so nothing would become stale. Give entities or names of tables: clear(Example, "audit"); for everything there is clearAll().',
      );
    }
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
    if (found.length) {
      if (typeof target === 'string') this.#warnIfMisspelt(target, found);
      return found;
    }
    throw new InvalidQueryError(
      'QSCACHE_CLEAR_TARGET',
      `QsCache.clear() was given ${nameOf(target)}, which no DataSource of the application knows, so nothing of it could be cleared. Add it to the entities of a DataSource, or give the name of its table.`,
    );
  }

  /** Any name may be of a table that nobody maps. One that is nearly a known one, or the cacheKey of a manager, is hardly. */
  #warnIfMisspelt(name: string, clocks: readonly string[]): void {
    if (this.#told.has(name) || this.#told.size >= MOST_TOLD) return;
    const tables = this.core.watched.map(({ watch }) => watch.tables);
    const managers = [...this.registry.all].map((manager) => runtimeOf(manager).options);
    const declared = new Set(managers.flatMap(({ dependsOn, alsoWrites }) => [...dependsOn, ...alsoWrites]));
    if (tables.some((map) => map.isMapped(name)) || clocks.some((clock) => declared.has(clock))) return;
    const names = tables.flatMap((map) => map.names);
    const near = nearestName(name, [...names, ...managers.map(({ cacheKey }) => cacheKey)])?.name;
    if (near === undefined) return;
    this.#told.add(name);
    const manager = names.includes(near) ? undefined : managers.find(({ cacheKey }) => cacheKey === near);
    const hint = manager
      ? `Did you mean ${manager.name}, whose cacheKey is ${JSON.stringify(near)}? Its table is ${JSON.stringify(manager.metadata.tablePath)}, and its clearCache() clears that.`
      : `Did you mean ${JSON.stringify(near)}? A table that has this name is cleared all the same.`;
    warn(
      this.#logger,
      `QsCache.clear() was given ${JSON.stringify(name)}, which no entity is mapped to, so no entry that shows mapped rows became stale. ${hint}`,
    );
  }
}
