import type { INestApplicationContext, ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { databaseOptions } from '../database.js';

/** An application as people write them, with its database and what else it is given. */
export function boot(
  databaseUrl: string,
  imports: NonNullable<ModuleMetadata['imports']>,
  providers: NonNullable<ModuleMetadata['providers']> = [],
): Promise<INestApplicationContext> {
  const database = TypeOrmModule.forRoot(databaseOptions(databaseUrl));
  const module = { module: class ChaosModule {}, imports: [database, ...imports], providers };
  return NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
}
