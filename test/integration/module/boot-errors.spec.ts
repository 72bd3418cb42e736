import { CacheModule } from '@nestjs/cache-manager';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  type ModuleMetadata,
  Scope,
  UseInterceptors,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import { DataSource, type DataSourceOptions, Entity, PrimaryColumn, ViewEntity } from 'typeorm';
import { describe, expect, it } from 'vitest';
import {
  BaseCacheManager,
  type CacheManagerClass,
  ClearCacheDetail,
  type ClearCacheDetailOptions,
  ClearCacheKeys,
  InvalidConfigurationError,
  QsCacheError,
  QsCacheModule,
  type QsCacheOptions,
} from '../../../lib/index.js';
import { Example, exampleEntities } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager, PlainExampleCacheManager } from '../../fixtures/managers.js';

@ViewEntity({ expression: 'SELECT id FROM example' })
class ExampleView {
  @PrimaryColumn()
  id: number;
}

@Entity()
class Stranger {
  @PrimaryColumn()
  id: number;
}

class Undecorated {
  id: number;
}

const database: DataSourceOptions = { type: 'sqljs', entities: [...exampleEntities, ExampleView], synchronize: true };

/** A manager of examples with some fields of its own; what is wrong with it does not compile. */
function managerWith(fields: Record<string, unknown>): CacheManagerClass {
  @Injectable()
  class WrongCacheManager extends BaseCacheManager<Example> {
    model = Example;

    constructor() {
      super();
      Object.assign(this, fields);
    }
  }
  return WrongCacheManager;
}

/** What is said of a number that is none. */
const hint = (value: unknown) => (Number.isNaN(value) ? ' \\(.*environment variable that is not set\\)' : '');

/** What booting an application fails with. */
async function bootError(
  managers: readonly CacheManagerClass[],
  { imports = [CacheModule.register(), TypeOrmModule.forRoot(database)], ...metadata }: ModuleMetadata = {},
): Promise<QsCacheError> {
  try {
    const module = await Test.createTestingModule({
      ...metadata,
      imports: [...imports, QsCacheModule.forFeature(managers)],
    }).compile();
    await module.init();
    await module.close();
  } catch (error) {
    if (error instanceof QsCacheError) return error;
    throw error;
  }
  throw new Error('It boots.');
}

function expectError(error: QsCacheError, code: string, ...says: (string | RegExp)[]): void {
  expect(error).toBeInstanceOf(InvalidConfigurationError);
  expect(error.name).toBe('InvalidConfigurationError');
  expect(error.code).toBe(code);
  for (const part of says) expect(error.message).toMatch(part);
}

describe('A module that cannot work does not boot, and says why', () => {
  it('without CACHE_MANAGER', async () => {
    const error = await bootError([ExampleCacheManager], { imports: [TypeOrmModule.forRoot(database)] });
    expectError(error, 'QSCACHE_NO_CACHE_MANAGER', /no CACHE_MANAGER, so .*Import CacheModule\.register\(\)/);
  });

  it('without a DataSource', async () => {
    const error = await bootError([ExampleCacheManager, PlainExampleCacheManager], {
      imports: [CacheModule.register()],
    });
    expectError(
      error,
      'QSCACHE_NO_DATA_SOURCE',
      /forFeature\(\[ExampleCacheManager, PlainExampleCacheManager\]\).*"default", so .*Import TypeOrmModule\.forRoot/,
    );
  });

  it.each([
    [[], /There is "default": pass another name as second argument, or import TypeOrmModule\.forRoot/],
    [['report'], /There are "default", "report": pass another name/],
  ])('on a DataSource of another name than there are: %o', async (others, remedy) => {
    const imports = [
      CacheModule.register(),
      TypeOrmModule.forRoot(database),
      // Of one that is not made in time nothing is there but its name.
      ...others.map((name) => TypeOrmModule.forRootAsync({ name, useFactory: () => pause(50, database) })),
      QsCacheModule.forFeature([ExampleCacheManager], 'reports'),
    ];
    expectError(
      await bootError([], { imports }),
      'QSCACHE_NO_DATA_SOURCE',
      /no initialized DataSource "reports"/,
      remedy,
    );
  });

  it('on a DataSource that nobody initializes', async () => {
    const error = await bootError([ExampleCacheManager], {
      imports: [CacheModule.register(), TypeOrmModule.forRoot({ ...database, manualInitialization: true })],
    });
    expectError(error, 'QSCACHE_NO_DATA_SOURCE', /"default", so .*leave out manualInitialization/);
  });

  it('with an entity its DataSource does not know', async () => {
    const error = await bootError([managerWith({ model: Stranger })]);
    expectError(
      error,
      'QSCACHE_ENTITY_NOT_REGISTERED',
      /WrongCacheManager\.model is Stranger.*"default" does not know, so/,
    );
    expectError(error, 'QSCACHE_ENTITY_NOT_REGISTERED', /TypeOrmModule\.forFeature\(\[Stranger\]\)/);
    expect(error.message).not.toContain('@Entity()');
  });

  it('with a class that is no entity, though its DataSource was given it', async () => {
    const imports = [
      CacheModule.register(),
      TypeOrmModule.forRoot({ ...database, entities: [...exampleEntities, Undecorated] }),
    ];
    expectError(
      await bootError([managerWith({ model: Undecorated })], { imports }),
      'QSCACHE_ENTITY_NOT_REGISTERED',
      /WrongCacheManager\.model is Undecorated, .* so .*It has no @Entity\(\), .*write it above Undecorated/,
    );
  });

  it('with a driver whose statements nobody reports', async () => {
    const dataSource = Object.assign(Object.create(DataSource.prototype), {
      options: { type: 'mongodb' },
      isInitialized: true,
      entityMetadatas: [],
      destroy: async () => undefined,
    }) as DataSource;
    const error = await bootError([ExampleCacheManager], {
      imports: [
        CacheModule.register(),
        TypeOrmModule.forRootAsync({ useFactory: () => ({}) as never, dataSourceFactory: async () => dataSource }),
      ],
    });
    expectError(error, 'QSCACHE_UNSUPPORTED_DRIVER', /"mongodb".*stale entries behind.*Use one of postgres/);
  });

  it('with two managers under one key', async () => {
    const error = await bootError([PlainExampleCacheManager, managerWith({ cacheKey: 'plain' })]);
    expectError(
      error,
      'QSCACHE_DUPLICATE_CACHE_KEY',
      /PlainExampleCacheManager and WrongCacheManager both use cacheKey "plain", so .*different cacheKey/,
    );
  });

  it('with two managers under the default key of one model', async () => {
    const error = await bootError([ExampleCacheManager, managerWith({})]);
    expectError(error, 'QSCACHE_DUPLICATE_CACHE_KEY', /both use cacheKey "example"/);
  });

  it('with one manager on two DataSources', async () => {
    const imports = [
      CacheModule.register(),
      TypeOrmModule.forRoot(database),
      TypeOrmModule.forRoot({ ...database, name: 'second' }),
      QsCacheModule.forFeature([ExampleCacheManager], 'second'),
    ];
    const error = await bootError([ExampleCacheManager], { imports });
    expectError(
      error,
      'QSCACHE_DUPLICATE_CACHE_KEY',
      /ExampleCacheManager is registered for the DataSources "(default|second)" and "(default|second)".*"example".*Extend it/,
    );
  });

  it.each([
    [
      { relatedObjects: ['usr'] },
      /\.relatedObjects names "usr", but Example has no relation "usr", so .*are: user, users/,
    ],
    [{ prefetchRelatedObjects: ['usrs'] }, /\.prefetchRelatedObjects names "usrs"/],
    [
      { relatedObjects: ['user.compny'] },
      /names "user\.compny", but User has no relation "compny".*are: company, examples/,
    ],
    [{ prefetchRelatedObjects: ['users.company.owner'] }, /but Company has no relation "owner".*are: none/],
    [{ relatedObjects: ['title'] }, /has no relation "title"/],
    [{ relatedObjects: [''] }, /has no relation ""/],
  ])('with the relations %j', async (fields, message) => {
    expectError(await bootError([managerWith(fields)]), 'QSCACHE_UNKNOWN_RELATION', /WrongCacheManager/, message);
  });

  it.each([0, -1, NaN, Infinity, null, 1e12])('with a timeout of %o', async (timeout) => {
    for (const option of ['listTimeout', 'detailTimeout']) {
      const error = await bootError([managerWith({ [option]: timeout })]);
      expectError(
        error,
        'QSCACHE_TIMEOUT',
        new RegExp(`WrongCacheManager\\.${option} is ${String(timeout)}${hint(timeout)}, so .*Give seconds`),
      );
    }
  });

  it.each([-1, NaN, Infinity, null, undefined, 1e12])('with a span of %o beyond it', async (span) => {
    for (const option of ['staleWhileRevalidate', 'staleIfError', 'notFoundTimeout']) {
      const error = await bootError([managerWith({ [option]: span })]);
      expectError(
        error,
        'QSCACHE_TIMEOUT',
        new RegExp(
          `WrongCacheManager\\.${option} is ${String(span)}${hint(span)}, so .*Give seconds.*0 to switch it off`,
        ),
      );
    }
  });

  it.each([-0.1, 1.1, NaN, Infinity, null, undefined])('with a jitter of %o', async (timeoutJitter) => {
    const error = await bootError([managerWith({ timeoutJitter })]);
    expectError(error, 'QSCACHE_TIMEOUT', /WrongCacheManager\.timeoutJitter is .*no share.*Give 0 to 1/);
  });

  it('but not with the least and the most of them', async () => {
    for (const [span, timeoutJitter] of [
      [0, 0],
      [1, 0.5],
      [10 * 365 * 86_400, 1],
    ]) {
      const fields = { staleWhileRevalidate: span, staleIfError: span, notFoundTimeout: span, timeoutJitter };
      await expect(bootError([managerWith(fields)])).rejects.toThrow('It boots.');
    }
  });

  it('without a model', async () => {
    const error = await bootError([managerWith({ model: undefined })]);
    expectError(error, 'QSCACHE_MODEL_MISSING', /WrongCacheManager has no model, so .*Set model = /);
  });

  it.each(['', 'a b', 'a\nb', 5, {}])('with the cacheKey %o', async (cacheKey) => {
    const error = await bootError([managerWith({ cacheKey })]);
    expectError(error, 'QSCACHE_CACHE_KEY', /WrongCacheManager\.cacheKey is .*cannot name entries.*"example"/);
  });

  it.each(['NotFoundException', null, {}, () => new Error('no class')])(
    'with the exceptionClass %o',
    async (exceptionClass) => {
      const error = await bootError([managerWith({ exceptionClass })]);
      expectError(
        error,
        'QSCACHE_EXCEPTION_CLASS',
        /WrongCacheManager\.exceptionClass is no class, so .*NotFoundException/,
      );
    },
  );

  it('with a view and no word of its tables', async () => {
    const error = await bootError([managerWith({ model: ExampleView })]);
    expectError(
      error,
      'QSCACHE_VIEW_WITHOUT_TABLES',
      /WrongCacheManager reads the view ExampleView.*never become stale.*dependsOn/,
    );
  });

  it.each(['dependsOn', 'alsoWrites'])('with %s naming a class that is no entity of its DataSource', async (option) => {
    const error = await bootError([managerWith({ [option]: [Example, Stranger] })]);
    expectError(
      error,
      'QSCACHE_ENTITY_NOT_REGISTERED',
      new RegExp(`WrongCacheManager\\.${option} names Stranger.*name of its table`),
    );
  });

  it.each([
    [{ budgetMs: 0 }, /budgetMs is 0, so .*1 to 10,000/],
    [{ budgetMs: -5 }, /budgetMs is -5/],
    [{ budgetMs: NaN }, /budgetMs is NaN \(.*environment variable that is not set\), so/],
    [{ budgetMs: Infinity }, /budgetMs is Infinity/],
    [{ holdMs: 5 }, /holdMs is 5, so .*0 for none/],
    [{ holdMs: NaN }, /holdMs is NaN \(.*not set\), so/],
    [{ namespace: 5 }, /namespace is 5, so .*Give a text/],
    [{ namespace: null }, /namespace is null/],
    [{ secret: '' }, /secret is not made of texts of at least 32 characters, so .*openssl rand/],
    [{ secret: 'hunter2' }, /secret is not made of texts of at least 32 characters/],
    [{ secret: 'x'.repeat(31) }, /secret is not/],
    [{ secret: null }, /secret is not/],
    [{ secret: undefined }, /secret is not/],
    [{ secret: undefined, encrypt: true }, /secret is not/],
    [{ secret: 7 }, /secret is not/],
    [{ secret: [] }, /secret is not/],
    [{ secret: ['x'.repeat(32), 'hunter2'] }, /secret is not/],
    [{ secret: [['x'.repeat(32)]] }, /secret is not/],
    [{ secret: Buffer.alloc(32) }, /secret is not/],
    [{ encrypt: true }, /encrypt is true, so there must be a secret.*Give `secret`/],
    [{ encrypt: 'false', secret: 'x'.repeat(32) }, /encrypt is of type string, so .*true or false/],
    [{ encrypt: 'hunter2' }, /encrypt is of type string/],
    [{ enabled: 'false' }, /enabled is of type string, so .*true or false/],
    [{ enabled: 0 }, /enabled is of type number/],
    [{ enabled: null }, /enabled is of type object/],
  ])('with the options %o', async (options, message) => {
    for (const root of [
      QsCacheModule.forRoot(options as QsCacheOptions),
      QsCacheModule.forRootAsync({ useFactory: async () => options as QsCacheOptions }),
    ]) {
      const imports = [CacheModule.register(), TypeOrmModule.forRoot(database), root];
      const error = await bootError([ExampleCacheManager], { imports });
      expectError(error, 'QSCACHE_OPTION', message);
      expect(inspect(error)).not.toMatch(/hunter2|xxx/);
    }
  });

  it('with a manager that is a provider but registered nowhere', async () => {
    const error = await bootError([], { providers: [ExampleCacheManager] });
    expectError(
      error,
      'QSCACHE_MANAGER_NOT_REGISTERED',
      /ExampleCacheManager is not registered.*forFeature\(\[ExampleCacheManager\]\)/,
    );
  });

  it('with a manager among the providers of a module that does not import what registers it', async () => {
    @Module({ providers: [ExampleCacheManager] })
    class ElsewhereModule {}
    const imports = [CacheModule.register(), TypeOrmModule.forRoot(database), ElsewhereModule];
    expectError(
      await bootError([ExampleCacheManager], { imports }),
      'QSCACHE_MANAGER_NOT_REGISTERED',
      /ExampleCacheManager is not registered in ElsewhereModule, .*so .*forFeature\(\[ExampleCacheManager\]\) to the imports of ElsewhereModule/,
    );
  });

  it('with a manager that a factory of its module makes', async () => {
    const providers = [{ provide: ExampleCacheManager, useFactory: () => new ExampleCacheManager() }];
    expectError(
      await bootError([ExampleCacheManager], { providers }),
      'QSCACHE_MANAGER_NOT_REGISTERED',
      /ExampleCacheManager is not registered in RootTestModule.*list the class itself/,
    );
  });

  it.each([Scope.REQUEST, Scope.TRANSIENT])(
    'with a manager that is built anew all the time, scope %s',
    async (scope) => {
      @Injectable({ scope })
      class RequestCacheManager extends BaseCacheManager<Example> {
        model = Example;
      }
      const error = await bootError([RequestCacheManager]);
      expectError(error, 'QSCACHE_MANAGER_SCOPE', /RequestCacheManager is built anew.*singletons; scope\(\)/);
    },
  );

  it('with a manager that injects the request', async () => {
    @Injectable()
    class RequestCacheManager extends BaseCacheManager<Example> {
      model = Example;

      constructor(@Inject(REQUEST) readonly request: unknown) {
        super();
      }
    }
    expectError(await bootError([RequestCacheManager]), 'QSCACHE_MANAGER_SCOPE', /RequestCacheManager/);
  });
});

describe('A decorator that names a manager nobody registers', () => {
  @Controller()
  class ByKeys {
    @Get()
    @ClearCacheKeys('example', PlainExampleCacheManager)
    clear() {}
  }

  @Controller()
  class ByDetail {
    @Get()
    @ClearCacheDetail(PlainExampleCacheManager)
    clear() {}
  }

  @Controller()
  class ByAdditionalKeys {
    @Get()
    @ClearCacheDetail(ExampleCacheManager, { additionalKeys: [PlainExampleCacheManager] })
    clear() {}
  }

  @Controller()
  @ClearCacheKeys(PlainExampleCacheManager)
  class ByClass {
    @Get()
    clear() {}
  }

  class Base {
    @ClearCacheKeys(PlainExampleCacheManager)
    clear() {}
  }

  @Injectable()
  class ByInheritance extends Base {}

  it.each([
    [{ controllers: [ByKeys] }, 'ByKeys.clear'],
    [{ controllers: [ByDetail] }, 'ByDetail.clear'],
    [{ controllers: [ByAdditionalKeys] }, 'ByAdditionalKeys.clear'],
    [{ controllers: [ByClass] }, 'ByClass'],
    [{ providers: [ByInheritance] }, 'ByInheritance.clear'],
  ])('is a boot error: %o', async (metadata, handler) => {
    const error = await bootError([ExampleCacheManager], metadata);
    expectError(
      error,
      'QSCACHE_MANAGER_NOT_REGISTERED',
      new RegExp(
        `^${handler} clears PlainExampleCacheManager, which no module registers, so .*forFeature\\(\\[PlainExampleCacheManager\\]\\)`,
      ),
    );
  });

  it('boots when somebody does, functions and keys included', async () => {
    @Controller()
    class Right {
      @Get()
      @UseInterceptors()
      @ClearCacheKeys('example', 'a:example', 'elsewhere', () => 'exampel', ExampleCacheManager)
      @ClearCacheDetail(ExampleCacheManager, { additionalKeys: ['example', () => []] })
      clear() {}

      get broken(): never {
        throw new Error('an accessor is no handler');
      }
    }
    await expect(bootError([ExampleCacheManager], { controllers: [Right] })).rejects.toThrow('It boots.');
  });
});

describe('A decorator that would clear nothing', () => {
  // What a file that is imported in a circle has of the other one.
  const notYet = undefined as unknown as CacheManagerClass;

  @Controller()
  class WithoutTarget {
    @Get()
    @ClearCacheKeys()
    clear() {}
  }

  @Controller()
  @ClearCacheKeys()
  class ClassWithoutTarget {
    @Get()
    clear() {}
  }

  @Controller()
  class CircularKeys {
    @Get()
    @ClearCacheKeys('example', notYet)
    clear() {}
  }

  @Controller()
  class CircularDetail {
    @Get()
    @ClearCacheDetail(notYet)
    clear() {}
  }

  @Controller()
  class CircularAdditionalKeys {
    @Get()
    @ClearCacheDetail(ExampleCacheManager, { additionalKeys: [notYet] })
    clear() {}
  }

  const gives = (target: unknown) => {
    @Controller()
    class Keys {
      @Get()
      @ClearCacheKeys(target as CacheManagerClass)
      clear() {}
    }
    return Keys;
  };

  const details = (manager: unknown) => detailsOf({}, manager);

  const detailsOf = (options: unknown, manager: unknown = ExampleCacheManager) => {
    @Controller()
    class Detail {
      @Get()
      @ClearCacheDetail(manager as CacheManagerClass, options as ClearCacheDetailOptions)
      clear() {}
    }
    return Detail;
  };

  it.each([
    [WithoutTarget, /^WithoutTarget\.clear is under @ClearCacheKeys without a target, so .*nothing\. Name a manager/],
    [ClassWithoutTarget, /^ClassWithoutTarget is under @ClearCacheKeys without a target/],
    [CircularKeys, /^CircularKeys\.clear gives undefined to @ClearCacheKeys, so .*import each other.*index/],
    [CircularDetail, /^CircularDetail\.clear gives undefined to @ClearCacheDetail, so .*import each other/],
    [CircularAdditionalKeys, /gives undefined to additionalKeys of @ClearCacheDetail, so .*import each other/],
    [gives(null), /^Keys\.clear gives null to @ClearCacheKeys, which is neither .*, so .*extends BaseCacheManager/],
    [gives({ id: 1 }), /gives an object to @ClearCacheKeys/],
    [gives(['example']), /gives an array to @ClearCacheKeys, .*one by one, without the brackets/],
    [
      gives('exampel'),
      /gives the key "exampel" to @ClearCacheKeys, which no manager has, so .*Did you mean "example"\?/,
    ],
    [gives(Example), /gives Example to @ClearCacheKeys/],
    [gives(BaseCacheManager), /gives BaseCacheManager to @ClearCacheKeys/],
    [details(Example), /gives Example to @ClearCacheDetail, which is no manager class, so/],
    [details('example'), /gives a text to @ClearCacheDetail, which is no manager class/],
    [details(() => 'example'), /to @ClearCacheDetail, which is no manager class/],
    [detailsOf('id'), /^Detail\.clear gives a text to @ClearCacheDetail as second .*Write \{ field: 'id' \}/],
    [detailsOf(null), /gives null to @ClearCacheDetail as second argument/],
    [
      detailsOf({ feild: 'id' }),
      /^Detail\.clear gives "feild" to @ClearCacheDetail, .*so nothing .*Did you mean field\?/,
    ],
    [detailsOf({ additionalkeys: [] }), /"additionalkeys".*Did you mean additionalKeys\?/],
    [detailsOf({ ttl: 5 }), /"ttl".*There are: field, additionalKeys\./],
    [detailsOf({ field: 5 }), /^Detail\.clear gives a number to field of @ClearCacheDetail, so .*\{ field: 'id' \}/],
    [
      detailsOf({ additionalKeys: 'example' }),
      /^Detail\.clear gives a text to additionalKeys of @ClearCacheDetail and no list, so .*\{ additionalKeys: \['example'\] \}/,
    ],
    [detailsOf({ additionalKeys: ['exampel'] }), /"exampel" to additionalKeys of .*Did you mean "example"\?/],
  ])('is a boot error: %o', async (controller, message) => {
    const error = await bootError([ExampleCacheManager], { controllers: [controller] });
    expectError(error, 'QSCACHE_DECORATOR_TARGET', message);
  });

  it.each([
    ['fields', /Did you mean field\?/],
    ['additional_keys', /Did you mean additionalKeys\?/],
    ['additional_fields', /Did you mean additionalKeys\?/],
    ['id', /There are: field, additionalKeys\./],
  ])('is a boot error of an option there is not: %s', async (option, message) => {
    @Controller()
    class Detail {
      @Get()
      @ClearCacheDetail(ExampleCacheManager, { [option]: undefined })
      clear() {}
    }
    const error = await bootError([ExampleCacheManager], { controllers: [Detail] });
    const told = new RegExp(`^Detail\\.clear gives "${option}" to @ClearCacheDetail, which has no such option, so`);
    expectError(error, 'QSCACHE_DECORATOR_TARGET', told, message);
  });

  const methods = {
    classKeys() {
      return 'example';
    },
  };

  it('is none of the functions whose text begins as that of a class', async () => {
    await expect(bootError([ExampleCacheManager], { controllers: [gives(methods.classKeys)] })).rejects.toThrow(
      'It boots.',
    );
  });
});

describe('A manager that was constructed by hand', () => {
  it('says that it is not registered, whatever is asked of it', async () => {
    const manager = new ExampleCacheManager();
    const error = {
      code: 'QSCACHE_MANAGER_NOT_REGISTERED',
      message: expect.stringMatching(/ExampleCacheManager is not registered, so .*inject the manager instead/),
    };
    for (const call of [
      () => manager.get(1),
      () => manager.get(1, { raiseException: false }),
      () => manager.getMany([1]),
      () => manager.clearCache(),
      () => manager.clearCacheList(),
      () => manager.clearCacheDetail(1),
    ]) {
      await expect(call()).rejects.toMatchObject(error);
    }
    for (const call of [() => manager.all(), () => manager.getCacheKey(), () => manager.getDetailCacheKey(1)]) {
      expect(call).toThrow(expect.objectContaining(error));
    }
  });
});
