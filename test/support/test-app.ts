import { CacheModule } from '@nestjs/cache-manager';
import type { DynamicModule, ModuleMetadata, Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import KeyvRedis from '@keyv/redis';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { randomUUID } from 'node:crypto';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { onTestFinished } from 'vitest';
import {
  type CacheEvent,
  CacheEvents,
  type CacheManagerClass,
  QsCacheModule,
  type QsCacheOptions,
} from '../../lib/index.js';
import { QsCacheCore } from '../../lib/qs-cache.core.js';
import { Statements } from './statements.js';

export type StoreKind = 'memory' | 'ioredis-yet' | 'keyv-redis';

/** For a process that must look at what is stored: one that has read an entry before has it in hand. */
export const NOTHING_KEPT: QsCacheOptions = { nearCache: { maxBytes: 0 } };

export interface TestAppOptions {
  readonly database: DataSourceOptions;
  readonly managers: readonly CacheManagerClass[];
  readonly store?: StoreKind;
  readonly redisUrl?: string;
  readonly options?: QsCacheOptions;
  readonly controllers?: ModuleMetadata['controllers'];
  readonly providers?: ModuleMetadata['providers'];
  readonly cacheModule?: DynamicModule;
  readonly imports?: ModuleMetadata['imports'];
}

export interface TestApp {
  readonly module: TestingModule;
  readonly dataSource: DataSource;
  readonly statements: Statements;
  readonly events: CacheEvent[];
  get<T>(token: Type<T> | (abstract new (...args: never[]) => T)): T;
  /** When everything that was loaded is stored: readers do not wait for it. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** A Nest module with a database, a store and managers; closed when the test ends. Every app has a namespace of its own. */
export async function createTestApp(options: TestAppOptions): Promise<TestApp> {
  const { database, managers, store = 'memory', redisUrl, controllers = [], providers = [] } = options;
  const { cacheModule = cacheModuleOf(store, redisUrl), imports = [] } = options;
  const module = await Test.createTestingModule({
    imports: [
      cacheModule,
      TypeOrmModule.forRoot(database),
      // Patient: a busy machine must not turn a hit into a miss.
      QsCacheModule.forRoot({ namespace: `test-${randomUUID()}`, budgetMs: 5_000, ...options.options }),
      ...(managers.length ? [QsCacheModule.forFeature(managers)] : []),
      ...imports,
    ],
    controllers,
    providers,
  }).compile();
  await module.init();
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await module.close();
  };
  onTestFinished(close);
  const dataSource = module.get<DataSource>(getDataSourceToken());
  const events: CacheEvent[] = [];
  module.get(CacheEvents).on((event) => events.push(event));
  return {
    module,
    dataSource,
    statements: Statements.of(dataSource),
    events,
    get: (token) => module.get(token as never, { strict: false }),
    settled: () => module.get(QsCacheCore).readThrough.settled(),
    close,
  };
}

export function cacheModuleOf(store: StoreKind, redisUrl = 'redis://127.0.0.1:6379'): DynamicModule {
  switch (store) {
    case 'memory':
      return CacheModule.register();
    case 'ioredis-yet':
      return CacheModule.registerAsync({
        useFactory: () => {
          const client = new Redis(redisUrl);
          onTestFinished(() => client.disconnect());
          // Its types are those of cache-manager 5.
          return { stores: [new Keyv({ store: new KeyvAdapter(redisInsStore(client) as never) })] };
        },
      });
    case 'keyv-redis':
      return CacheModule.registerAsync({
        useFactory: () => ({ stores: [new Keyv({ store: new KeyvRedis(redisUrl) })] }),
      });
  }
}
