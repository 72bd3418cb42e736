import { CacheModule } from '@nestjs/cache-manager';
import type { DynamicModule } from '@nestjs/common';
import { KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { QsCacheModule } from 'nestjs-qscache';
import { ClosingModule } from './closing.js';

/** As the README shows it. */
export function shared(url: string, namespace: string): DynamicModule[] {
  const redis = new Redis(url);
  return [
    CacheModule.registerAsync({
      useFactory: () => ({ stores: [new Keyv({ store: new KeyvAdapter(redisInsStore(redis) as never) })] }),
    }),
    QsCacheModule.forRoot({ namespace }),
    ClosingModule.of(() => redis.disconnect()),
  ];
}
