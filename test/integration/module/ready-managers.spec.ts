import { setTimeout as sleep } from 'node:timers/promises';
import { CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager';
import { Controller, Get, Inject, Injectable, Module, type OnModuleInit, type Provider, Scope } from '@nestjs/common';
import { ContextIdFactory, LazyModuleLoader, ModuleRef, REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { Cache } from 'cache-manager';
import request from 'supertest';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type QuerySet, QsCacheModule } from '../../../lib/index.js';
import { QsCacheCore } from '../../../lib/qs-cache.core.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';
import { LocalCache } from '../../../lib/testing/local-cache.js';
import { Example, exampleEntities } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager, PlainExampleCacheManager } from '../../fixtures/managers.js';
import { Statements } from '../../support/statements.js';

const database: DataSourceOptions = { type: 'sqljs', entities: exampleEntities, synchronize: true };

/** One that is there long after everything that need not wait for it: what is handed out too early shows. */
const slowDatabase = TypeOrmModule.forRootAsync({
  useFactory: async () => {
    await sleep(50);
    return database;
  },
  dataSourceFactory: async (options) => {
    const dataSource = await new DataSource(options!).initialize();
    await dataSource.manager.insert(Example, { title: 'one' });
    return dataSource;
  },
});

const slowStore = CacheModule.registerAsync({
  useFactory: async () => {
    await sleep(150);
    return {};
  },
});

const imports = [QsCacheModule.forFeature([PlainExampleCacheManager]), slowStore, slowDatabase];

const cached = async (module: { get: typeof ModuleRef.prototype.get }) => {
  const examples = module.get(PlainExampleCacheManager, { strict: false });
  await examples.all();
  const dataSource = module.get<DataSource>(getDataSourceToken(), { strict: false });
  return (await Statements.of(dataSource).during(() => examples.all())).statements.length === 0;
};

@Injectable()
class Reader {
  readonly found: Promise<Example[]>;
  readonly list: QuerySet<Example>;
  readonly key: string;

  constructor(readonly examples: PlainExampleCacheManager) {
    this.found = examples.getMany([1]);
    this.list = examples.all();
    this.key = examples.getCacheKey();
  }
}

async function compiled(providers: Provider[]) {
  const module = await Test.createTestingModule({ imports, providers }).compile();
  onTestFinished(() => module.close());
  return module;
}

describe('A manager works', () => {
  it('in a constructor, before there is a store', async () => {
    const module = await compiled([Reader]);
    const { found, list, key } = module.get(Reader);
    expect(key).toBe('plain');
    expect(await found).toMatchObject([{ title: 'one' }]);
    expect(await list).toMatchObject([{ title: 'one' }]);
    await module.init();
    expect(await cached(module)).toBe(true);
  });

  it('in an asynchronous factory that waits for what it reads', async () => {
    const module = await compiled([
      {
        provide: 'TITLES',
        inject: [PlainExampleCacheManager],
        useFactory: async (examples: PlainExampleCacheManager) => {
          const all = [...(await examples.all()), ...(await examples.all())];
          return all.map(({ title }) => title);
        },
      },
    ]);
    expect(module.get('TITLES')).toEqual(['one', 'one']);
    await module.init();
    expect(await cached(module)).toBe(true);
  });

  it('in a factory that a DataSource of another database waits for', async () => {
    const module = await Test.createTestingModule({
      imports: [
        ...imports,
        TypeOrmModule.forRootAsync({
          name: 'tenant',
          imports: [QsCacheModule.forFeature([PlainExampleCacheManager])],
          inject: [PlainExampleCacheManager],
          useFactory: async (examples: PlainExampleCacheManager) => {
            await examples.get(1);
            return { ...database, name: 'tenant' } as never;
          },
        }),
      ],
    }).compile();
    onTestFinished(() => module.close());
    await module.init();
    expect(await cached(module)).toBe(true);
  });

  it('in the hooks, for whoever injects it as a property too', async () => {
    const found: Example[][] = [];
    @Injectable()
    class Hooked implements OnModuleInit {
      @Inject() readonly examples: PlainExampleCacheManager;
      async onModuleInit() {
        found.push(await this.examples.all());
      }
      async onApplicationBootstrap() {
        found.push(await this.examples.all());
      }
    }
    const module = await compiled([Hooked]);
    await module.init();
    expect(found).toMatchObject([[{ title: 'one' }], [{ title: 'one' }]]);
  });

  it('in the constructors of transient providers', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient extends Reader {}
    @Injectable()
    class One {
      constructor(readonly reader: Transient) {}
    }
    @Injectable()
    class Other extends One {}
    const module = await compiled([Transient, One, Other]);
    const readers = [module.get(One).reader, module.get(Other).reader];
    expect(new Set(readers).size).toBe(2);
    for (const { list } of readers) expect(await list).toHaveLength(1);
    expect(new Set(readers.map(({ examples }) => examples)).size).toBe(1);
  });

  it('in the constructors of request-scoped providers and controllers, one for all requests', async () => {
    const seen = new Set<unknown>();
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest extends Reader {
      constructor(
        examples: PlainExampleCacheManager,
        @Inject(REQUEST) readonly request: unknown,
      ) {
        super(examples);
        seen.add(examples);
      }
    }
    @Controller()
    class PerRequestController {
      constructor(private readonly reader: PerRequest) {}
      @Get()
      async list() {
        return this.reader.list;
      }
    }
    const module = await Test.createTestingModule({
      imports,
      providers: [PerRequest],
      controllers: [PerRequestController],
    }).compile();
    const app = module.createNestApplication();
    onTestFinished(() => app.close());
    await app.init();
    for (let i = 0; i < 2; i++) {
      const { body } = await request(app.getHttpServer()).get('/').expect(200);
      expect(body).toMatchObject([{ title: 'one' }]);
    }
    const resolved = await module.resolve(PerRequest, ContextIdFactory.create());
    expect(await resolved.found).toMatchObject([{ title: 'one' }]);
    expect([...seen]).toEqual([app.get(PlainExampleCacheManager)]);
  });

  it('in the constructors of a module that is loaded late, and of what is created by hand', async () => {
    @Module({ imports: [QsCacheModule.forFeature([PlainExampleCacheManager])], providers: [Reader] })
    class LateModule {}
    const root = await Test.createTestingModule({ imports: [slowStore, slowDatabase] }).compile();
    onTestFinished(() => root.close());
    await root.init();
    const late = await root.get(LazyModuleLoader).load(() => LateModule);
    for (const reader of [late.get(Reader, { strict: true }), await late.create(Reader)]) {
      expect(await reader.list).toMatchObject([{ title: 'one' }]);
      expect(await reader.found).toMatchObject([{ title: 'one' }]);
    }
    expect(await cached(late)).toBe(true);
  });

  it('for a strict ModuleRef of the module that registers it', async () => {
    @Injectable()
    class Asking {
      constructor(readonly moduleRef: ModuleRef) {}
    }
    @Module({ imports: [QsCacheModule.forFeature([PlainExampleCacheManager])], providers: [Asking] })
    class AskingModule {}
    const module = await Test.createTestingModule({ imports: [...imports, AskingModule] }).compile();
    onTestFinished(() => module.close());
    await module.init();
    const { moduleRef } = module.get(Asking, { strict: false });
    // As with a repository of TypeOrmModule: strict is the module's own providers, imported ones are not.
    expect(() => moduleRef.get(PlainExampleCacheManager, { strict: true })).toThrow(/could not find/);
    expect(await moduleRef.get(PlainExampleCacheManager, { strict: false }).all()).toHaveLength(1);
    expect(await (await moduleRef.create(PlainExampleCacheManager)).all()).toHaveLength(1);
  });
});

it('what it read before there was a store is not kept, and does not stand in the way of a boot error', async () => {
  const module = await Test.createTestingModule({
    imports: [QsCacheModule.forFeature([PlainExampleCacheManager]), slowDatabase],
    providers: [Reader],
  }).compile();
  onTestFinished(() => module.get(DataSource).destroy());
  const { list, found } = module.get(Reader);
  expect([await list, await found]).toEqual([[expect.anything()], [expect.anything()]]);
  await expect(module.init()).rejects.toMatchObject({ code: 'QSCACHE_NO_CACHE_MANAGER' });
});

it('its own constructor is too early, and it says so', async () => {
  @Injectable()
  class EagerCacheManager extends ExampleCacheManager {
    readonly key = this.getCacheKey();
  }
  const boot = Test.createTestingModule({
    imports: [slowStore, slowDatabase, QsCacheModule.forFeature([EagerCacheManager])],
  }).compile();
  await expect(boot).rejects.toMatchObject({
    code: 'QSCACHE_MANAGER_NOT_REGISTERED',
    message: expect.stringMatching(/not in its own constructor.*onModuleInit/),
  });
});

it('a cache that an early reader has opened claims the DataSources that are built after it', async () => {
  const fastStore = CacheModule.register({ isGlobal: true });
  const other = await Test.createTestingModule({
    imports: [QsCacheModule.forFeature([PlainExampleCacheManager]), fastStore, TypeOrmModule.forRoot(database)],
  }).compile();
  onTestFinished(() => other.close());
  await other.init();
  const module = await Test.createTestingModule({
    imports: [
      QsCacheModule.forFeature([PlainExampleCacheManager]),
      fastStore,
      TypeOrmModule.forRoot(database),
      TypeOrmModule.forRootAsync({
        name: 'tenant',
        imports: [QsCacheModule.forFeature([PlainExampleCacheManager])],
        inject: [PlainExampleCacheManager],
        useFactory: async (examples: PlainExampleCacheManager) => {
          await examples.all();
          await sleep(50);
          return { ...database, name: 'tenant' } as never;
        },
      }),
    ],
  }).compile();
  onTestFinished(() => module.close());
  const tenant = module.get<DataSource>(getDataSourceToken('tenant'));
  const isWatchedBy = (app: typeof module) =>
    app.get(QsCacheCore).watched.some(({ dataSource }) => dataSource === tenant);
  // Nobody has claimed it yet, so every application of the process hears it.
  expect([isWatchedBy(module), isWatchedBy(other)]).toEqual([true, true]);
  await module.init();
  expect([isWatchedBy(module), isWatchedBy(other)]).toEqual([true, false]);
});

describe('A DataSource whose options wait for a manager of its own is a circle', () => {
  const circle = (isFeatureFirst: boolean, ask: (examples: PlainExampleCacheManager) => void) => {
    const feature = QsCacheModule.forFeature([PlainExampleCacheManager]);
    const typeOrm = TypeOrmModule.forRootAsync({
      imports: [feature],
      inject: [PlainExampleCacheManager],
      useFactory: (examples: PlainExampleCacheManager) => {
        ask(examples);
        return database;
      },
    });
    const both = isFeatureFirst ? [feature, typeOrm] : [typeOrm, feature];
    return Test.createTestingModule({ imports: [slowStore, ...both] }).compile();
  };

  it('that Nest names where the feature comes first', async () => {
    await expect(circle(true, () => undefined)).rejects.toThrow(/circular dependency.*PlainExampleCacheManager/);
  });

  it('that the manager names to those inside, and works for the others, where it comes last', async () => {
    const errors: unknown[] = [];
    const module = await circle(false, (examples) => {
      try {
        void examples.all();
      } catch (error) {
        errors.push(error);
      }
    });
    onTestFinished(() => module.close());
    await module.init();
    expect(errors).toMatchObject([{ code: 'QSCACHE_MANAGER_NOT_REGISTERED' }]);
    expect(await module.get(PlainExampleCacheManager, { strict: false }).all()).toEqual([]);
  });
});

it('the store it finds late is the application’s', async () => {
  const module = await compiled([Reader]);
  await module.get(Reader).list;
  await module.init();
  await module.get(Reader).examples.all();
  await module.get(QsCacheCore).readThrough.settled();
  expect(await module.get<Cache>(CACHE_MANAGER, { strict: false }).get('plain')).toBeTypeOf('string');
});

it('a CACHE_MANAGER of a class, whose constructor waits for something, is not taken for what Nest has in its place until then', async () => {
  @Injectable()
  class OwnCache {
    readonly entries = new Map<string, unknown>();
    constructor(@Inject('SLOW') readonly settings: object) {}
    get = async (key: string) => this.entries.get(key);
    set = async (key: string, value: unknown) => this.entries.set(key, value);
    del = async (key: string) => this.entries.delete(key);
  }
  const module = await Test.createTestingModule({
    imports: [QsCacheModule.forFeature([PlainExampleCacheManager]), TypeOrmModule.forRoot(database)],
    providers: [
      {
        provide: 'SLOW',
        inject: [PlainExampleCacheManager],
        useFactory: async (examples: PlainExampleCacheManager) => ({ found: await examples.all() }),
      },
      { provide: CACHE_MANAGER, useClass: OwnCache },
    ],
  }).compile();
  onTestFinished(() => module.close());
  await module.init();
  expect(await cached(module)).toBe(true);
  expect(module.get<OwnCache>(CACHE_MANAGER).entries.size).toBe(1);
});

it('a store of one’s own that an early reader has opened is opened once, whatever CACHE_MANAGER there is later', async () => {
  const store = new MemoryStore(new LocalCache(), { budgetMs: 250 });
  const open = vi.spyOn(store, 'open');
  const module = await Test.createTestingModule({
    imports: [...imports, QsCacheModule.forRoot({ store })],
    providers: [
      {
        provide: 'TITLES',
        inject: [PlainExampleCacheManager],
        useFactory: (examples: PlainExampleCacheManager) => examples.all(),
      },
    ],
  }).compile();
  onTestFinished(() => module.close());
  await module.init();
  expect(open).toHaveBeenCalledOnce();
});
