import KeyvRedis, { createClient } from '@keyv/redis';
import { CacheModule } from '@nestjs/cache-manager';
import { Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { QsCacheModule, type QsCacheOptions } from '../../../lib/index.js';
import { exampleEntities } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';

const database = { type: 'sqljs', entities: exampleEntities, synchronize: true } as const;

type Root = ReturnType<typeof QsCacheModule.forRoot>;

async function boot(root: Root): Promise<TestingModule> {
  const module = await Test.createTestingModule({
    imports: [
      CacheModule.register(),
      TypeOrmModule.forRoot(database),
      root,
      QsCacheModule.forFeature([PlainExampleCacheManager]),
    ],
  }).compile();
  onTestFinished(() => module.close());
  return module.init();
}

const bare = (options: QsCacheOptions): QsCacheOptions =>
  Object.freeze(Object.assign(Object.create(null) as object, options));

const errorOf = (code: string, message: RegExp): unknown =>
  expect.objectContaining({
    name: 'InvalidConfigurationError',
    code,
    message: expect.stringMatching(message) as unknown,
  });

describe('An option there is not', () => {
  it.each([
    ['budgetMS', /no option "budgetMS", so nothing would come of it\. Did you mean budgetMs\?/],
    ['budget_ms', /Did you mean budgetMs\?/],
    ['holdsMs', /Did you mean holdMs\?/],
    ['namspace', /Did you mean namespace\?/],
    ['enable', /Did you mean enabled\?/],
    ['secrets', /Did you mean secret\?/],
    ['onStoreDwon', /Did you mean onStoreDown\?/],
    ['isGlobal', /It is global as it is: leave it out/],
    ['ttl', /listTimeout and detailTimeout, in seconds/],
    ['timeout', /listTimeout and detailTimeout, in seconds/],
    ['redisUrl', /redis: new Redis\(url\)/],
    ['host', /Give a client/],
    ['constructor', /There are: namespace, .*enabled\./],
    ['whatever', /There are: namespace, .*enabled\./],
  ])('is a boot error that names it and the one that was meant: %s', async (option, message) => {
    const options = { [option]: 'hunter2' } as QsCacheOptions;
    for (const root of [
      QsCacheModule.forRoot(options),
      QsCacheModule.forRootAsync({ useFactory: async () => options }),
    ]) {
      const error: unknown = await boot(root).catch((reason: unknown) => reason);
      expect(error).toEqual(errorOf('QSCACHE_OPTION', message));
      expect(inspect(error)).not.toContain('hunter2');
    }
  });

  it('is none that an object inherits', async () => {
    const options = Object.create({ inherited: true }, { namespace: { value: 'own', enumerable: true } }) as object;
    await boot(QsCacheModule.forRootAsync({ useFactory: () => options }));
  });
});

describe('Options of a class', () => {
  /** As whoever has a service for every setting writes them. */
  class CacheConfig implements QsCacheOptions {
    constructor(private readonly env: Readonly<Record<string, string>>) {}

    get namespace() {
      return this.env.NAMESPACE!;
    }
  }
  const config = new CacheConfig({ NAMESPACE: 'shop' });

  it.each([
    ['forRoot', QsCacheModule.forRoot(config)],
    ['forRootAsync', QsCacheModule.forRootAsync({ useFactory: () => config })],
    ['forRoot, of an object without a prototype', QsCacheModule.forRoot(bare({ namespace: 'shop' }))],
  ])('say what their accessors do, and may have fields of their own: %s', async (_, root) => {
    expect((await boot(root)).get(PlainExampleCacheManager).getCacheKey()).toBe('shop:plain');
  });

  it('are a boot error where a field can only be a misspelt option', async () => {
    const misspelt = Object.assign(new CacheConfig({}), { budgetMS: 250 });
    await expect(boot(QsCacheModule.forRoot(misspelt))).rejects.toEqual(
      errorOf('QSCACHE_OPTION', /no option "budgetMS".*Did you mean budgetMs\?/),
    );
  });
});

describe('Options that are none', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'redis://localhost'],
    ['an array', []],
  ])(
    'are a boot error when a factory returns them, and an error where forRoot is given them: %s',
    async (what, options) => {
      const root = QsCacheModule.forRootAsync({ useFactory: () => options as never });
      await expect(boot(root)).rejects.toEqual(
        errorOf(
          'QSCACHE_OPTION',
          new RegExp(`options of QsCacheModule are ${what} and no object, so .*has to return it`),
        ),
      );
      const message = (method: string) =>
        new RegExp(`QsCacheModule\\.${method} was given ${what} and no object, so .*or leave`);
      expect(() => QsCacheModule.forRoot(options as never)).toThrow(
        errorOf('QSCACHE_OPTION', message('forRoot')) as Error,
      );
      expect(() => QsCacheModule.forRootAsync(options as never)).toThrow(
        errorOf('QSCACHE_OPTION', message('forRootAsync')) as Error,
      );
    },
  );

  it.each([
    [{}, /neither useFactory nor useClass nor useExisting, so .*or use forRoot/],
    [{ inject: [] }, /neither useFactory/],
    [{ useFactory: () => ({}), isGlobal: true }, /given "isGlobal", which .*it is global as it is/],
    [{ useFactory: () => ({}), budgetMs: 5 }, /given "budgetMs", which .*Return options from useFactory/],
    [{ useFactory: () => ({}), injects: [] }, /given "injects", which .*Did you mean inject\?/],
    [{ usefactory: () => ({}) }, /given "usefactory", .*Did you mean useFactory\?/],
  ])('are an error where forRootAsync is given no source of them, or more: %o', (options, message) => {
    expect(() => QsCacheModule.forRootAsync(options as never)).toThrow(errorOf('QSCACHE_OPTION', message) as Error);
  });
});

describe('A class that is to make options', () => {
  class Nearly {
    createQscacheOptions(): QsCacheOptions {
      return {};
    }
  }
  class OfField {
    createQsCacheOptions = (): QsCacheOptions => ({ namespace: 'shop' });
  }
  class Without {}
  @Module({ providers: [Without, { provide: 'SETTINGS', useValue: {} }], exports: [Without, 'SETTINGS'] })
  class SettingsModule {}
  const imports = [SettingsModule];

  it.each<[object, RegExp]>([
    [
      { useClass: Without },
      /forRootAsync\(\{ useClass: Without \}\) .*no method createQsCacheOptions\(\), so .*Let Without implement QsCacheOptionsFactory/,
    ],
    [
      { useClass: Nearly },
      /useClass: Nearly .*Is its createQscacheOptions\(\) meant\? Call that createQsCacheOptions\./,
    ],
    [{ imports, useExisting: Without }, /useExisting: Without .*Let Without implement/],
    [{ imports, useExisting: 'SETTINGS' }, /useExisting: SETTINGS .*Let SETTINGS implement/],
  ])('and lacks the method is a boot error: %o', async (options, message) => {
    const root = QsCacheModule.forRootAsync(options as { useClass: typeof OfField });
    await expect(boot(root)).rejects.toEqual(errorOf('QSCACHE_OPTION', message));
  });

  it('may have it in a field', async () => {
    const module = await boot(QsCacheModule.forRootAsync({ useClass: OfField }));
    expect(module.get(PlainExampleCacheManager).getCacheKey()).toBe('shop:plain');
  });
});

describe('An option of a wrong kind', () => {
  it.each([
    [{ nearCache: false }, /nearCache is a boolean, .*Give \{ maxBytes: 33_554_432 \}, with 0 for nothing/],
    [{ nearCache: 1024 }, /nearCache is a number, .*Give \{ maxBytes/],
    [{ nearCache: { maxBytes: '1024' } }, /nearCache\.maxBytes is .*so nobody could count with it/],
    [{ nearCache: { maxBytes: -1 } }, /nearCache\.maxBytes is -1, /],
    [{ nearCache: { maxbytes: 1 } }, /nearCache has no "maxbytes", .*Did you mean maxBytes\?/],
    [{ nearCache: { ttl: 1 } }, /nearCache has no "ttl", .*There are maxBytes and tracking/],
    [{ nearCache: { tracking: 'true' } }, /nearCache\.tracking is a text, .*neither yes nor no\. Give true or false/],
    [{ nearCache: { tracking: 1 } }, /nearCache\.tracking is a number, /],
    [{ nearCache: { traking: true } }, /nearCache has no "traking", .*Did you mean tracking\?/],
    [
      { nearCache: { maxBytes: 0, tracking: true } },
      /nearCache\.tracking is true, .*maxBytes: 0.*Leave one of them out/,
    ],
    [{ budgetMs: '250' }, /budgetMs is a text, "250", so nobody could count with it\. Write Number/],
    [{ holdMs: '0' }, /holdMs is a text, "0"/],
  ])('is a boot error: %o', async (options, message) => {
    await expect(boot(QsCacheModule.forRoot(options as never))).rejects.toEqual(errorOf('QSCACHE_OPTION', message));
  });

  it.each<[string, () => unknown, RegExp]>([
    ['a URL in a text', () => 'redis://:hunter2@localhost', /redis is a text, .* so .*new Redis\(url\)/],
    ['an empty text', () => '', /redis is a text/],
    ['a URL', () => new URL('redis://:hunter2@localhost'), /redis is a URL, .*url\.href/],
    [
      'host and port',
      () => ({ host: 'localhost', port: 6379, password: 'hunter2' }),
      /options of a client, .*new Redis\(options\)/,
    ],
    [
      'options of node-redis',
      () => ({ url: 'redis://:hunter2@localhost' }),
      /options of a client, .*createClient\(options\)\.connect/,
    ],
    [
      'a client that is still connecting',
      () => Promise.resolve('hunter2'),
      /redis is a promise, .*Await it: forRootAsync/,
    ],
    ['a class', () => Redis, /redis is a class or a function, .*Give what it makes/],
    ['null', () => null, /redis is null, .*or leave it out/],
    ['a number', () => 6379, /redis is a number/],
    ['a Keyv', () => new Keyv(), /redis is a store, .*CACHE_MANAGER/],
    ['a KeyvRedis', () => new KeyvRedis('redis://:hunter2@localhost'), /redis is a store, .*CACHE_MANAGER/],
    ['something', () => ({}), /redis is an object, .*Give new Redis/],
    ['a client of redis 4', () => clientOfVersion4(), /a client of redis 4, .*Update redis to 5/],
  ])('is a boot error that quotes nothing: redis, %s', async (_, redis, message) => {
    const error: unknown = await boot(QsCacheModule.forRoot({ redis: redis() as never })).catch(
      (reason: unknown) => reason,
    );
    expect(error).toEqual(errorOf('QSCACHE_UNKNOWN_REDIS_CLIENT', message));
    expect(inspect(error)).not.toContain('hunter2');
  });

  it('but undefined stands for none', async () => {
    await boot(QsCacheModule.forRoot({ redis: undefined, budgetMs: undefined } as never));
  });
});

/** It ends by `disconnect()` and `quit()` only. */
function clientOfVersion4(): object {
  const client = createClient();
  return new Proxy(client, { has: (target, name) => name !== 'destroy' && name !== 'close' && name in target });
}
