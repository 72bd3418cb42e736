import type { DataSource, QueryRunner } from 'typeorm';
import { WriteRefusedError } from '../errors.js';
import type { CacheEvents } from '../events/cache-events.js';
import { currentLoad, type LoadRecord } from '../load/read-context.js';
import type { StatementWatch, LoadReading } from '../load/statement-watch.js';
import type { ClockWrite } from '../store/cache-store.js';
import { connectionOf, dialectOf } from './driver-truth.js';
import { entityClock } from '../naming/table-clocks.js';
import type { ColumnPair } from './stored/foreign-keys.js';
import type { HoldProtocol } from './hold-protocol.js';
import { HookOrder } from './hook-order.js';
import { mayChangeKeyChecks } from './key-checks.js';
import { KnownTables } from './known-tables.js';
import { readStatements } from './sql/read-statements.js';
import type { SqlDialect, StatementEffect } from './sql/statement-effect.js';
import {
  isListening,
  listen,
  type StatementBegun,
  type StatementDone,
  type StatementListener,
  stopListening,
} from './statement-hooks.js';
import type { Unasked } from './stored/stored-tables.js';
import { TableMap } from './table-map.js';
import { WriteFollower } from './write-follower.js';

/**
 * Sees every statement of a DataSource, whatever API wrote it, and makes what it writes known: its clocks are held before it can be visible,
 * advanced once it is, before whoever wrote it is told.
 *
 * Its hooks never reject, but for a write that is refused before it is sent, and never outlast the protocol's budget: TypeORM fails a committed `save()` for a hook that does.
 */
export class WriteWatch implements StatementListener, StatementWatch {
  readonly tables: TableMap;
  readonly #dialect: SqlDialect;
  readonly #follower: WriteFollower;
  readonly #order = new HookOrder();
  #hasBegun = false;

  constructor(
    private readonly dataSource: DataSource,
    protocol: HoldProtocol,
    private readonly events: CacheEvents,
    private readonly known = new KnownTables(dataSource),
  ) {
    this.#dialect = dialectOf(dataSource);
    this.tables = new TableMap(dataSource);
    this.#follower = new WriteFollower(this.#dialect, this.tables, known, protocol, events);
  }

  install(): void {
    this.known.start();
    listen(this.dataSource, this);
  }

  uninstall(): void {
    stopListening(this.dataSource, this);
    this.known.stop();
  }

  /** Asks what tables do by themselves when they are written; until then any write may have changed all of its table. Rejects when that fails. */
  learnTables(): Promise<Unasked | undefined> {
    return this.known.ask();
  }

  /** What was written before it was installed is known, and has been made known. */
  begin(): void {
    this.#hasBegun = true;
  }

  get isWatching(): boolean {
    return this.#hasBegun && isListening(this.dataSource, this);
  }

  get transactionsBegun(): number {
    return this.#follower.transactionsBegun;
  }

  get openTransactions(): number {
    return this.#follower.openTransactions;
  }

  async beforeQuery({ query, parameters, queryRunner }: StatementBegun): Promise<void> {
    currentLoad()?.statements.push(query);
    this.#hearOfKeys(query);
    await this.#order.next(connectionOf(queryRunner), () =>
      this.#follow(query, (effects) => this.#follower.before(queryRunner, query, parameters, effects)),
    );
  }

  async afterQuery({ query, parameters, queryRunner, success, error, rawResults }: StatementDone): Promise<void> {
    this.#hearOfKeys(query);
    await this.#follow(query, (effects) =>
      success
        ? this.#follower.succeeded(queryRunner, query, parameters, effects, rawResults)
        : this.#follower.failed(queryRunner, query, parameters, effects, error),
    );
  }

  readonly isEnforced: StatementWatch['isEnforced'] = (relation) => {
    const { junctionEntityMetadata: junction, isManyToManyOwner, inverseEntityMetadata: related } = relation;
    const columns = junction
      ? isManyToManyOwner
        ? junction.inverseColumns
        : junction.ownerColumns
      : relation.isOwning
        ? relation.joinColumns
        : [];
    const pairs = columns.map(({ databaseName, referencedColumn }): ColumnPair => [
      this.tables.columnName(databaseName),
      this.tables.columnName(referencedColumn?.databaseName ?? ''),
    ]);
    return (
      pairs.length > 0 &&
      this.known.isEnforced(entityClock(junction ?? relation.entityMetadata), entityClock(related), pairs)
    );
  };

  reading(record: LoadRecord): LoadReading | undefined {
    const clocks = new Set<string>();
    const wholeTables = new Set<string>();
    let volatile: string | undefined;
    for (const effect of record.statements.flatMap((statement) => readStatements(statement, this.#dialect))) {
      if (effect.kind === 'session') continue;
      if (effect.kind !== 'read') return undefined;
      for (const ref of effect.tables) for (const clock of this.tables.read(ref)) clocks.add(clock);
      for (const ref of effect.subqueries ?? []) for (const clock of this.tables.read(ref)) wholeTables.add(clock);
      volatile ??= effect.volatile;
    }
    return { clocks: [...clocks], wholeTables, ...(volatile !== undefined && { volatile }) };
  }

  hasMovedNames(runner: QueryRunner, record: LoadRecord): Promise<boolean> {
    const effects = record.statements.flatMap((statement) => readStatements(statement, this.#dialect));
    const tables = effects.flatMap((effect) => (effect.kind === 'read' ? effect.tables : []));
    return this.#follower.hasMovedNames(runner, tables);
  }

  advanceAfterCommit(runner: QueryRunner, writes: readonly ClockWrite[]): Promise<void> {
    return this.#follower.advanceAfterCommit(runner, writes);
  }

  #hearOfKeys(query: string): void {
    if (mayChangeKeyChecks(query, () => readStatements(query, this.#dialect))) this.known.doubtKeys();
  }

  async #follow(query: string, follow: (effects: readonly StatementEffect[]) => Promise<void>): Promise<void> {
    try {
      const effects = readStatements(query, this.#dialect);
      if (!effects.every(isOfNoConcern)) await follow(effects);
    } catch (error) {
      if (error instanceof WriteRefusedError) throw error;
      this.events.emit({ name: 'store:failed', operation: 'watch', error });
    }
  }
}

function isOfNoConcern(effect: StatementEffect): boolean {
  return !effect.moves && (effect.kind === 'read' || (effect.kind === 'session' && !effect.prepares));
}
