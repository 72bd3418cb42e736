import { Redis } from 'ioredis';
import { describeWith } from '../support/services.js';
import { storeContract } from './cache-store.contract.js';
import { redisStore, viaCacheManager5, viaCreateKeyv, viaIoRedis, viaKeyvRedis } from './redis-stores.js';

describeWith('redis', 'RedisStore', (url) => {
  storeContract('RedisStore over cache-manager-ioredis-yet', redisStore(viaIoRedis(() => new Redis(url))));
  storeContract(
    'RedisStore over ioredis with a key prefix and numbers as strings',
    redisStore(
      viaIoRedis(() => new Redis(url, { keyPrefix: 'qstest-prefix:', stringNumbers: true, lazyConnect: true })),
    ),
  );
  storeContract('RedisStore over cache-manager 5', redisStore(viaCacheManager5(url)));
  storeContract('RedisStore over createKeyv() of @keyv/redis', redisStore(viaCreateKeyv(url)));
  storeContract('RedisStore that is told of changes', redisStore(viaCreateKeyv(url), true));
  storeContract(
    'RedisStore that is told of changes, over ioredis',
    redisStore(
      viaIoRedis(() => new Redis(url)),
      true,
    ),
  );
  storeContract('RedisStore over new Keyv(new KeyvRedis())', redisStore(viaKeyvRedis(url)));
});
