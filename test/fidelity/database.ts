import { randomUUID } from 'node:crypto';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseName, EntitySet } from './entity-set.js';

/** A database with a set's tables and rows. */
export interface FilledDatabase {
  readonly options: DataSourceOptions;
  drop(): Promise<void>;
}

/** The servers that databases are made on; sql.js needs none. */
export class DatabaseServer {
  #home: Promise<DataSource> | undefined;

  constructor(
    readonly kind: DatabaseName,
    private readonly url: string,
  ) {}

  async create(set: EntitySet): Promise<FilledDatabase> {
    if (this.kind === 'sqljs') return this.#createInMemory(set);
    const name = `qscache_fidelity_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
    await this.#execute(`CREATE DATABASE ${name}`);
    const drop = () => this.#execute(`DROP DATABASE ${name}${this.kind === 'postgres' ? ' WITH (FORCE)' : ''}`);
    const options = { ...addressOf(this.kind, this.url), database: name, poolSize: 2, ...entitiesOf(set) };
    try {
      await fill(set, this.kind, options as DataSourceOptions, () => undefined);
    } catch (error) {
      await drop();
      throw error;
    }
    return { options: options as DataSourceOptions, drop };
  }

  async close(): Promise<void> {
    await (await this.#home)?.destroy();
  }

  async #createInMemory(set: EntitySet): Promise<FilledDatabase> {
    const options = { type: 'sqljs', ...entitiesOf(set) } as DataSourceOptions;
    const database = await fill(set, this.kind, options, ({ manager }) =>
      (manager as unknown as { exportDatabase(): Uint8Array }).exportDatabase(),
    );
    return { options: { ...options, database } as DataSourceOptions, drop: async () => undefined };
  }

  async #execute(sql: string): Promise<void> {
    this.#home ??= new DataSource(addressOf(this.kind, this.url) as DataSourceOptions).initialize();
    await (await this.#home).query(sql);
  }
}

async function fill<T>(
  set: EntitySet,
  kind: DatabaseName,
  options: DataSourceOptions,
  take: (dataSource: DataSource) => T,
): Promise<T> {
  const dataSource = await new DataSource({ ...options, synchronize: true } as DataSourceOptions).initialize();
  try {
    await set.fill(dataSource.manager, kind);
    return take(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

function entitiesOf({ entities, options }: EntitySet) {
  return { entities, ...options };
}

/** In parts, because TypeORM lets the scheme of a `url` override `type`. */
function addressOf(type: DatabaseName, url: string) {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    type,
    host: hostname,
    ...(port && { port: Number(port) }),
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
  };
}
