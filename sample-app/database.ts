import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { QueryCounter } from './query-counter.js';

const types = {
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
  'mysql:': 'mysql',
  'mariadb:': 'mariadb',
} as const;

export function databaseOptions(url: string | undefined): TypeOrmModuleOptions {
  const common = {
    autoLoadEntities: true,
    synchronize: true,
    // synchronize alters tables until they fit: not those somebody else has in that database.
    entityPrefix: 'sample_',
    logger: new QueryCounter(),
  };
  if (!url) return { ...common, type: 'sqljs' };
  const { protocol } = new URL(url);
  const type = types[protocol as keyof typeof types];
  if (!type) {
    throw new Error(
      `DATABASE_URL starts with ${protocol}//, which this sample has no driver for. Give postgres:// or mysql://, or nothing for SQLite in memory.`,
    );
  }
  return { ...common, type, url };
}
