import { CacheableMemory } from '@cacheable/memory';
import { CacheModule } from '@nestjs/cache-manager';
import type { DynamicModule, OnApplicationShutdown } from '@nestjs/common';
import { KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';

export function cacheModule(redisUrl: string | undefined): DynamicModule {
  // Bounded, as a request decides how many entries there are.
  if (!redisUrl)
    return CacheModule.register({ stores: [new Keyv({ store: new CacheableMemory({ lruSize: 10_000 }) })] });
  return CacheModule.registerAsync({
    extraProviders: [{ provide: RedisConnection, useFactory: () => new RedisConnection(redisUrl) }],
    inject: [RedisConnection],
    useFactory: ({ client }: RedisConnection) => ({
      // `as never`: its types are those of cache-manager 5.
      stores: [new Keyv({ store: new KeyvAdapter(redisInsStore(client) as never) })],
    }),
  });
}

class RedisConnection implements OnApplicationShutdown {
  readonly client: Redis;

  constructor(url: string) {
    this.client = new Redis(url);
  }

  /** Not any earlier: until the server has closed, a request may still write, and other processes must hear of it. */
  onApplicationShutdown(): void {
    this.client.disconnect();
  }
}
