import mysql from 'mysql2/promise';
import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';

interface Address {
  readonly host: string;
  readonly port?: number;
  readonly username: string;
  readonly password?: string;
  readonly database: string;
}

/** Statements of another program, with a client of its own: nobody of this process hears them. */
export async function outside(options: DataSourceOptions, ...statements: readonly string[]): Promise<void> {
  const { username: user, ...address } = options as unknown as Address;
  const { host, port, password, database } = address;
  const config = { host, user, password, database, ...(port && { port }) };
  if (options.type === 'postgres') {
    const client = new pg.Client(config);
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
    return;
  }
  const connection = await mysql.createConnection(config as mysql.ConnectionOptions);
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
}
