import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { Client } from 'pg';

export function shared(url: string): TypeOrmModuleOptions {
  return { type: 'postgres', url };
}

/** On the driver's own client. */
export async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}
