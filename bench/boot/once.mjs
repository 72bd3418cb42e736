// node bench/boot/once.mjs JSON: boots an application of 100 entities, tells its parent the milliseconds it took, and ends.
import 'reflect-metadata';
import { CacheModule } from '@nestjs/cache-manager';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { EntitySchema } from 'typeorm';

const ENTITIES = 100;

const { namespace, database, redisUrl, synchronize, cached } = JSON.parse(process.argv[2]);
const schemas = Array.from({ length: ENTITIES }, (_, i) => schemaOf(i));
const client = redisUrl ? new Redis(redisUrl) : undefined;
const stores = client ? [new Keyv({ store: new KeyvAdapter(redisInsStore(client)) })] : [];

const start = performance.now();
const imports = [
  CacheModule.register(client ? { stores } : {}),
  TypeOrmModule.forRoot({ ...database, synchronize: synchronize || database.type === 'sqljs', entities: schemas }),
  ...(cached ? await cacheModules() : []),
];
const app = await NestFactory.createApplicationContext({ module: class BootModule {}, imports }, { logger: ['error'] });
const tookMs = performance.now() - start;

await app.close();
client?.disconnect();
process.send(tookMs);
process.disconnect();

/** Imported here, as it is part of what this library adds. */
async function cacheModules() {
  const { BaseCacheManager, QsCacheModule } = await import('nestjs-qscache');
  const managers = schemas.map(
    ({ options: { target, name } }) =>
      ({
        [`${name}CacheManager`]: class extends BaseCacheManager {
          model = target;
        },
      })[`${name}CacheManager`],
  );
  return [QsCacheModule.forRoot({ namespace }), QsCacheModule.forFeature(managers)];
}

function schemaOf(i) {
  const name = `Booted${i}`;
  return new EntitySchema({
    name,
    target: { [name]: class {} }[name],
    columns: {
      id: { type: Number, primary: true },
      title: { type: String },
      createdAt: { type: Date },
    },
    ...(i > 0 && { relations: { previous: { type: 'many-to-one', target: `Booted${i - 1}` } } }),
  });
}
