import type { INestApplicationContext, ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Redis } from 'ioredis';
import { type CacheEvent, CacheEvents, QsCacheModule } from '../../lib/index.js';
import { QsCacheCore } from '../../lib/qs-cache.core.js';
import type { CacheStore } from '../../lib/store/cache-store.js';
import { databaseOptions } from './database.js';
import { managers } from './managers.js';
import type { Migrations } from './migrated-boot.js';
import type { Part } from './modes.js';
import { budgetMs, holdMs, type SoakSettings } from './settings.js';

export interface ApplicationParts {
  readonly settings: SoakSettings;
  readonly part: Part;
  readonly redis: Redis;
  readonly migrations: Migrations;
  readonly wrapStore: (store: CacheStore) => CacheStore;
  readonly listen: (event: CacheEvent) => void;
}

/** An application as people write them, but for what stands before its store. */
export function bootApplication(parts: ApplicationParts): Promise<INestApplicationContext> {
  const { settings, part, redis, migrations, listen } = parts;
  const { database: kind, fault, tracking } = settings.options;
  const imports: ModuleMetadata['imports'] = [
    TypeOrmModule.forRoot({
      ...databaseOptions({ ...settings, kind }),
      migrations,
      migrationsRun: migrations.length > 0,
      // A migration may meet a locked row or a deadlock: then it is run again.
      retryAttempts: 50,
      retryDelay: 100,
    }),
    QsCacheModule.forRoot({
      namespace: settings.namespace + (part.role === 'neighbour' ? '_neighbour' : ''),
      redis,
      budgetMs,
      nearCache: { tracking },
      holdMs: fault === 'no-hold' ? 0 : holdMs[kind],
    }),
  ];
  if (part.role !== 'writer') imports.push(QsCacheModule.forFeature(managers));
  // A provider, because what happens during the boot is to be heard too.
  const listening = {
    provide: 'SOAK_LISTENER',
    useFactory: (events: CacheEvents) => events.on(listen),
    inject: [CacheEvents],
  };
  standBeforeTheStore(parts.wrapStore);
  const module = { module: class SoakModule {}, imports, providers: [listening] };
  return NestFactory.createApplicationContext(module, { logger: ['error'] });
}

/** From its first use on, which is in the boot. */
function standBeforeTheStore(wrap: (store: CacheStore) => CacheStore): void {
  const { get } = Object.getOwnPropertyDescriptor(QsCacheCore.prototype, 'store')!;
  let store: CacheStore | undefined;
  Object.defineProperty(QsCacheCore.prototype, 'store', {
    configurable: true,
    get(this: QsCacheCore) {
      store ??= wrap(get!.call(this) as CacheStore);
      return store;
    },
  });
}
