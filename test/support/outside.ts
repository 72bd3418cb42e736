import mysql from 'mysql2/promise';
import pg from 'pg';
import type { DataSource, DataSourceOptions } from 'typeorm';

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

/** The same for any database: one that lives in this process has no other client than the driver's. */
export async function outsideOf({ driver, options }: DataSource, ...statements: readonly string[]): Promise<void> {
  if (options.type !== 'sqljs') return outside(options, ...statements);
  const { databaseConnection } = driver as unknown as { databaseConnection: { run(sql: string): void } };
  for (const statement of statements) databaseConnection.run(statement);
}
