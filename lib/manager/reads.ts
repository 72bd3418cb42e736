import type { EntityMetadata, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { Identifier } from '../naming/identifier.js';
import type { EntityQuery } from '../query/entity-query.js';

/** Of a list: how many rows come before it, and how many it has at most. */
export interface Part {
  readonly skip: number;
  readonly take: number;
}

/** How one manager is read: by the cache, or by the database every time. */
export interface Reads {
  /** The manager's name, for errors. */
  readonly name: string;
  readonly metadata: EntityMetadata;

  /** The list as it may be cached. @param suffix names it; without one a query of its own has a name made of it */
  list(suffix: string | undefined, query: EntityQuery): Promise<ObjectLiteral[]>;

  /** How many rows it has but for its limit and offset, as that may be cached beside it. */
  total(suffix: string | undefined, query: EntityQuery): Promise<number>;

  /** A part of it and its total, as both may be cached. @param query without limit and offset */
  page(suffix: string | undefined, query: EntityQuery, part: Part): Promise<[ObjectLiteral[], number]>;

  /** One row by primary key, or by a filter: then the identifier is but a name. */
  get(identifier: Identifier, where?: EntityQuery['where']): Promise<ObjectLiteral | null>;

  /** Rows by primary key, in the order asked, `null` where there is none. */
  getMany(identifiers: readonly Identifier[]): Promise<(ObjectLiteral | null)[]>;

  /** What a refined set asks the database, every time. */
  load(query: EntityQuery): Promise<ObjectLiteral[]>;
  count(query: EntityQuery): Promise<number>;
  exists(query: EntityQuery): Promise<boolean>;
  queryBuilder(query: EntityQuery, alias?: string): SelectQueryBuilder<ObjectLiteral>;
}
