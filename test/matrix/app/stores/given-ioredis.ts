import { CacheModule } from '@nestjs/cache-manager';
import type { DynamicModule } from '@nestjs/common';
import { Redis } from 'ioredis';
import { QsCacheModule } from 'nestjs-qscache';
import { ClosingModule } from './closing.js';

/** CACHE_MANAGER stays in memory; the client is given to `forRoot`. */
export function shared(url: string, namespace: string): DynamicModule[] {
  const redis = new Redis(url);
  return [
    CacheModule.register(),
    QsCacheModule.forRoot({ namespace, redis }),
    ClosingModule.of(() => redis.disconnect()),
  ];
}
