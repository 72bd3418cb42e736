import type { DataSourceOptions } from 'typeorm';
import type { TestDatabase } from '../support/databases.js';

/** A new database for the sample app, as users name one. */
export async function newDatabaseUrl(database: TestDatabase): Promise<string> {
  const options = (await database.options()) as Extract<DataSourceOptions, { type: 'postgres' }>;
  const { host, port, username, password, database: name } = options;
  const url = new URL(`${database.name === 'mariadb' ? 'mysql' : 'postgres'}://${host}/${name}`);
  return Object.assign(url, { port: String(port ?? ''), username, password }).href;
}
