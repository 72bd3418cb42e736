import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';

interface Address {
  readonly url?: string;
  readonly host?: string;
  readonly port?: number;
  readonly socketPath?: string;
}

/** By the driver's connection: an `initialize()` after `destroy()` opens another, empty database. */
const inMemory = new WeakMap<object, string>();

/**
 * Which database this is, so that two of them never answer for each other in a store they share: staging and production, two services
 * with a table of the same name, or this process's database in memory and the one it had before a restart.
 */
export function databaseIdentity(dataSource: DataSource): string {
  const { type } = dataSource.options;
  if (type === 'sqljs' || dataSource.options.database === ':memory:') return inMemoryId(dataSource);
  const options = dataSource.options as Address & { replication?: { master: Address } };
  const { url, host, port, socketPath } = options.replication?.master ?? options;
  const place = url ? new URL(url).host : (socketPath ?? `${host ?? 'localhost'}:${port ?? 'default'}`);
  const database = dataSource.driver.database ?? dataSource.options.database;
  return `${type} ${place} ${typeof database === 'string' ? database : ''}`;
}

/** A database in this process's memory, which nobody else reaches. sql.js keeps it there even where it saves it to a file. */
export function inMemoryId(dataSource: DataSource): string {
  const { type } = dataSource.options;
  const connection = (dataSource.driver as { databaseConnection?: object }).databaseConnection ?? dataSource;
  const id = inMemory.get(connection) ?? `${type} ${randomUUID()}`;
  inMemory.set(connection, id);
  return id;
}
