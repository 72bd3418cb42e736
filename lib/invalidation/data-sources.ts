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
  readonly #known = new Set<WeakRef<DataSource>>();
  readonly #owners = new WeakMap<DataSource, DataSourceListener>();
  readonly #listeners = new Set<DataSourceListener>();

  join(listener: DataSourceListener): void {
    this.#listeners.add(listener);
  }

  leave(listener: DataSourceListener): void {
    this.#listeners.delete(listener);
  }

  /** The application whose container holds a DataSource is the only one to watch it. */
  claim(dataSource: DataSource, owner: DataSourceListener): void {
    if (this.#owners.get(dataSource) === owner) return;
    this.#owners.set(dataSource, owner);
    // Its first statements went unrecorded if it was initialized before this module was loaded.
    if (!this.#records.has(dataSource)) this.#record(dataSource).hasWritten = true;
    for (const listener of this.#listeners) if (listener !== owner) listener.lost(dataSource);
  }

  /** Those that are an application's own or nobody's. */
  of(listener: DataSourceListener): DataSource[] {
    const found: DataSource[] = [];
    for (const known of this.#known) {
      const dataSource = known.deref();
      if (!dataSource) this.#known.delete(known);
      else if (dataSource.isInitialized && this.belongsTo(dataSource, listener)) found.push(dataSource);
    }
    return found;
  }

  belongsTo(dataSource: DataSource, listener: DataSourceListener): boolean {
    const owner = this.#owners.get(dataSource);
    return owner === undefined || owner === listener || !this.#listeners.has(owner);
  }

  /** From now on this application hears it. Says whether something was written that it has not heard. */
  take(dataSource: DataSource, listener: DataSourceListener): boolean {
    const record = this.#record(dataSource);
    const { hasWritten } = record;
    // One that is nobody's may yet be claimed, by an application that has heard nothing of it until then.
    if (this.#owners.get(dataSource) !== listener) return hasWritten;
    record.hasWritten = true;
    const at = dataSource.subscribers.indexOf(record);
    if (at >= 0) dataSource.subscribers.splice(at, 1);
    return hasWritten;
  }

  async building(dataSource: DataSource): Promise<void> {
    if (!isFollowed(dataSource)) return;
    // Its subscribers are new, and so may be its database.
    this.#records.delete(dataSource);
    this.#record(dataSource);
    await this.#tell(dataSource, (listener) => listener.building(dataSource));
  }

  async started(dataSource: DataSource): Promise<void> {
    if (isFollowed(dataSource)) await this.#tell(dataSource, (listener) => listener.started(dataSource));
  }

  async #tell(dataSource: DataSource, tell: (listener: DataSourceListener) => Promise<void>): Promise<void> {
    for (const listener of this.#listeners) if (this.belongsTo(dataSource, listener)) await tell(listener);
  }

  #record(dataSource: DataSource): StartRecord {
    let record = this.#records.get(dataSource);
    if (record) return record;
    record = new StartRecord(dataSource);
    this.#records.set(dataSource, record);
    if (![...this.#known].some((known) => known.deref() === dataSource)) this.#known.add(new WeakRef(dataSource));
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
 * first statement has to stand between the two. Both methods exist in TypeORM 0.3 and 1.x; a test fails when one is gone.
 */
const prototype = DataSource.prototype as unknown as Building & Pick<DataSource, 'initialize'>;
const { buildMetadatas, initialize } = prototype;

prototype.buildMetadatas = async function (this: DataSource & Building) {
  await buildMetadatas.call(this);
  await dataSources.building(this);
};

prototype.initialize = async function (this: DataSource & Building) {
  const initialized = await initialize.call(this);
  await dataSources.started(this);
  return initialized;
};
