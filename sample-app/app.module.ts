import { type DynamicModule, Module, ValidationPipe } from '@nestjs/common';
import { APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { QsCacheModule } from 'nestjs-qscache';
import { cacheModule } from './cache.js';
import { databaseOptions } from './database.js';
import { ExamplesModule } from './examples/examples.module.js';
import { QueriesInterceptor } from './queries.interceptor.js';
import { Seed } from './seed.js';

/** The environment variables the application reads; all are optional. */
export interface Settings {
  /** Default: SQLite in memory. */
  readonly DATABASE_URL?: string | undefined;
  /** Default: a cache in this process. */
  readonly REDIS_URL?: string | undefined;
  /** Sets the keys apart from those of others in the same Redis. */
  readonly CACHE_NAMESPACE?: string | undefined;
}

@Module({})
export class AppModule {
  static register({ DATABASE_URL, REDIS_URL, CACHE_NAMESPACE = 'sample-app' }: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        TypeOrmModule.forRoot(databaseOptions(DATABASE_URL)),
        cacheModule(REDIS_URL),
        QsCacheModule.forRoot({ namespace: CACHE_NAMESPACE }),
        ExamplesModule,
      ],
      providers: [
        Seed,
        { provide: APP_INTERCEPTOR, useClass: QueriesInterceptor },
        { provide: APP_PIPE, useValue: new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true }) },
      ],
    };
  }
}
