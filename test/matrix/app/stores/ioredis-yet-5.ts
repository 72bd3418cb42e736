import { CacheModule, type CacheModuleOptions } from '@nestjs/cache-manager';
import type { DynamicModule } from '@nestjs/common';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Redis } from 'ioredis';
import { QsCacheModule } from 'nestjs-qscache';
import { ClosingModule } from './closing.js';

/** As applications of cache-manager 5 have it: no keyv. */
export function shared(url: string, namespace: string): DynamicModule[] {
  const redis = new Redis(url);
  const options: object = { store: redisInsStore(redis) };
  return [
    CacheModule.registerAsync({ useFactory: () => options as CacheModuleOptions }),
    QsCacheModule.forRoot({ namespace }),
    ClosingModule.of(() => redis.disconnect()),
  ];
}
