import type { DataSourceOptions, EntityManager, EntitySchema, ObjectLiteral } from 'typeorm';
import type { SkipReason } from '../../lib/events/cache-events.js';

export const databaseNames = ['sqljs', 'postgres', 'mariadb'] as const;
export type DatabaseName = (typeof databaseNames)[number];

export type Model = (abstract new (...args: never[]) => ObjectLiteral) | EntitySchema<ObjectLiteral>;

/** Entities that belong together, rows for them, and the managers that read them. */
export interface EntitySet {
  readonly name: string;
  readonly entities: readonly Model[];
  /** Inserts the rows, with no manager near. */
  readonly fill: (manager: EntityManager, database: DatabaseName) => Promise<unknown>;
  readonly managers: readonly ManagerShape[];
  /** More options of the DataSource. */
  readonly options?: Partial<DataSourceOptions>;
}

/** A set is made for each kind of database; `undefined` where it makes no sense. */
export type SetMaker = (database: DatabaseName) => EntitySet | undefined;

/** What a manager class would say, and what its entities can be asked for. */
export interface ManagerShape {
  readonly model: Model;
  readonly joined?: readonly string[];
  readonly prefetched?: readonly string[];
  readonly dependsOn?: readonly (Model | string)[];
  /** A part of the list. Default: the rows that share the first one's first plain column. */
  readonly where?: ObjectLiteral;
  /** Rows read one by one. Default 2. */
  readonly details?: number;
  /** Why a part of its reads may be served without being cached: an undeclared reason is a failure. */
  readonly uncached?: Uncached;
}

export interface Uncached {
  readonly reason: SkipReason;
  readonly why: string;
}
