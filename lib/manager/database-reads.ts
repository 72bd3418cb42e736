import type { DataSource, EntityMetadata, ObjectLiteral, QueryRunner, SelectQueryBuilder } from 'typeorm';
import { copier } from '../load/copy-entities.js';
import type { EntityLoader } from '../load/entity-loader.js';
import type { LoadListeners } from '../load/load-listeners.js';
import { beginReading, isInsideRead, whileTelling } from '../load/read-context.js';
import { RowsByKey } from '../load/rows-by-key.js';
import type { CacheKeys } from '../naming/cache-keys.js';
import { identifyRow, identifyRows, ownIdentifier, primaryKeyQuery } from '../naming/identified-row.js';
import type { Identifier } from '../naming/identifier.js';
import { countedQuery } from '../query/counted-query.js';
import type { EntityQuery } from '../query/entity-query.js';
import { queryText } from '../query/query-text.js';
import type { Part, Reads } from './reads.js';

/** What reads of the database are made of: one for each manager. */
export interface DatabaseParts {
  /** The manager's. */
  readonly name: string;
  readonly metadata: EntityMetadata;
  readonly dataSource: DataSource;
  readonly loader: EntityLoader;
  readonly listeners: LoadListeners;
  /** Whether lists load what is prefetched, too. */
  readonly prefetchLists: boolean;
}

/** Reads that ask the database every time and leave nothing in the cache: all inside of a transaction, refined sets outside. */
export class DatabaseReads implements Reads {
  readonly name: string;
  readonly metadata: EntityMetadata;

  constructor(
    private readonly parts: DatabaseParts,
    private readonly keys: CacheKeys,
    /** Of the transaction. Default: a connection for each read. */
    private readonly runner?: QueryRunner,
  ) {
    this.name = parts.name;
    this.metadata = parts.metadata;
  }

  list(_suffix: string | undefined, query: EntityQuery): Promise<ObjectLiteral[]> {
    return this.load(query);
  }

  total(_suffix: string | undefined, query: EntityQuery): Promise<number> {
    return this.count(countedQuery(this.metadata, query));
  }

  /** One after the other: a connection can only run one. */
  async page(_suffix: string | undefined, query: EntityQuery, part: Part): Promise<[ObjectLiteral[], number]> {
    const items = await this.load({ ...query, ...part });
    return [items, await this.total(undefined, query)];
  }

  async get(identifier: Identifier, where?: EntityQuery['where']): Promise<ObjectLiteral | null> {
    // What no row can have is no row's here either.
    if (where !== undefined) this.keys.detailKey(ownIdentifier(this, identifier));
    const query =
      where === undefined ? primaryKeyQuery(this.metadata, identifyRow(this, identifier).where) : { where, take: 1 };
    return (await this.#load(query, true))[0] ?? null;
  }

  async getMany(identifiers: readonly Identifier[]): Promise<(ObjectLiteral | null)[]> {
    const { metadata, parts } = this;
    const rows = identifyRows(this, identifiers);
    if (!rows.length) return [];
    return this.#telling(queryText(rows.map(({ kinds, text }) => [text, kinds])), async (runner) => {
      const copy = copier(metadata);
      const again = (row: ObjectLiteral) => copy(row) as ObjectLiteral | undefined;
      const load = async (query: EntityQuery) => ({ entities: await parts.loader.load(query, runner, true) });
      const found = await new RowsByKey(metadata, load, again).find(rows.map(({ where }) => where));
      const entities = found.map((each) => each.entities[0] ?? null);
      await parts.listeners.tell(
        entities.filter((entity) => entity !== null),
        runner,
      );
      return entities;
    });
  }

  load(query: EntityQuery): Promise<ObjectLiteral[]> {
    return this.#load(query, this.parts.prefetchLists);
  }

  count(query: EntityQuery): Promise<number> {
    return this.#run((runner) => this.parts.loader.countBuilder(query, runner).getCount());
  }

  exists(query: EntityQuery): Promise<boolean> {
    return this.#run((runner) => this.parts.loader.countBuilder(query, runner).getExists());
  }

  queryBuilder(query: EntityQuery, alias?: string): SelectQueryBuilder<ObjectLiteral> {
    return this.parts.loader.queryBuilder(query, this.runner, true, alias);
  }

  async #load(query: EntityQuery, prefetch: boolean): Promise<ObjectLiteral[]> {
    // TypeORM takes 0 for "no limit".
    if (query.take === 0) return [];
    const { loader, listeners } = this.parts;
    return this.#telling(queryText(query), async (runner) => {
      const entities = await loader.load(query, runner, prefetch);
      await listeners.tell(entities, runner);
      return entities;
    });
  }

  /** Work that tells listeners of what it reads, who may read again. */
  #telling<T>(what: string, read: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const work = () => this.#run(read);
    // Nobody can come back here who does not hear of it.
    if (!this.parts.listeners.areThere && !isInsideRead()) return work();
    const names = [`${this.keys.listKey()}?${what}`];
    beginReading(names);
    return whileTelling(names, work);
  }

  async #run<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    if (this.runner) return work(this.runner);
    const runner = this.parts.dataSource.createQueryRunner('slave');
    try {
      return await work(runner);
    } finally {
      await runner.release();
    }
  }
}
