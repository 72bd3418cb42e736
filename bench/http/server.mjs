// A worker of bench/http/main.mjs: an application that reads in one of the ways there are, told by HTTP_BENCH.
import 'reflect-metadata';
import { CacheInterceptor, CacheModule } from '@nestjs/cache-manager';
import { Controller, Get, Inject, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { QsCacheModule } from 'nestjs-qscache';
import { DataSource } from 'typeorm';
import { ExampleCacheManager, NEAR_OFF } from '../candidates/ours.mjs';
import { entities } from '../entities.mjs';
import { StatementCounter } from '../services.mjs';
import { shapes } from '../shapes.mjs';

const READ = Symbol('READ');
const [detail, list] = shapes;

class ExamplesController {
  constructor(read) {
    this.read = read;
  }

  detail() {
    return this.read(detail);
  }

  list() {
    return this.read(list);
  }
}
Inject(READ)(ExamplesController, undefined, 0);
Controller()(ExamplesController);
for (const path of ['detail', 'list']) {
  Get(path)(ExamplesController.prototype, path, Object.getOwnPropertyDescriptor(ExamplesController.prototype, path));
}

const found = {
  provide: READ,
  inject: [DataSource],
  useFactory:
    ({ manager }) =>
    (shape) =>
      shape.find(manager),
};
const ours = (options) => ({
  imports: [QsCacheModule.forRoot({ namespace, ...options }), QsCacheModule.forFeature([ExampleCacheManager])],
  read: { provide: READ, inject: [ExampleCacheManager], useFactory: (examples) => (shape) => shape.ours({ examples }) },
});

const { variant, namespace, postgresUrl, redisUrl } = JSON.parse(process.env.HTTP_BENCH);
const variants = {
  uncached: () => ({ read: found }),
  interceptor: () => {
    UseInterceptors(CacheInterceptor)(ExamplesController);
    return { read: found };
  },
  nearOff: () => ours(NEAR_OFF),
  tracking: () => ours({ nearCache: { tracking: true } }),
  near: () => ours({}),
};
const { imports = [], read } = variants[variant]();

const client = new Redis(redisUrl);
const statements = new StatementCounter();
const stores = [new Keyv({ store: new KeyvAdapter(redisInsStore(client)), namespace: `${namespace}-${variant}` })];
const module = {
  module: class HttpBenchModule {},
  imports: [
    CacheModule.register({ isGlobal: true, stores, ttl: 3_600_000 }),
    TypeOrmModule.forRoot({ type: 'postgres', url: postgresUrl, entities, logger: statements }),
    ...imports,
  ],
  controllers: [ExamplesController],
  providers: [read],
};
const app = await NestFactory.create(module, { logger: ['error'] });
await app.listen(0, '127.0.0.1');

const answers = {
  queries: () => process.send({ queries: statements.count }),
  close: async () => {
    await app.close();
    client.disconnect();
    process.disconnect();
  },
};
process.on('message', (asked) => answers[asked]());
process.send({ port: app.getHttpServer().address().port });
