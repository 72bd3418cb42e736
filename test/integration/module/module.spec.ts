import { CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager';
import { Controller, Get, Global, Injectable, Module, type OnModuleInit, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { Cache } from 'cache-manager';
import { Keyv } from 'keyv';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  BaseCacheManager,
  type CacheEvent,
  CacheEvents,
  ClearCacheDetail,
  ClearCacheKeys,
  QsCacheModule,
  type QsCacheOptions,
  type QsCacheOptionsFactory,
} from '../../../lib/index.js';
import { ClearCache } from '../../../lib/decorators/clear-cache.js';
import { Example, exampleEntities } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager, PlainExampleCacheManager, UserCacheManager } from '../../fixtures/managers.js';
import { Statements } from '../../support/statements.js';

const database: DataSourceOptions = { type: 'sqljs', entities: exampleEntities, synchronize: true };

type Imports = NonNullable<Parameters<typeof Test.createTestingModule>[0]['imports']>;

async function boot(imports: Imports, more: { providers?: Type[]; controllers?: Type[] } = {}): Promise<TestingModule> {
  const module = await Test.createTestingModule({ imports, ...more }).compile();
  await module.init();
  onTestFinished(() => module.close());
  return module;
}

/** Saves an example, and says what reading all of them twice costs. */
async function costs(
  module: TestingModule,
  Manager: Type<BaseCacheManager<Example>> = PlainExampleCacheManager,
  name?: string,
) {
  const dataSource = module.get<DataSource>(getDataSourceToken(name));
  await dataSource.manager.save(Example, { title: 'one' });
  const statements = Statements.of(dataSource);
  const examples = module.get<BaseCacheManager<Example>>(Manager, { strict: false });
  const counts: number[] = [];
  for (let i = 0; i < 2; i++) counts.push((await statements.during(() => examples.all())).statements.length);
  return counts;
}

describe('QsCacheModule', () => {
  it('works with forFeature alone', async () => {
    const module = await boot([
      CacheModule.register({ isGlobal: true }),
      TypeOrmModule.forRoot(database),
      QsCacheModule.forFeature([PlainExampleCacheManager]),
    ]);
    expect(await costs(module)).toEqual([1, 0]);
    expect(module.get(PlainExampleCacheManager).getCacheKey()).toBe('plain');
    const stored = await module.get<Cache>(CACHE_MANAGER, { strict: false }).get('plain');
    expect(stored).toBeTypeOf('string');
  });

  it('finds entities that autoLoadEntities brings, in any order of imports', async () => {
    const { entities: _, ...options } = database;
    const module = await boot([
      QsCacheModule.forFeature([PlainExampleCacheManager]),
      TypeOrmModule.forFeature(exampleEntities),
      TypeOrmModule.forRoot({ ...options, autoLoadEntities: true } as never),
      CacheModule.register(),
    ]);
    expect(await costs(module)).toEqual([1, 0]);
  });

  it('finds a CacheModule that only one feature module imports', async () => {
    @Module({ imports: [CacheModule.register()] })
    class SomewhereModule {}

    @Module({ imports: [QsCacheModule.forFeature([PlainExampleCacheManager])], exports: [QsCacheModule] })
    class ExamplesModule {}

    const module = await boot([ExamplesModule, TypeOrmModule.forRoot(database), SomewhereModule]);
    expect(await costs(module)).toEqual([1, 0]);
  });

  describe('takes options', () => {
    @Injectable()
    class Settings {
      readonly namespace = 'injected';
    }

    @Global()
    @Module({ providers: [Settings], exports: [Settings] })
    class SettingsModule {}

    @Injectable()
    class OptionsService implements QsCacheOptionsFactory {
      constructor(private readonly settings: Settings) {}

      async createQsCacheOptions(): Promise<QsCacheOptions> {
        return { namespace: this.settings.namespace };
      }
    }

    @Module({ providers: [OptionsService], exports: [OptionsService] })
    class OptionsModule {}

    it.each([
      ['forRoot', QsCacheModule.forRoot({ namespace: 'injected' })],
      [
        'forRootAsync with useFactory and inject',
        QsCacheModule.forRootAsync({
          inject: [Settings],
          useFactory: async ({ namespace }: Settings) => ({ namespace }),
        }),
      ],
      ['forRootAsync with useClass', QsCacheModule.forRootAsync({ useClass: OptionsService })],
      [
        'forRootAsync with useExisting',
        QsCacheModule.forRootAsync({ imports: [OptionsModule], useExisting: OptionsService }),
      ],
    ])('from %s, wherever it stands', async (_, root) => {
      for (const imports of [
        [root, QsCacheModule.forFeature([PlainExampleCacheManager])],
        [QsCacheModule.forFeature([PlainExampleCacheManager]), root],
      ]) {
        const module = await boot([
          SettingsModule,
          CacheModule.register(),
          TypeOrmModule.forRoot(database),
          ...imports,
        ]);
        expect(module.get(PlainExampleCacheManager).getCacheKey('x')).toBe('injected:plain_x');
        expect(await costs(module)).toEqual([1, 0]);
      }
    });

    it('keeps namespaces apart in one store', async () => {
      const store = new Map<string, unknown>();
      const found: string[][] = [];
      for (const namespace of ['a', 'b', 'a:b']) {
        const module = await boot([
          CacheModule.register({ stores: [new Keyv({ store })] }),
          TypeOrmModule.forRoot(database),
          QsCacheModule.forRoot({ namespace }),
          QsCacheModule.forFeature([PlainExampleCacheManager]),
        ]);
        await module.get(DataSource).manager.save(Example, { title: `of ${namespace}` });
        const examples = module.get(PlainExampleCacheManager);
        found.push([...(await examples.all()), ...(await examples.all())].map(({ title }) => title));
      }
      expect(found).toEqual([
        ['of a', 'of a'],
        ['of b', 'of b'],
        ['of a:b', 'of a:b'],
      ]);
      expect([...store.keys()].map((key) => key.replace('keyv:', '')).sort()).toEqual([
        'a%3Ab:plain',
        'a:plain',
        'b:plain',
      ]);
    });

    it('clears a plain key of a decorator under the namespace', async () => {
      @Controller()
      class Clearing {
        @Get()
        @ClearCacheKeys('plain', 'injected:plain_x')
        clear() {}
      }
      const module = await boot(
        [
          CacheModule.register(),
          TypeOrmModule.forRoot(database),
          QsCacheModule.forRoot({ namespace: 'injected' }),
          QsCacheModule.forFeature([PlainExampleCacheManager]),
        ],
        { controllers: [Clearing] },
      );
      const statements = Statements.of(module.get(DataSource));
      const examples = module.get(PlainExampleCacheManager);
      const x = () => examples.all({ suffix: 'x', where: { id: 1 } });
      await examples.all();
      await x();
      const context = { getClass: () => Clearing, getHandler: () => Clearing.prototype.clear } as never;
      await module.get(ClearCache).targets(context, ['plain', 'injected:plain_x'], []);
      await statements.expect(1, () => examples.all());
      await statements.expect(1, x);
    });
  });

  it('serves two DataSources, each by managers of its own', async () => {
    @Injectable()
    class ReportsCacheManager extends PlainExampleCacheManager {
      override cacheKey = 'reports';
    }
    const module = await boot([
      CacheModule.register(),
      TypeOrmModule.forRoot(database),
      TypeOrmModule.forRoot({ ...database, name: 'reports' }),
      QsCacheModule.forFeature([PlainExampleCacheManager]),
      QsCacheModule.forFeature([ReportsCacheManager], 'reports'),
    ]);
    expect(await costs(module)).toEqual([1, 0]);
    expect(await costs(module, ReportsCacheManager, 'reports')).toEqual([1, 0]);
    const reports = module.get<DataSource>(getDataSourceToken('reports'));
    await reports.manager.save(Example, { title: 'two' });
    expect(await module.get(ReportsCacheManager).all()).toHaveLength(2);
    expect(await module.get(PlainExampleCacheManager).all()).toHaveLength(1);
  });

  it('serves several feature modules, one manager registered in two of them', async () => {
    @Injectable()
    class Reader {
      constructor(
        readonly examples: PlainExampleCacheManager,
        readonly users: UserCacheManager,
      ) {}
    }

    @Injectable()
    class Writer {
      constructor(readonly examples: PlainExampleCacheManager) {}
    }

    @Module({ imports: [QsCacheModule.forFeature([PlainExampleCacheManager, UserCacheManager])], providers: [Reader] })
    class ReaderModule {}

    @Module({ imports: [QsCacheModule.forFeature([PlainExampleCacheManager])], providers: [Writer] })
    class WriterModule {}

    const module = await boot([CacheModule.register(), TypeOrmModule.forRoot(database), ReaderModule, WriterModule]);
    const statements = Statements.of(module.get(DataSource));
    const { examples, users } = module.get(Reader, { strict: false });
    const writer = module.get(Writer, { strict: false });
    await statements.expect(1, () => examples.all());
    await statements.expect(0, () => writer.examples.all());
    await writer.examples.clearCache();
    await statements.expect(1, () => examples.all());
    expect(await users.all()).toEqual([]);
  });

  it('constructs managers with what they inject', async () => {
    @Injectable()
    class Tenant {
      id = 'acme';
    }

    @Module({ providers: [Tenant], exports: [Tenant] })
    @Global()
    class TenantModule {}

    @Injectable()
    class TenantCacheManager extends BaseCacheManager<Example> {
      model = Example;

      constructor(private readonly tenant: Tenant) {
        super();
      }

      override scope() {
        return this.tenant.id;
      }
    }
    const module = await boot([
      TenantModule,
      CacheModule.register(),
      TypeOrmModule.forRoot(database),
      QsCacheModule.forFeature([TenantCacheManager]),
    ]);
    expect(module.get(TenantCacheManager).getCacheKey()).toBe('acme:example');
    expect(await costs(module, TenantCacheManager)).toEqual([1, 0]);
  });

  it('has its managers ready in the onModuleInit of whoever injects them', async () => {
    @Injectable()
    class Warmer implements OnModuleInit {
      found: Example[] | undefined;

      constructor(private readonly examples: PlainExampleCacheManager) {}

      async onModuleInit() {
        this.found = await this.examples.all();
      }
    }
    const module = await boot(
      [QsCacheModule.forFeature([PlainExampleCacheManager]), TypeOrmModule.forRoot(database), CacheModule.register()],
      { providers: [Warmer] },
    );
    expect(module.get(Warmer).found).toEqual([]);
    const statements = Statements.of(module.get(DataSource));
    await statements.expect(0, () => module.get(PlainExampleCacheManager).all());
  });

  it('shares nothing in memory with another application of the process', async () => {
    const imports = () => [
      CacheModule.register(),
      TypeOrmModule.forRoot(database),
      QsCacheModule.forFeature([PlainExampleCacheManager]),
    ];
    const [one, other] = [await boot(imports()), await boot(imports())];
    const events: CacheEvent[] = [];
    other.get(CacheEvents).on((event) => events.push(event));
    expect(await costs(one)).toEqual([1, 0]);
    expect(events).toEqual([]);
    expect(await other.get(PlainExampleCacheManager).all()).toEqual([]);
    await other.close();
    expect(await costs(one)).toEqual([1, 0]);
  });
});

describe('In a test of the application', () => {
  @Controller('examples')
  class ExamplesController {
    constructor(readonly examples: ExampleCacheManager) {}

    @Get()
    @ClearCacheKeys(ExampleCacheManager)
    @ClearCacheDetail(ExampleCacheManager)
    list() {
      return this.examples.all();
    }
  }

  const builder = () =>
    Test.createTestingModule({
      imports: [
        CacheModule.register(),
        TypeOrmModule.forRoot(database),
        QsCacheModule.forFeature([ExampleCacheManager]),
      ],
      controllers: [ExamplesController],
    });

  it('a manager is replaced by a value', async () => {
    const mock = { all: () => Promise.resolve([{ id: 7 }]) };
    const module = await builder().overrideProvider(ExampleCacheManager).useValue(mock).compile();
    await module.init();
    onTestFinished(() => module.close());
    expect(await module.get(ExamplesController).list()).toEqual([{ id: 7 }]);
  });

  it('a manager is replaced by a stub of its class, whose constructor never ran', async () => {
    const stub = Object.create(ExampleCacheManager.prototype, {
      all: { value: () => Promise.resolve([{ id: 7 }]) },
    }) as ExampleCacheManager;
    const module = await builder().overrideProvider(ExampleCacheManager).useValue(stub).compile();
    await module.init();
    onTestFinished(() => module.close());
    expect(await module.get(ExamplesController).list()).toEqual([{ id: 7 }]);
  });

  it('a manager is replaced by another one, which works', async () => {
    @Injectable()
    class FakeCacheManager extends ExampleCacheManager {
      override cacheKey = 'fake';
    }
    const module = await builder().overrideProvider(ExampleCacheManager).useClass(FakeCacheManager).compile();
    await module.init();
    onTestFinished(() => module.close());
    expect(module.get(ExampleCacheManager).getCacheKey()).toBe('fake');
    expect(await module.get(ExamplesController).list()).toEqual([]);
  });

  it('a decorator that names a replaced manager clears nothing and complains of nothing', async () => {
    const module = await builder().overrideProvider(ExampleCacheManager).useValue({}).compile();
    await module.init();
    onTestFinished(() => module.close());
    const events: CacheEvent[] = [];
    module.get(CacheEvents).on((event) => events.push(event));
    const context = {
      getClass: () => ExamplesController,
      getHandler: () => ExamplesController.prototype.list,
    } as never;
    await module.get(ClearCache).targets(context, [ExampleCacheManager], []);
    await module.get(ClearCache).details(context, ExampleCacheManager, [{ id: 1 }], undefined);
    expect(events).toEqual([]);
  });
});
