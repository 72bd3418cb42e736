import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { createConnection } from 'mysql2/promise';

export function shared(url: string): TypeOrmModuleOptions {
  return { type: 'mariadb', url };
}

/** On the driver's own client. */
export async function execute(url: string, sql: string): Promise<void> {
  const connection = await createConnection(url);
  await connection.query(sql);
  await connection.end();
}
