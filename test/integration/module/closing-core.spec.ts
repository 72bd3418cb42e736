import KeyvRedis from '@keyv/redis';
import { CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager';
import { Controller, Get, Global, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { type Cache, createCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { CacheEvents, QsCacheModule } from '../../../lib/index.js';
import { QsCacheCore } from '../../../lib/qs-cache.core.js';
import { Example, exampleEntities } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { redisTroubles } from '../../support/redis-troubles.js';
import { describeWithRedisServers, RedisServer } from '../../support/redis-server.js';

const BUDGET = 50;
const HUNG = 1_000;
const database = { type: 'sqljs', entities: exampleEntities, synchronize: true } as never;

function keyvRedis(url: string): Keyv {
  const store = new KeyvRedis(url);
  store.on('error', () => undefined);
  return new Keyv({ store });
}

const qsCache = () => [
  QsCacheModule.forRoot({ budgetMs: BUDGET }),
  QsCacheModule.forFeature([PlainExampleCacheManager]),
];

async function timed(close: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await close();
  return performance.now() - began;
}

describe('A CACHE_MANAGER that does not let go', () => {
  it('is left behind, and an event says so', async () => {
    const store = new Map();
    const keyv = new Keyv({ store });
    keyv.disconnect = () => new Promise(() => undefined);
    // Not of CacheModule, so that nobody else waits for it.
    @Global()
    @Module({
      providers: [{ provide: CACHE_MANAGER, useValue: createCache({ stores: [keyv] }) }],
      exports: [CACHE_MANAGER],
    })
    class OwnCacheModule {}
    const module = await Test.createTestingModule({
      imports: [OwnCacheModule, TypeOrmModule.forRoot(database), ...qsCache()],
    }).compile();
    await module.init();
    const errors: unknown[] = [];
    module.get(CacheEvents).on((event) => event.name === 'store:failed' && errors.push(event.error));
    expect(await timed(() => module.close())).toBeLessThan(HUNG);
    expect(String(errors[0])).toMatch(/CACHE_MANAGER did not disconnect within 500 ms/);
  });
});

describeWithRedisServers('An application', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  const troubles = Object.keys(redisTroubles);

  async function boot(url: string, options: { isGlobal?: boolean; imports?: unknown[]; providers?: unknown[] } = {}) {
    const { isGlobal = false, imports = [], providers = [] } = options;
    return Test.createTestingModule({
      imports: [
        CacheModule.register({ isGlobal, stores: [keyvRedis(url)] }),
        TypeOrmModule.forRoot(database),
        ...qsCache(),
        ...(imports as []),
      ],
      providers: providers as [],
    }).compile();
  }

  it.each(troubles)(
    'answers the requests that are under way when it closes, and closes, when Redis %s',
    async (name) => {
      @Controller()
      class ExampleController {
        constructor(private readonly examples: PlainExampleCacheManager) {}
        @Get()
        async all() {
          arrived();
          return this.examples.all();
        }
      }
      const trouble = await redisTroubles[name]!(server);
      const module = await Test.createTestingModule({
        imports: [
          CacheModule.register({ stores: [keyvRedis(trouble.url)] }),
          TypeOrmModule.forRoot(database),
          ...qsCache(),
        ],
        controllers: [ExampleController],
      }).compile();
      const app = module.createNestApplication();
      await app.listen(0, '127.0.0.1');
      await app.get(DataSource).manager.insert(Example, { title: 'one' });
      const url = await app.getUrl();
      let arrived!: () => void;
      const underWay = new Promise<void>((resolve) => (arrived = resolve));
      await trouble.bring();
      const answer = fetch(url, { headers: { connection: 'close' } }).then((response) => response.json());
      await underWay;
      expect(await timed(() => app.close())).toBeLessThan(HUNG);
      expect(await answer).toMatchObject([{ id: 1, title: 'one' }]);
    },
  );

  it.each(troubles)('that is still booting closes when Redis %s', async (name) => {
    const { url } = await redisTroubles[name]!(server);
    const module = await boot(url);
    const booting = module.init();
    expect(await timed(() => module.close())).toBeLessThan(HUNG);
    await booting;
  });

  it.each(['is in order', 'was never there', 'never answers'])(
    'that was never started, or not wholly, closes when Redis %s',
    async (name) => {
      const { url } = await redisTroubles[name]!(server);
      const compiled = await boot(url);
      expect(await timed(() => compiled.close())).toBeLessThan(HUNG);
      @Injectable()
      class Failing implements OnModuleInit {
        constructor(private readonly examples: PlainExampleCacheManager) {}
        async onModuleInit(): Promise<void> {
          await this.examples.all();
          throw new Error('half-way');
        }
      }
      const failing = await boot(url, { providers: [Failing] });
      await expect(failing.init()).rejects.toThrow('half-way');
      expect(await timed(() => failing.close())).toBeLessThan(HUNG);
      // Another one in the same process is none the worse for it.
      const next = await boot(url);
      await next.init();
      await next.get(DataSource).manager.insert(Example, { title: 'one' });
      expect(await next.get(PlainExampleCacheManager, { strict: false }).all()).toHaveLength(1);
      expect(await timed(() => next.close())).toBeLessThan(HUNG);
    },
  );

  describe.each([true, false])('with a CacheModule that is global: %s', (isGlobal) => {
    it.each(['was never there', 'never answers'])(
      'closes although its own commands wait, when Redis %s',
      async (name) => {
        const { url } = await redisTroubles[name]!(server);
        const module = await boot(url, { isGlobal });
        await module.init();
        const cache = module.get<Cache>(CACHE_MANAGER);
        // The first one connects the client, the second waits in its queue.
        for (const key of ['a', 'b']) {
          cache.get(key).catch(() => undefined);
          await new Promise(setImmediate);
        }
        expect(await timed(() => module.close())).toBeLessThan(HUNG);
      },
    );
  });

  it('closed while it opens listens to nothing afterwards: before Nest 12 nobody waits for that', async () => {
    const { url } = await redisTroubles['is in order']!(server);
    const module = await boot(url);
    onTestFinished(() => module.close());
    const core = module.get(QsCacheCore, { strict: false });
    const opening = core.onModuleInit();
    await core.onApplicationShutdown();
    await opening;
    const later = await new DataSource(database).initialize();
    onTestFinished(() => later.destroy());
    expect(core.watched.map(({ dataSource }) => dataSource)).not.toContain(later);
  });
});
