import { CacheModule } from '@nestjs/cache-manager';
import type { DynamicModule } from '@nestjs/common';
import { createClient } from '@redis/client';
import { QsCacheModule } from 'nestjs-qscache';
import { ClosingModule } from './closing.js';

/** CACHE_MANAGER stays in memory; the client is given to `forRoot`. */
export function shared(url: string, namespace: string): DynamicModule[] {
  const redis = createClient({ url });
  return [
    CacheModule.register(),
    QsCacheModule.forRootAsync({
      useFactory: async () => {
        await redis.connect();
        return { namespace, redis };
      },
    }),
    ClosingModule.of(() => redis.destroy()),
  ];
}
