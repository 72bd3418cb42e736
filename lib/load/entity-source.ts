import type { DataSource, EntityMetadata, ObjectLiteral, QueryRunner } from 'typeorm';
import type { Loaded } from '../cache/read-through.js';
import type { Dependency } from '../cache/dependency.js';
import { entityCodec, type Written } from '../codec/entity-codec.js';
import { UnsupportedValueError } from '../errors.js';
import { onCleanConnection, sharesOneConnection } from './clean-connection.js';
import type { DataSourceWatch } from './statement-watch.js';
import type { EntityLoader } from './entity-loader.js';
import type { EntityQuery } from '../query/entity-query.js';
import { recordLoad } from './read-context.js';

/** Entities as loaded, and why they must stay with the caller who loaded them. */
export interface Fetched {
  readonly entities: ObjectLiteral[];
  readonly unshared?: NonNullable<Loaded<unknown>['skipped']>;
  /** Tables a subquery read: what is shown may depend on any of their rows. */
  readonly wholeTables?: ReadonlySet<string>;
}

const MOVED = 'its connection has been told to look for tables elsewhere (search_path, SET ROLE, USE)';

/** Loads that may end in the cache: committed rows only, from statements all of whose tables are accounted for. */
export class EntitySource {
  constructor(
    private readonly dataSource: DataSource,
    private readonly metadata: EntityMetadata,
    private readonly loader: EntityLoader,
    private readonly watch: DataSourceWatch,
    /** Grows by the tables that loads were seen to read although no metadata tells of them. */
    private readonly discovered: Set<string>,
    /** Whether the manager wants answers that change without a write all the same. */
    private readonly cacheVolatile: boolean,
  ) {}

  /**
   * @param tables those an as-of was taken of
   * @param names what is read, for whoever reads again meanwhile
   */
  async fetch(
    query: EntityQuery,
    prefetch: boolean,
    tables: readonly string[],
    names: readonly string[],
  ): Promise<Fetched> {
    const { watch } = this;
    return onCleanConnection(this.dataSource, async (runner, clean) => {
      const begun = watch.transactionsBegun;
      const alone = !sharesOneConnection(this.dataSource) || watch.openTransactions === 0;
      const { result: entities, record } = await recordLoad(names, () => this.loader.load(query, runner, prefetch));
      // On a shared connection somebody's transaction may have come and gone between two statements of this load.
      const undisturbed = alone && (!sharesOneConnection(this.dataSource) || watch.transactionsBegun === begun);
      if (!clean || !undisturbed) return { entities, unshared: { reason: 'uncommitted' } };
      if (await watch.hasMovedNames(runner)) return { entities, unshared: { reason: 'uncovered', detail: MOVED } };
      const reading = watch.reading(record);
      if (!reading) return { entities, unshared: { reason: 'uncovered', detail: 'a statement that cannot be read' } };
      const uncovered = reading.tables.filter((table) => !tables.includes(table));
      for (const table of uncovered) this.discovered.add(table);
      if (uncovered.length) return { entities, unshared: { reason: 'uncovered', detail: uncovered.join(', ') } };
      const { volatile, wholeTables } = reading;
      if (volatile !== undefined && !this.cacheVolatile)
        return { entities, unshared: { reason: 'volatile', detail: volatile } };
      return { entities, wholeTables };
    });
  }

  /** What the cache may do with entities: hand out copies, and store them under their dependencies. */
  share(
    { entities, unshared, wholeTables }: Fetched,
    dependencies: readonly Dependency[] | undefined,
  ): Loaded<ObjectLiteral[]> {
    let written: Written;
    try {
      written = entityCodec(this.metadata).write(entities);
    } catch (error) {
      if (!(error instanceof UnsupportedValueError)) throw error;
      return { own: entities, skipped: unshared ?? { reason: 'unsupported', detail: error.message } };
    }
    const { payload, keptOut } = written;
    if (unshared) return { own: entities, payload, skipped: unshared };
    if (keptOut !== undefined) return { own: entities, payload, skipped: { reason: 'private', detail: keptOut } };
    if (!dependencies) return { own: entities, payload };
    const known = dependencies.map((dependency) =>
      wholeTables?.has(dependency.clock) ? { clock: dependency.clock } : dependency,
    );
    return { own: entities, payload, dependencies: known };
  }

  /** Whether copies of an entity can be handed out. */
  canShare(entity: ObjectLiteral): boolean {
    try {
      entityCodec(this.metadata).write([entity]);
      return true;
    } catch (error) {
      if (!(error instanceof UnsupportedValueError)) throw error;
      return false;
    }
  }

  decode(payload: string): ObjectLiteral[] {
    return entityCodec(this.metadata).decode(payload);
  }

  /** Whether anybody hears of what is loaded. */
  get isHeard(): boolean {
    const { subscribers, entityMetadatas } = this.dataSource;
    return (
      subscribers.some((subscriber) => subscriber.afterLoad) ||
      entityMetadatas.some(({ afterLoadListeners }) => afterLoadListeners.length)
    );
  }

  /** Runs `@AfterLoad` and subscribers' `afterLoad` as TypeORM does, on every copy anew. */
  async finish(entities: ObjectLiteral[], runner?: QueryRunner): Promise<ObjectLiteral[]> {
    const { dataSource, metadata } = this;
    if (!entities.length || !this.isHeard) return entities;
    if (runner) {
      await runner.broadcaster.broadcast('Load', metadata, entities);
      return entities;
    }
    const own = dataSource.createQueryRunner('master');
    try {
      await own.broadcaster.broadcast('Load', metadata, entities);
    } finally {
      await own.release();
    }
    return entities;
  }
}
