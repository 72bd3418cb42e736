import { CacheModule } from '@nestjs/cache-manager';
import type { DynamicModule } from '@nestjs/common';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Redis } from 'ioredis';
import { QsCacheModule } from 'nestjs-qscache';
import { ClosingModule } from './closing.js';

/** As the README tells applications of cache-manager 5: no keyv. */
export function shared(url: string, namespace: string): DynamicModule[] {
  const redis = new Redis(url);
  return [
    CacheModule.register({ store: () => redisInsStore(redis) }),
    QsCacheModule.forRoot({ namespace }),
    ClosingModule.of(() => redis.disconnect()),
  ];
}
