import type { DataSource, ObjectLiteral, QueryRunner } from 'typeorm';
import type { Unseen } from '../cache/judgement.js';
import type { Loaded } from '../cache/read-request.js';
import type { LoadedFootprint } from '../journal/footprint.js';
import type { EntityQuery } from '../query/entity-query.js';
import { onCleanConnection, sharesOneConnection } from './clean-connection.js';
import type { EntityLoader } from './entity-loader.js';
import { type LoadRecord, recordLoad } from './read-context.js';
import { RowsByName } from './rows-by-name.js';
import type { LoadReading, StatementWatch } from './statement-watch.js';

/** Why the result of a load must stay with the caller who loaded it, or what its statements say of it. */
export interface Provenance {
  readonly unshared?: NonNullable<Loaded<unknown>['skipped']>;
  /** The clocks of tables a subquery read: what is shown may depend on any of their rows. */
  readonly wholeTables?: ReadonlySet<string>;
}

/** Entities as loaded. */
export interface Fetched extends Provenance {
  readonly entities: ObjectLiteral[];
}

/** How many rows there were. */
export interface Counted extends Provenance {
  readonly count: number;
  /** Their names, where they have any and are few. */
  readonly rows?: readonly string[] | undefined;
}

const MOVED =
  'its connection has been told to look for tables elsewhere (search_path, SET ROLE, USE), or has a temporary one of that name';

/** Loads that may end in the cache: committed rows only, from statements all of whose tables are accounted for. */
export class CommittedLoads {
  constructor(
    private readonly dataSource: DataSource,
    private readonly loader: EntityLoader,
    private readonly watch: StatementWatch,
    /** Grows by the clocks of tables that loads were seen to read although no metadata tells of them. */
    private readonly discovered: Set<string>,
    /** Whether the manager wants answers that change without a write all the same. */
    private readonly cacheVolatile: boolean,
  ) {}

  /**
   * @param clocks those an as-of was taken of
   * @param names what is read, for whoever reads again meanwhile
   */
  async fetch(
    query: EntityQuery,
    prefetch: boolean,
    clocks: readonly string[],
    names: readonly string[],
  ): Promise<Fetched> {
    const load = (runner: QueryRunner) => this.loader.load(query, runner, prefetch);
    const [entities, provenance] = await this.#load(clocks, names, load);
    return { entities, ...provenance };
  }

  /** As `fetch`, of what no rows are loaded for: one statement, and a second one where there are many rows. */
  async count(query: EntityQuery, clocks: readonly string[], names: readonly string[]): Promise<Counted> {
    const load = (runner: QueryRunner) => this.loader.count(query, runner);
    const [counted, provenance] = await this.#load(clocks, names, load);
    return { ...counted, ...provenance };
  }

  /** As `fetch`, of what some columns of a table hold in rows that are named by their keys. `undefined` where nobody can say it of all. */
  async see(
    asked: Unseen,
    columns: ReadonlySet<string>,
    names: readonly string[],
  ): Promise<LoadedFootprint | undefined> {
    const rows = new RowsByName(this.dataSource, asked, columns);
    if (!rows.clocks.length) return undefined;
    const [seen, { unshared }] = await this.#load(rows.clocks, names, (runner) => rows.see(runner));
    return unshared ? undefined : seen;
  }

  #load<T>(
    clocks: readonly string[],
    names: readonly string[],
    load: (runner: QueryRunner) => Promise<T>,
  ): Promise<readonly [T, Provenance]> {
    const { watch } = this;
    return onCleanConnection(this.dataSource, async (runner, clean) => {
      const begun = watch.transactionsBegun;
      const alone = !sharesOneConnection(this.dataSource) || watch.openTransactions === 0;
      const { result, record } = await recordLoad(names, () => load(runner));
      // On a shared connection somebody's transaction may have come and gone between two statements of this load.
      const undisturbed = alone && (!sharesOneConnection(this.dataSource) || watch.transactionsBegun === begun);
      if (!clean || !undisturbed) return [result, { unshared: { reason: 'uncommitted' } }];
      if (await watch.hasMovedNames(runner, record))
        return [result, { unshared: { reason: 'uncovered', detail: MOVED } }];
      return [result, this.#read(record, clocks)];
    });
  }

  /** What the statements of a load say of its result. */
  #read(record: LoadRecord, clocks: readonly string[]): Provenance {
    const reading = this.watch.reading(record);
    if (!reading) return { unshared: { reason: 'uncovered', detail: 'a statement that cannot be read' } };
    const uncovered = reading.clocks.filter((clock) => !clocks.includes(clock));
    for (const clock of uncovered) this.discovered.add(clock);
    if (uncovered.length) return { unshared: { reason: 'uncovered', detail: uncovered.join(', ') } };
    const { volatile, wholeTables }: LoadReading = reading;
    if (volatile !== undefined && !this.cacheVolatile) return { unshared: { reason: 'volatile', detail: volatile } };
    return { wholeTables };
  }
}
