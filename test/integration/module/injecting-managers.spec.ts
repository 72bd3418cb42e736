import { CacheModule } from '@nestjs/cache-manager';
import { type FactoryProvider, forwardRef, Inject, Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { getDataSourceToken, InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions, type Repository } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BaseCacheManager, QsCacheModule } from '../../../lib/index.js';
import type { FeatureArgument } from '../../../lib/qs-cache.feature.js';
import { Example, exampleEntities, User } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager, PlainExampleCacheManager } from '../../fixtures/managers.js';
import { Statements } from '../../support/statements.js';

const database: DataSourceOptions = { type: 'sqljs', entities: exampleEntities, synchronize: true };
const reports = { ...database, name: 'reports' };

type Imports = NonNullable<Parameters<typeof Test.createTestingModule>[0]['imports']>;

async function boot(...imports: Imports) {
  const module = await Test.createTestingModule({
    imports: [CacheModule.register(), TypeOrmModule.forRoot(database), TypeOrmModule.forRoot(reports), ...imports],
  }).compile();
  await module.init();
  onTestFinished(() => module.close());
  return module;
}

type Booted = Awaited<ReturnType<typeof boot>>;

/** What each of these reads costs, one after the other. */
async function costs(module: Booted, managers: readonly BaseCacheManager<Example>[], name?: string) {
  const statements = Statements.of(module.get<DataSource>(getDataSourceToken(name)));
  const counts: number[] = [];
  for (const examples of managers) {
    counts.push((await statements.during(() => examples.all())).statements.length);
    await new Promise(setImmediate);
  }
  return counts;
}

@Injectable()
class Tenant {
  readonly id = 'acme';
}

@Module({ providers: [Tenant], exports: [Tenant] })
class TenantModule {}

@Injectable()
class TenantCacheManager extends BaseCacheManager<Example> {
  model = Example;

  constructor(
    readonly tenant: Tenant,
    @InjectRepository(User) readonly users: Repository<User>,
  ) {
    super();
  }

  override scope() {
    return this.tenant.id;
  }
}

describe('A manager injects', () => {
  it('what the modules export that forFeature imports: services, and repositories', async () => {
    const imports = [TenantModule, TypeOrmModule.forFeature([User])];
    const module = await boot(QsCacheModule.forFeature([TenantCacheManager], { imports }));
    const examples = module.get(TenantCacheManager);
    expect(await examples.users.count()).toBe(0);
    expect(examples.getCacheKey()).toBe('acme:example');
    expect(await costs(module, [examples, examples])).toEqual([1, 0]);
  });

  it('the same where its own DataSource has another name', async () => {
    const imports = [TenantModule, TypeOrmModule.forFeature([User], 'default')];
    for (const dataSource of ['reports', reports] as const) {
      const module = await boot(QsCacheModule.forFeature([TenantCacheManager], { imports, dataSource }));
      const examples = module.get(TenantCacheManager);
      await module.get<DataSource>(getDataSourceToken('reports')).manager.insert(Example, { title: 'report' });
      expect(await examples.all()).toMatchObject([{ title: 'report' }]);
      expect(await costs(module, [examples], 'reports')).toEqual([0]);
    }
  });

  it('what its own module has, exported or not, where that module has it among its providers', async () => {
    @Module({
      imports: [
        TypeOrmModule.forFeature([User]),
        QsCacheModule.forFeature([PlainExampleCacheManager], 'reports'),
        QsCacheModule.forFeature([TenantCacheManager], { provide: false }),
      ],
      providers: [Tenant, TenantCacheManager],
      exports: [TenantCacheManager],
    })
    class ExamplesModule {}
    const read: Promise<Example[]>[] = [];
    @Injectable()
    class Reader {
      constructor(readonly examples: TenantCacheManager) {
        read.push(examples.getMany([1]));
      }
    }
    @Module({ imports: [ExamplesModule], providers: [Reader] })
    class ReaderModule {}
    const module = await boot(ReaderModule);
    expect(await read[0]).toEqual([]);
    const { examples } = module.get(Reader, { strict: false });
    expect(examples.tenant).toBe(module.get(Tenant, { strict: false }));
    expect(await costs(module, [examples, examples])).toEqual([1, 0]);
  });

  it('nothing of them where nobody says so, and Nest says what is missing', async () => {
    const booting = Test.createTestingModule({
      imports: [
        CacheModule.register(),
        TypeOrmModule.forRoot(database),
        QsCacheModule.forFeature([TenantCacheManager]),
      ],
      providers: [Tenant],
    }).compile();
    await expect(booting).rejects.toThrow(/can't resolve dependencies of the TenantCacheManager \(\?/);
  });

  it('a service that injects it, by forwardRef, and both work once both are made', async () => {
    @Injectable()
    class Titles {
      early: unknown;

      constructor(@Inject(forwardRef(() => CircularCacheManager)) readonly examples: BaseCacheManager<Example>) {
        try {
          void examples.all();
        } catch (error) {
          this.early = error;
        }
      }

      async onModuleInit() {
        await this.examples.all();
      }
    }
    @Injectable()
    class CircularCacheManager extends BaseCacheManager<Example> {
      model = Example;

      constructor(@Inject(forwardRef(() => Titles)) readonly titles: object) {
        super();
      }
    }
    @Module({
      imports: [QsCacheModule.forFeature([CircularCacheManager], { provide: false })],
      providers: [Titles, CircularCacheManager],
    })
    class ExamplesModule {}
    const module = await boot(ExamplesModule);
    const titles = module.get(Titles, { strict: false });
    expect(titles.examples).toBe(module.get(CircularCacheManager, { strict: false }));
    expect(await costs(module, [titles.examples])).toEqual([0]);
    expect(titles.early).toMatchObject({
      code: 'QSCACHE_MANAGER_NOT_REGISTERED',
      message: expect.stringMatching(/forwardRef.*from onModuleInit on/),
    });
  });
});

describe('A manager that is listed twice', () => {
  it('in forFeature and among the providers of its module works in both places, and shares its entries', async () => {
    @Injectable()
    class Reader {
      constructor(readonly examples: PlainExampleCacheManager) {}
    }
    @Module({
      imports: [QsCacheModule.forFeature([PlainExampleCacheManager])],
      providers: [PlainExampleCacheManager, Reader],
      exports: [QsCacheModule],
    })
    class OwnModule {}
    @Module({ imports: [OwnModule], providers: [{ provide: 'OTHER', useExisting: PlainExampleCacheManager }] })
    class OtherModule {}
    const module = await boot(OtherModule);
    const own = module.get(Reader, { strict: false }).examples;
    const other = module.get<PlainExampleCacheManager>('OTHER', { strict: false });
    expect(own).not.toBe(other);
    expect(await costs(module, [own, other, own])).toEqual([1, 0, 0]);
    await other.clearCache();
    expect(await costs(module, [own, other])).toEqual([1, 0]);
  });

  it('beside a class it extends, each by its own key and on its own DataSource', async () => {
    @Injectable()
    class ReportsCacheManager extends PlainExampleCacheManager {
      override cacheKey = 'reports';
    }
    const both: [Type<BaseCacheManager<Example>>, string][] = [
      [PlainExampleCacheManager, 'default'],
      [ReportsCacheManager, 'reports'],
    ];
    for (const order of [both, both.toReversed()]) {
      @Module({
        imports: order.map(([manager, dataSource]) =>
          QsCacheModule.forFeature([manager], { provide: false, dataSource }),
        ),
        providers: order.map(([manager]) => manager),
      })
      class BothModule {}
      const module = await boot(BothModule);
      for (const [manager, name] of order) {
        await module.get<DataSource>(getDataSourceToken(name)).manager.insert(Example, { title: name });
        const examples = module.get(manager, { strict: false });
        expect(await examples.all()).toMatchObject([{ title: name }]);
        expect(examples.getCacheKey()).toBe(name === 'default' ? 'plain' : name);
      }
    }
  });
});

describe('forFeature', () => {
  it('takes a DataSource, its name or its options, as they are or in options', () => {
    const injected = (given: FeatureArgument) =>
      QsCacheModule.forFeature([], given).providers!.flatMap((provider) => (provider as FactoryProvider).inject ?? []);
    const { name: _, ...unnamed } = reports;
    for (const argument of ['reports', reports, unnamed, new DataSource(unnamed)] as const) {
      const token = getDataSourceToken(argument);
      expect(injected(argument)).toContainEqual({ token, optional: true });
      expect(injected({ dataSource: argument })).toContainEqual({ token, optional: true });
    }
    expect(injected('reports')).not.toEqual(injected(unnamed));
  });

  it('knows its options from those of a DataSource, and says so of what is neither', () => {
    const neither = () => QsCacheModule.forFeature([PlainExampleCacheManager], { name: 'reports' } as never);
    expect(neither).toThrow(
      expect.objectContaining({
        code: 'QSCACHE_OPTION',
        message: expect.stringMatching(
          /was given name, which it does not know, so .*Give imports, dataSource or provide/,
        ),
      }),
    );
  });

  it('is never taken for another one, although Nest is told to know modules by what they print', async () => {
    const tenants = (id: string) => {
      @Module({ providers: [{ provide: Tenant, useValue: { id } }], exports: [Tenant] })
      class SomeTenantModule {}
      return SomeTenantModule;
    };
    const user = (tenant: string, token: string, imports: unknown[]) => {
      @Module({
        imports: [
          QsCacheModule.forFeature([TenantCacheManager], {
            imports: [tenants(tenant), TypeOrmModule.forFeature([User]), ...(imports as [])],
          }),
        ],
        providers: [{ provide: token, useExisting: TenantCacheManager }],
      })
      class UserModule {}
      return UserModule;
    };
    // What a dynamic module holds may lead back to itself.
    const round: { providers: { provide: string; useValue: unknown }[]; module: Type } = {
      module: class RoundModule {},
      providers: [],
    };
    round.providers.push({ provide: 'ROUND', useValue: { round } });
    @Module({
      imports: [
        CacheModule.register(),
        TypeOrmModule.forRoot(database),
        user('acme', 'ACME', [round]),
        user('umbrella', 'UMBRELLA', [round]),
      ],
    })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, {
      abortOnError: false,
      logger: false,
      moduleIdGeneratorAlgorithm: 'deep-hash',
    });
    onTestFinished(() => app.close());
    const keys = ['ACME', 'UMBRELLA'].map((token) =>
      app.get<TenantCacheManager>(token, { strict: false }).getCacheKey(),
    );
    expect(keys).toEqual(['acme:example', 'umbrella:example']);
  });
});

describe('A test that replaces every manager', () => {
  @Injectable()
  class Reader {
    constructor(readonly examples: ExampleCacheManager) {}
  }
  @Module({
    imports: [QsCacheModule.forFeature([ExampleCacheManager, PlainExampleCacheManager])],
    providers: [Reader],
  })
  class ExamplesModule {}

  const mock = { all: async () => [] } as unknown as ExampleCacheManager;

  it('needs neither a DataSource nor a store', async () => {
    const module = await Test.createTestingModule({ imports: [ExamplesModule] })
      .overrideProvider(ExampleCacheManager)
      .useValue(mock)
      .overrideProvider(PlainExampleCacheManager)
      .useFactory({ factory: () => mock })
      .compile();
    await module.init();
    expect(module.get(Reader, { strict: false }).examples).toBe(mock);
    await module.close();
  });

  it('needs both as soon as one manager is left', async () => {
    const one = (imports: Imports) =>
      Test.createTestingModule({ imports: [...imports, ExamplesModule] })
        .overrideProvider(ExampleCacheManager)
        .useValue(mock)
        .compile();
    await expect(one([])).rejects.toMatchObject({ code: 'QSCACHE_NO_DATA_SOURCE' });
    const module = await one([TypeOrmModule.forRoot(database)]);
    onTestFinished(() => module.get(DataSource).destroy());
    await expect(module.init()).rejects.toMatchObject({ code: 'QSCACHE_NO_CACHE_MANAGER' });
  });

  it('may replace one by a manager that it has made itself', async () => {
    class FakeCacheManager extends ExampleCacheManager {
      override cacheKey = 'fake';
    }
    const module = await Test.createTestingModule({
      imports: [CacheModule.register(), TypeOrmModule.forRoot(database), ExamplesModule],
    })
      .overrideProvider(ExampleCacheManager)
      .useValue(new FakeCacheManager())
      .compile();
    onTestFinished(() => module.close());
    await module.init();
    const { examples } = module.get(Reader, { strict: false });
    expect(examples.getCacheKey()).toBe('fake');
    expect(await examples.all()).toEqual([]);
  });
});
