import { CacheModule } from '@nestjs/cache-manager';
import { forwardRef } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BaseCacheManager, type CacheManagerClass, QsCacheModule } from '../../../lib/index.js';
import { Example, exampleEntities } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager, PlainExampleCacheManager } from '../../fixtures/managers.js';

const database = { type: 'sqljs', entities: exampleEntities, synchronize: true } as const;

describe('forFeature of what is no list of manager classes says so where it is called', () => {
  it.each([
    [
      'a class without brackets',
      ExampleCacheManager,
      /given ExampleCacheManager and no list, so .*forFeature\(\[ExampleCacheManager\]\)/,
    ],
    ['an entity without brackets', Example, /given Example and no list, so .*forFeature\(\[\.\.\.\]\)/],
    ['nothing', undefined, /given undefined and no list/],
    ['options', { managers: [ExampleCacheManager] }, /given an object and no list/],
    ['a hole', [ExampleCacheManager, undefined], /given undefined at index 1, .* so .*import each other/],
    ['an entity', [Example], /given Example at index 0, .* so .*entities to TypeOrmModule\.forFeature/],
    [
      'an instance',
      [new ExampleCacheManager()],
      /an instance of ExampleCacheManager at index 0.*Give the class, ExampleCacheManager/,
    ],
    ['the base class', [BaseCacheManager], /given BaseCacheManager at index 0.*Extend it by a class with a model/],
    ['a list in a list', [[ExampleCacheManager]], /given an array at index 0.*in one list/],
    ['a provider', [{ provide: ExampleCacheManager, useValue: {} }], /a provider object at index 0.*overrideProvider/],
    ['a name', ['ExampleCacheManager'], /given a text at index 0.*Give a class that extends BaseCacheManager/],
    ['a forwardRef', [forwardRef(() => ExampleCacheManager)], /given an object at index 0.*Give a class/],
    ['a class without a name', [class {}], /given a class without a name at index 0/],
    ['null', [null], /given null at index 0/],
  ])('%s', (_, managers, message) => {
    expect(() => QsCacheModule.forFeature(managers as never)).toThrow(
      expect.objectContaining({
        name: 'InvalidConfigurationError',
        code: 'QSCACHE_MANAGER_CLASS',
        message: expect.stringMatching(message) as string,
      }),
    );
  });

  it.each<[string, CacheManagerClass[]]>([
    ['no manager', []],
    ['one manager twice', [PlainExampleCacheManager, PlainExampleCacheManager]],
  ])('but boots with %s', async (_, managers) => {
    const module = await Test.createTestingModule({
      imports: [CacheModule.register(), TypeOrmModule.forRoot(database), QsCacheModule.forFeature(managers)],
    }).compile();
    onTestFinished(() => module.close());
    await module.init();
    for (const manager of managers) {
      expect(await module.get<BaseCacheManager<Example>>(manager as never, { strict: false }).all()).toEqual([]);
    }
  });
});
