import { CacheModule } from '@nestjs/cache-manager';
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { QsCacheModule } from '../../../lib/index.js';
import { exampleEntities } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager, PlainExampleCacheManager } from '../../fixtures/managers.js';

const database = { type: 'sqljs', entities: exampleEntities, synchronize: true } as const;

async function boot(imports: (DynamicModule | Type)[]): Promise<TestingModule> {
  const module = await Test.createTestingModule({
    imports: [CacheModule.register({ isGlobal: true }), TypeOrmModule.forRoot(database), ...imports],
  }).compile();
  onTestFinished(() => module.close());
  return module.init();
}

const rootError = (message: RegExp): unknown =>
  expect.objectContaining({
    name: 'InvalidConfigurationError',
    code: 'QSCACHE_ROOT',
    message: expect.stringMatching(message) as unknown,
  });

const twice = /is called 2 times in this application, so only one of them would be heard.*Keep one/;
const late = /has its options already, as of a module that is loaded lazily, so .*root module/;

@Module({ imports: [QsCacheModule.forRoot({ namespace: 'other' })] })
class OtherModule {}

describe('A second forRoot', () => {
  it.each<[string, () => DynamicModule]>([
    ['forRoot', () => QsCacheModule.forRoot({ namespace: 'root' })],
    ['forRoot with equal options', () => QsCacheModule.forRoot({ namespace: 'other' })],
    ['forRootAsync', () => QsCacheModule.forRootAsync({ useFactory: () => ({}) })],
  ])('is a boot error beside %s', async (_, root) => {
    const feature = QsCacheModule.forFeature([PlainExampleCacheManager]);
    await expect(boot([root(), OtherModule, feature])).rejects.toEqual(rootError(twice));
    await expect(boot([OtherModule, root()])).rejects.toEqual(rootError(twice));
  });

  it('is none when one and the same is imported in two places', async () => {
    const root = QsCacheModule.forRoot({ namespace: 'shared' });
    @Module({ imports: [root, QsCacheModule.forFeature([PlainExampleCacheManager])] })
    class FeatureModule {}
    const module = await boot([root, FeatureModule]);
    expect(module.get(PlainExampleCacheManager, { strict: false }).getCacheKey()).toBe('shared:plain');
  });

  it('is none in another application of the process', async () => {
    const feature = QsCacheModule.forFeature([PlainExampleCacheManager]);
    for (const namespace of ['one', 'two']) {
      const module = await boot([QsCacheModule.forRoot({ namespace }), feature]);
      expect(module.get(PlainExampleCacheManager).getCacheKey()).toBe(`${namespace}:plain`);
    }
  });
});

describe('A forRoot that is loaded lazily', () => {
  it('is an error when the application has one', async () => {
    const module = await boot([QsCacheModule.forRoot({}), QsCacheModule.forFeature([PlainExampleCacheManager])]);
    await expect(module.get(LazyModuleLoader).load(() => OtherModule)).rejects.toEqual(rootError(twice));
  });

  it('is an error when the cache works with its defaults', async () => {
    const module = await boot([QsCacheModule.forFeature([PlainExampleCacheManager])]);
    await expect(module.get(LazyModuleLoader).load(() => OtherModule)).rejects.toEqual(rootError(late));
  });

  it('holds for the managers that come with it, when they are the first ones', async () => {
    @Module({
      imports: [QsCacheModule.forRoot({ namespace: 'lazy' }), QsCacheModule.forFeature([PlainExampleCacheManager])],
    })
    class LazyModule {}
    const loader = (await boot([])).get(LazyModuleLoader);
    const module = await loader.load(() => LazyModule);
    expect(module.get(PlainExampleCacheManager, { strict: false }).getCacheKey()).toBe('lazy:plain');
  });

  it('of a module of managers is not needed', async () => {
    @Module({ imports: [QsCacheModule.forFeature([ExampleCacheManager])] })
    class LazyModule {}
    const module = await boot([QsCacheModule.forRoot({ namespace: 'root' })]);
    const lazy = await module.get(LazyModuleLoader).load(() => LazyModule);
    expect(lazy.get(ExampleCacheManager, { strict: false }).getCacheKey()).toBe('root:example');
  });
});
