import { DataSource, type DataSourceOptions } from 'typeorm';
import { Item, itemIds, shelfOf } from './entities.js';

/** @param url with the name of the database */
export function databaseOptions(url: string): DataSourceOptions & { readonly type: 'postgres' } {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    type: 'postgres',
    host: hostname,
    ...(port && { port: Number(port) }),
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
    entities: [Item],
  };
}

/** Every database of a run with all rows in it; dropped by the returned function. */
export async function createDatabases(serverUrl: string, names: readonly string[]): Promise<() => Promise<void>> {
  const server = await new DataSource({ ...databaseOptions(serverUrl), entities: [] }).initialize();
  const drop = async () => {
    for (const name of names) await server.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await server.destroy();
  };
  try {
    for (const name of names) {
      await server.query(`CREATE DATABASE ${name}`);
      await insertRows(urlOf(serverUrl, name));
    }
  } catch (error) {
    await drop();
    throw error;
  }
  return drop;
}

export function urlOf(serverUrl: string, name: string, port?: number): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  if (port !== undefined) Object.assign(url, { hostname: '127.0.0.1', port: String(port) });
  return url.href;
}

async function insertRows(url: string): Promise<void> {
  const dataSource = await new DataSource({ ...databaseOptions(url), synchronize: true }).initialize();
  try {
    await dataSource.manager.insert(
      Item,
      itemIds.map((id) => ({ id, shelf: shelfOf(id) })),
    );
  } finally {
    await dataSource.destroy();
  }
}
