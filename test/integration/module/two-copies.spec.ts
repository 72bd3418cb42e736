import { Controller, Get, Injectable, Module, Post } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import * as here from '../../../lib/index.js';
import { QsCacheTestingModule } from '../../../lib/testing/index.js';
import { exampleEntities, Example } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';

const database = { type: 'sqljs', entities: exampleEntities, synchronize: true } as const;

/** The library as a package of the application has it that brought its own along. */
async function loadedAgain(): Promise<typeof here> {
  vi.resetModules();
  return import('../../../lib/index.js');
}

const there = await loadedAgain();

@Injectable()
class ElsewhereCacheManager extends there.BaseCacheManager<Example> {
  model = Example;
  cacheKey = 'elsewhere';
}

const refusal = (what: string) => ({
  name: 'InvalidConfigurationError',
  code: 'QSCACHE_TWO_COPIES',
  message: expect.stringMatching(
    `^${what} is of another copy of nestjs-qscache \\(0\\.1\\.0 in .+\\) than .+ \\(0\\.1\\.0 in .+\\), and neither .*, so .* npm ls|^${what} is of another copy .*npm ls nestjs-qscache`,
  ) as string,
});

async function boot(
  ...parts: Pick<NonNullable<Parameters<typeof Module>[0]>, 'imports' | 'controllers' | 'providers'>[]
) {
  const module = await Test.createTestingModule({
    imports: [
      TypeOrmModule.forRoot(database),
      QsCacheTestingModule.forRoot(),
      here.QsCacheModule.forFeature([PlainExampleCacheManager]),
      ...parts.flatMap(({ imports = [] }) => imports),
    ],
    controllers: parts.flatMap(({ controllers = [] }) => controllers),
    providers: parts.flatMap(({ providers = [] }) => providers),
  }).compile();
  onTestFinished(() => module.close());
  return module.init();
}

describe('Of two copies of this library in one application', () => {
  it('a manager of one is refused by forFeature of the other', () => {
    expect(there.BaseCacheManager).not.toBe(here.BaseCacheManager);
    expect(() => here.QsCacheModule.forFeature([ElsewhereCacheManager as never])).toThrow(
      expect.objectContaining(refusal('ElsewhereCacheManager')),
    );
  });

  it('a manager of one that a module of the other provides by itself does not boot', async () => {
    await expect(boot({ providers: [ElsewhereCacheManager] })).rejects.toMatchObject(refusal('ElsewhereCacheManager'));
  });

  it('the modules do not boot together', async () => {
    const imports = [there.QsCacheModule.forFeature([ElsewhereCacheManager])];
    await expect(boot({ imports })).rejects.toMatchObject({ code: 'QSCACHE_TWO_COPIES' });
  });

  it.each([
    ['ClearCacheKeys', there.ClearCacheKeys('plain')],
    ['ClearCacheKeys of a manager', there.ClearCacheKeys(PlainExampleCacheManager as never)],
    ['ClearCacheDetail', there.ClearCacheDetail(PlainExampleCacheManager as never)],
  ])('a handler under %s of one does not boot with the module of the other', async (_, decorator) => {
    @Controller()
    class ImportController {
      @Post()
      @decorator
      create() {}
    }
    await expect(boot({ controllers: [ImportController] })).rejects.toMatchObject(
      refusal('The clear decorator of ImportController\\.create'),
    );
  });

  it('nor does one under decorators of both, nor a class under one', async () => {
    @Controller()
    class BothController {
      @Post()
      @here.ClearCacheDetail(PlainExampleCacheManager)
      @there.ClearCacheKeys('plain')
      create() {}
    }
    await expect(boot({ controllers: [BothController] })).rejects.toMatchObject(
      refusal('The clear decorator of BothController\\.create'),
    );

    @Controller()
    @there.ClearCacheKeys('plain')
    class WholeController {
      @Post()
      create() {}
    }
    await expect(boot({ controllers: [WholeController] })).rejects.toMatchObject(
      refusal('The clear decorator of WholeController'),
    );
  });

  it('a decorator that is given a manager of the other does not boot', async () => {
    @Controller()
    class ImportController {
      @Post()
      @here.ClearCacheKeys(ElsewhereCacheManager as never)
      create() {}
    }
    await expect(boot({ controllers: [ImportController] })).rejects.toMatchObject(
      refusal('ElsewhereCacheManager, which ImportController\\.create gives to @ClearCacheKeys,'),
    );
  });

  it('each serves an application of its own, in one process', async () => {
    const { QsCacheTestingModule: Testing } = await testingOf(there);
    const first = (await boot()).get(PlainExampleCacheManager, { strict: false });
    const second = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot(database),
        Testing.forRoot(),
        there.QsCacheModule.forFeature([ElsewhereCacheManager]),
      ],
    }).compile();
    onTestFinished(() => second.close());
    await second.init();
    expect(await first.all()).toEqual([]);
    expect(await second.get(ElsewhereCacheManager, { strict: false }).all()).toEqual([]);
  });

  it('controllers under decorators of one boot where no module of this library is', async () => {
    @Controller()
    class ImportController {
      @Get()
      @there.ClearCacheKeys(ElsewhereCacheManager)
      create() {
        return 'made';
      }
    }
    const module = await Test.createTestingModule({ controllers: [ImportController] }).compile();
    onTestFinished(() => module.close());
    await module.init();
    expect(module.get(ImportController).create()).toBe('made');
  });
});

/** What is loaded after it is of the same copy. */
async function testingOf(copy: typeof here): Promise<typeof import('../../../lib/testing/index.js')> {
  const testing = await import('../../../lib/testing/index.js');
  expect((await import('../../../lib/index.js')).QsCacheModule).toBe(copy.QsCacheModule);
  return testing;
}
