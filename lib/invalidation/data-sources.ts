import { DataSource, type EntitySubscriberInterface } from 'typeorm';
import type { BeforeQueryEvent } from 'typeorm/subscriber/event/QueryEvent.js';
import { dialectOf } from './driver-truth.js';
import { readStatements } from './sql/read-statements.js';
import type { StatementEffect } from './sql/statement-effect.js';

/** An application that wants to hear every write of its process. */
export interface DataSourceListener {
  /** It is connected and knows its entities; nothing has been dropped, migrated or synchronized yet. */
  building(dataSource: DataSource): Promise<void>;
  /** It is initialized. */
  started(dataSource: DataSource): Promise<void>;
  /** It is destroyed, and may be initialized again. */
  ended(dataSource: DataSource): void;
  /** Another application has claimed it. */
  lost(dataSource: DataSource): void;
}

/**
 * Notices that a DataSource wrote before any application listened: in `initialize()` (a migration, a synchronized schema), in the
 * factory that made it, in a provider that was faster than the cache.
 */
class StartRecord implements EntitySubscriberInterface {
  hasWritten = false;

  constructor(private readonly dataSource: DataSource) {}

  beforeQuery({ query }: BeforeQueryEvent): void {
    this.hasWritten ||= readStatements(query, dialectOf(this.dataSource)).some(writesSomething);
  }
}

/** Whether its writes can be followed. One of another driver reaches no database that a manager may be declared for. */
export function isFollowed(dataSource: DataSource): boolean {
  try {
    return dialectOf(dataSource) !== undefined;
  } catch {
    return false;
  }
}

function writesSomething(effect: StatementEffect): boolean {
  return effect.kind === 'write' || effect.kind === 'unknown' || (effect.kind === 'schema' && effect.tables.length > 0);
}

/** Every DataSource of this process, from its first statement on, with an application to hear it or without. */
class DataSources {
  readonly #records = new WeakMap<DataSource, StartRecord>();
  readonly #initialized = new Set<DataSource>();
  readonly #owners = new WeakMap<DataSource, Set<DataSourceListener>>();
  readonly #listeners = new Set<DataSourceListener>();

  join(listener: DataSourceListener): void {
    this.#listeners.add(listener);
  }

  leave(listener: DataSourceListener): void {
    this.#listeners.delete(listener);
  }

  /** A DataSource in somebody's container is watched by those who have it there, and by nobody else. */
  claim(dataSource: DataSource, owner: DataSourceListener): void {
    const owners = this.#owners.get(dataSource) ?? new Set();
    if (owners.has(owner)) return;
    this.#owners.set(dataSource, owners.add(owner));
    // Its first statements went unrecorded if it was initialized before this module was loaded.
    if (!this.#records.has(dataSource)) this.#record(dataSource).hasWritten = true;
    for (const listener of this.#listeners) if (!owners.has(listener)) listener.lost(dataSource);
  }

  /** Those that are an application's own or nobody's. */
  of(listener: DataSourceListener): DataSource[] {
    return [...this.#initialized].filter((dataSource) => this.belongsTo(dataSource, listener));
  }

  belongsTo(dataSource: DataSource, listener: DataSourceListener): boolean {
    const owners = this.#owners.get(dataSource);
    return !owners || owners.has(listener) || ![...owners].some((owner) => this.#listeners.has(owner));
  }

  /** From now on this application hears it. Says whether something was written that it has not heard. */
  take(dataSource: DataSource, listener: DataSourceListener): boolean {
    const record = this.#record(dataSource);
    const { hasWritten } = record;
    // One that is nobody's may yet be claimed, by an application that has heard nothing of it until then.
    if (!this.#owners.get(dataSource)?.has(listener)) return hasWritten;
    record.hasWritten = true;
    const at = dataSource.subscribers.indexOf(record);
    if (at >= 0) dataSource.subscribers.splice(at, 1);
    return hasWritten;
  }

  async building(dataSource: DataSource): Promise<void> {
    // Tools build metadata without connecting.
    if (!dataSource.isInitialized || !isFollowed(dataSource)) return;
    // Its subscribers are new, and so may be its database.
    this.#records.delete(dataSource);
    this.#record(dataSource);
    await this.#tell(dataSource, (listener) => listener.building(dataSource));
  }

  async started(dataSource: DataSource): Promise<void> {
    if (isFollowed(dataSource)) await this.#tell(dataSource, (listener) => listener.started(dataSource));
  }

  ended(dataSource: DataSource): void {
    this.#initialized.delete(dataSource);
    for (const listener of this.#listeners) listener.ended(dataSource);
  }

  async #tell(dataSource: DataSource, tell: (listener: DataSourceListener) => Promise<void>): Promise<void> {
    for (const listener of this.#listeners) if (this.belongsTo(dataSource, listener)) await tell(listener);
  }

  #record(dataSource: DataSource): StartRecord {
    let record = this.#records.get(dataSource);
    if (record) return record;
    record = new StartRecord(dataSource);
    this.#records.set(dataSource, record);
    this.#initialized.add(dataSource);
    dataSource.subscribers.push(record);
    return record;
  }
}

export const dataSources = new DataSources();

interface Building {
  buildMetadatas(): Promise<void>;
}

/*
 * TypeORM has no event for a DataSource that starts, and makes its list of subscribers anew in each initialize(): what must hear the
 * first statement has to stand between the two. The methods exist in TypeORM 0.3 and 1.x; a test fails when one is gone.
 */
const prototype = DataSource.prototype as unknown as Building & Pick<DataSource, 'initialize' | 'destroy'>;
const { buildMetadatas, initialize, destroy } = prototype;

prototype.buildMetadatas = async function (this: DataSource & Building) {
  await buildMetadatas.call(this);
  await dataSources.building(this);
};

prototype.initialize = async function (this: DataSource & Building) {
  const initialized = await initialize.call(this);
  await dataSources.started(this);
  return initialized;
};

prototype.destroy = async function (this: DataSource & Building) {
  await destroy.call(this);
  dataSources.ended(this);
};
