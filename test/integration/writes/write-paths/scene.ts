import type { EntityManager } from 'typeorm';
import type { CacheManagerClass } from '../../../../lib/index.js';
import type { DatabaseName } from '../../../support/databases.js';
import { dataSourceOf } from '../../../support/typeorm.js';

/** A cached read: of a detail by key or by what `where` says, or of the list, or of the part of it that `filter` leaves. */
export interface Observer {
  readonly sees: string;
  readonly manager: CacheManagerClass;
  readonly id?: number | string;
  readonly where?: Readonly<Record<string, unknown>>;
  readonly filter?: object;
}

/** One way to write rows. */
export interface WritePath {
  readonly title: string;
  write(manager: EntityManager): PromiseLike<unknown>;
  /** Where it exists; everywhere by default. */
  readonly on?: readonly DatabaseName[];
  /** It needs a connection or a transaction of its own. */
  readonly alone?: true;
  /** No reader of SQL could say what it does: every table advances. */
  readonly unplaced?: true;
}

/** Entities, rows, the reads that show them and the writes that change them. */
export interface Scene {
  readonly name: string;
  readonly entities: readonly (new () => object)[];
  readonly managers: readonly CacheManagerClass[];
  /** Brings the rows back, whatever was written. */
  readonly reset: readonly string[];
  readonly observers: readonly Observer[];
  readonly paths: readonly WritePath[];
}

/** SQL with `:1`, `:2` for its parameters, as the driver spells them. */
export function sql(manager: EntityManager, text: string, parameters: unknown[] = []): Promise<unknown> {
  return manager.query(spelled(manager, text), parameters);
}

export function spelled(manager: EntityManager, text: string): string {
  return dataSourceOf(manager).options.type === 'postgres' ? text.replace(/:(\d)/g, '$$$1') : text.replace(/:\d/g, '?');
}
