import { CacheModule } from '@nestjs/cache-manager';
import type { DynamicModule } from '@nestjs/common';
import KeyvRedis from '@keyv/redis';
import { Keyv } from 'keyv';
import { QsCacheModule } from 'nestjs-qscache';

/** As the README shows it. */
export function shared(url: string, namespace: string): DynamicModule[] {
  return [
    CacheModule.registerAsync({ useFactory: () => ({ stores: [new Keyv({ store: new KeyvRedis(url) })] }) }),
    QsCacheModule.forRoot({ namespace }),
  ];
}
