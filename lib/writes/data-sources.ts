import { DataSource, type QueryRunner } from 'typeorm';
import { awaitsListenersAfter } from '../peers/typeorm.js';
import { dialectOf } from './driver-truth.js';
import { readStatements } from './sql/read-statements.js';
import type { StatementEffect } from './sql/statement-effect.js';
import {
  attendBroadcasters,
  attendRunners,
  listen,
  onUnheardStatement,
  type StatementBegun,
  type StatementListener,
  stopListening,
} from './statement-hooks.js';

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
class StartRecord implements StatementListener {
  hasWritten = false;

  constructor(private readonly dataSource: DataSource) {}

  beforeQuery({ query }: StatementBegun): void {
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
  readonly #ending = new WeakSet<DataSource>();
  readonly #initialized = new Set<DataSource>();
  /** Several where applications share one; those that have closed as well, until another claims it. */
  readonly #owners = new WeakMap<DataSource, Set<DataSourceListener>>();
  readonly #listeners = new Set<DataSourceListener>();
  readonly #left = new WeakSet<DataSourceListener>();

  join(listener: DataSourceListener): void {
    this.#listeners.add(listener);
    for (const dataSource of this.#initialized)
      if (this.#ownersOf(dataSource).has(listener)) this.#tellLost(dataSource);
  }

  leave(listener: DataSourceListener): void {
    this.#listeners.delete(listener);
    this.#left.add(listener);
  }

  /** A DataSource in somebody's container is watched by those who have it there, and by nobody else. */
  claim(dataSource: DataSource, owner: DataSourceListener): void {
    const owners = this.#ownersOf(dataSource);
    if (owners.has(owner)) return;
    attend(dataSource);
    // Its first statements went unrecorded if it was initialized before this module was loaded.
    if (!this.#records.has(dataSource)) this.#record(dataSource).hasWritten = true;
    this.#dismiss(dataSource);
    owners.add(owner);
    // Until it listens, and it may never, others go on.
    if (this.#listeners.has(owner)) this.#tellLost(dataSource);
  }

  /** Whether nobody else would hear it if this application, whose own it is, stopped to. */
  needs(dataSource: DataSource, owner: DataSourceListener): boolean {
    const owners = this.#ownersOf(dataSource);
    return owners.has(owner) && ![...owners].some((other) => other !== owner && this.#listeners.has(other));
  }

  /** Those that are an application's own or nobody's. */
  of(listener: DataSourceListener): DataSource[] {
    return [...this.#initialized].filter((dataSource) => this.belongsTo(dataSource, listener));
  }

  belongsTo(dataSource: DataSource, listener: DataSourceListener): boolean {
    const owners = this.#ownersOf(dataSource);
    return owners.has(listener) || ![...owners].some((owner) => this.#listeners.has(owner) || this.#left.has(owner));
  }

  /** From now on this application hears it. Says whether something was written that it has not heard. */
  take(dataSource: DataSource, listener: DataSourceListener): boolean {
    const record = this.#record(dataSource);
    const { hasWritten } = record;
    // One that is nobody's may yet be claimed, by an application that has heard nothing of it until then.
    if (!this.#ownersOf(dataSource).has(listener)) return hasWritten;
    record.hasWritten = true;
    stopListening(dataSource, record);
    return hasWritten;
  }

  async building(dataSource: DataSource): Promise<void> {
    // Tools build metadata without connecting.
    if (!dataSource.isInitialized || !isFollowed(dataSource)) return;
    // Its database may be another one.
    const old = this.#records.get(dataSource);
    if (old) stopListening(dataSource, old);
    this.#records.delete(dataSource);
    this.#record(dataSource);
    await this.#tell(dataSource, (listener) => listener.building(dataSource));
  }

  async started(dataSource: DataSource): Promise<void> {
    if (isFollowed(dataSource)) await this.#tell(dataSource, (listener) => listener.started(dataSource));
  }

  /** One that could not be destroyed, such as one that already was, may come back. */
  async destroying(dataSource: DataSource, destroy: () => Promise<void>): Promise<void> {
    this.#ending.add(dataSource);
    try {
      await destroy();
    } finally {
      this.#ending.delete(dataSource);
    }
    this.#ended(dataSource);
  }

  /** It is being destroyed: what fails now says nothing of its database. */
  isEnding(dataSource: DataSource): boolean {
    return this.#ending.has(dataSource);
  }

  #ended(dataSource: DataSource): void {
    this.#initialized.delete(dataSource);
    this.#dismiss(dataSource);
    for (const listener of this.#listeners) listener.ended(dataSource);
  }

  #tellLost(dataSource: DataSource): void {
    const owners = this.#ownersOf(dataSource);
    for (const listener of this.#listeners) if (!owners.has(listener)) listener.lost(dataSource);
  }

  /** Applications that have closed hear what is still written, but nothing of what comes after. */
  #dismiss(dataSource: DataSource): void {
    const owners = this.#ownersOf(dataSource);
    for (const owner of owners) {
      if (!this.#left.has(owner)) continue;
      owners.delete(owner);
      owner.lost(dataSource);
    }
  }

  /** One that was initialized before this module was loaded has begun to work. */
  async met(dataSource: DataSource): Promise<void> {
    if (this.#records.has(dataSource) || !dataSource.isInitialized || !isFollowed(dataSource)) return;
    this.#record(dataSource).hasWritten = true;
    await this.#tell(dataSource, (listener) => listener.building(dataSource));
    await this.started(dataSource);
  }

  async #tell(dataSource: DataSource, tell: (listener: DataSourceListener) => Promise<void>): Promise<void> {
    for (const listener of this.#listeners) if (this.belongsTo(dataSource, listener)) await tell(listener);
  }

  #ownersOf(dataSource: DataSource): Set<DataSourceListener> {
    let owners = this.#owners.get(dataSource);
    if (!owners) this.#owners.set(dataSource, (owners = new Set()));
    return owners;
  }

  #record(dataSource: DataSource): StartRecord {
    let record = this.#records.get(dataSource);
    if (record) return record;
    record = new StartRecord(dataSource);
    this.#records.set(dataSource, record);
    this.#initialized.add(dataSource);
    listen(dataSource, record);
    return record;
  }
}

export const dataSources = new DataSources();

interface Lifecycle {
  createQueryRunner(...mode: unknown[]): QueryRunner;
  buildMetadatas(): Promise<void>;
  initialize(): Promise<DataSource>;
  destroy(): Promise<void>;
}

const attended = new WeakSet<object>();

/*
 * TypeORM has no event for a DataSource that starts: what must hear its first statement has to stand inside of initialize(). The
 * methods exist in TypeORM 0.3 and 1.x; a test fails when one is gone.
 */
function attendLifecycle(of: object): void {
  if (attended.has(of)) return;
  attended.add(of);
  const prototype = of as Lifecycle;
  const { buildMetadatas, initialize, destroy, createQueryRunner } = prototype;

  prototype.createQueryRunner = function (this: DataSource & Lifecycle, ...mode) {
    const runner = createQueryRunner.apply(this, mode);
    const owner = ownerOf(runner, 'query');
    // A test's runner may be an object of its own.
    if (owner && !awaitsListenersAfter(runner)) attendRunners(owner);
    return runner;
  };

  prototype.buildMetadatas = async function (this: DataSource & Lifecycle) {
    await buildMetadatas.call(this);
    await dataSources.building(this);
  };

  prototype.initialize = async function (this: DataSource & Lifecycle) {
    const initialized = await initialize.call(this);
    await dataSources.started(this);
    return initialized;
  };

  prototype.destroy = async function (this: DataSource & Lifecycle) {
    await dataSources.destroying(this, () => destroy.call(this));
  };
}

/** The prototype that has this method; `undefined` where none has. */
function ownerOf(instance: object, method: string): object | undefined {
  let owner = Object.getPrototypeOf(instance) as object | null;
  while (owner && !Object.hasOwn(owner, method)) owner = Object.getPrototypeOf(owner) as object | null;
  return owner ?? undefined;
}

/** An application may hold several copies of TypeORM: whichever made this DataSource is attended to. */
function attend(dataSource: DataSource): void {
  attendLifecycle(ownerOf(dataSource, 'buildMetadatas') ?? dataSource);
  const { broadcaster } = dataSource.createQueryRunner();
  attendBroadcasters(Object.getPrototypeOf(broadcaster) as object);
}

// TypeORM before 0.3 has none: its version is refused later, by its name.
if (DataSource as typeof DataSource | undefined) attendLifecycle(DataSource.prototype);
onUnheardStatement((dataSource) => void dataSources.met(dataSource).catch(() => undefined));
