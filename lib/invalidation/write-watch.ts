import type { DataSource, EntitySubscriberInterface, QueryRunner } from 'typeorm';
import type { AfterQueryEvent, BeforeQueryEvent } from 'typeorm/subscriber/event/QueryEvent.js';
import type { CacheEvents } from '../events/cache-events.js';
import type { DataSourceWatch } from '../manager/data-source-watch.js';
import { currentLoad, type LoadRecord } from '../manager/load-context.js';
import type { TableWrite } from '../store/cache-store.js';
import { dialectOf } from './driver-truth.js';
import { readStatements } from './sql/read-statements.js';
import type { SqlDialect, StatementEffect } from './sql/statement-effect.js';
import { TableMap } from './table-map.js';
import { WriteFollower } from './write-follower.js';
import type { WriteAnnouncer } from './write-announcer.js';

/**
 * Sees every statement of a DataSource, whatever API wrote it, and makes what it writes known: announced before it can be visible,
 * advanced once it is, before whoever wrote it is told.
 *
 * Its hooks never reject and never outlast the announcer's budget: TypeORM fails a committed `save()` for a hook that does.
 */
export class WriteWatch implements EntitySubscriberInterface, DataSourceWatch {
  readonly tables: TableMap;
  readonly #dialect: SqlDialect;
  readonly #follower: WriteFollower;

  constructor(
    private readonly dataSource: DataSource,
    announcer: WriteAnnouncer,
    private readonly events: CacheEvents,
  ) {
    this.#dialect = dialectOf(dataSource);
    this.tables = new TableMap(dataSource);
    this.#follower = new WriteFollower(this.#dialect, this.tables, announcer, events);
  }

  /** Pushed rather than declared: a DataSource takes subscriber classes, and would construct them itself. */
  install(): void {
    if (!this.isWatching) this.dataSource.subscribers.push(this);
  }

  uninstall(): void {
    const at = this.dataSource.subscribers.indexOf(this);
    if (at >= 0) this.dataSource.subscribers.splice(at, 1);
  }

  /** `destroy()` followed by `initialize()` makes a new list of subscribers, without us. */
  get isWatching(): boolean {
    return this.dataSource.subscribers.includes(this);
  }

  get transactionsBegun(): number {
    return this.#follower.transactionsBegun;
  }

  get openTransactions(): number {
    return this.#follower.openTransactions;
  }

  async beforeQuery({ query, parameters, queryRunner }: BeforeQueryEvent): Promise<void> {
    currentLoad()?.statements.push(query);
    await this.#follow(query, (effects) => this.#follower.before(queryRunner, query, parameters, effects));
  }

  async afterQuery({ query, parameters, queryRunner, success, error, rawResults }: AfterQueryEvent): Promise<void> {
    await this.#follow(query, (effects) =>
      success
        ? this.#follower.succeeded(queryRunner, query, parameters, effects, rawResults)
        : this.#follower.failed(queryRunner, query, parameters, effects, error),
    );
  }

  tablesRead(record: LoadRecord): readonly string[] | undefined {
    const tables = new Set<string>();
    for (const effect of record.statements.flatMap((statement) => readStatements(statement, this.#dialect))) {
      if (effect.kind === 'session') continue;
      if (effect.kind !== 'read') return undefined;
      for (const ref of effect.tables) for (const table of this.tables.tags(ref)) tables.add(table);
    }
    return [...tables];
  }

  advanceAfterCommit(runner: QueryRunner, writes: readonly TableWrite[]): Promise<void> {
    return this.#follower.advanceAfterCommit(runner, writes);
  }

  async #follow(query: string, follow: (effects: readonly StatementEffect[]) => Promise<void>): Promise<void> {
    try {
      const effects = readStatements(query, this.#dialect);
      if (!effects.every(({ kind }) => kind === 'read' || kind === 'session')) await follow(effects);
    } catch (error) {
      this.events.emit({ name: 'store:failed', operation: 'watch', error });
    }
  }
}
