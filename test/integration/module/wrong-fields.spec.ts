import { CacheModule } from '@nestjs/cache-manager';
import { Injectable, Logger, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { BaseCacheManager, days, hours, QsCacheModule } from '../../../lib/index.js';
import { Example, exampleEntities, User } from '../../fixtures/entities/example.entity.js';

const database = { type: 'sqljs', entities: exampleEntities, synchronize: true } as const;

/** A manager of examples with some fields more; what is wrong with them does not compile. */
function managerWith(fields: Record<string, unknown>): Type<BaseCacheManager<Example>> {
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

/** Boots, and returns what the log warns of. */
async function warningsOf(manager: Type<BaseCacheManager<Example>>): Promise<string[]> {
  const warnings: string[] = [];
  const spy = vi
    .spyOn(Logger.prototype, 'warn')
    .mockImplementation((line: unknown) => void warnings.push(String(line)));
  try {
    const module = await Test.createTestingModule({
      imports: [CacheModule.register(), TypeOrmModule.forRoot(database), QsCacheModule.forFeature([manager])],
    }).compile();
    onTestFinished(() => module.close());
    await module.init();
  } finally {
    spy.mockRestore();
  }
  return warnings.filter((line) => line.includes('CacheManager'));
}

const errorOf = (code: string, message: RegExp): unknown =>
  expect.objectContaining({
    name: 'InvalidConfigurationError',
    code,
    message: expect.stringMatching(message) as unknown,
  });

describe('A field with a misspelt name', () => {
  it.each([
    ['listTimeOut', 60, 'listTimeout'],
    ['list_timeout', 60, 'listTimeout'],
    ['listTimout', '60', 'listTimeout'],
    ['detialTimeout', 60, 'detailTimeout'],
    ['detail_timeout', 60, 'detailTimeout'],
    ['relatedObject', 'user', 'relatedObjects'],
    ['related_objects', ['user'], 'relatedObjects'],
    ['prefetchRelatedObject', ['users'], 'prefetchRelatedObjects'],
    ['prefetchRealtedObjects', ['users'], 'prefetchRelatedObjects'],
    ['use_prefetch_related_for_list', false, 'usePrefetchRelatedForList'],
    ['exception_class', Error, 'exceptionClass'],
    ['cachekey', 'x', 'cacheKey'],
    ['cache_key', 'x', 'cacheKey'],
    ['dependOn', [User], 'dependsOn'],
    ['neverCached', ['title'], 'neverCache'],
    ['neverCashe', ['title'], 'neverCache'],
    ['cacheVolatil', true, 'cacheVolatile'],
    ['Scope', () => 'a', 'scope'],
  ])('is a boot error that names it and the one that was meant: %s', async (field, value, meant) => {
    await expect(warningsOf(managerWith({ [field]: value }))).rejects.toEqual(
      errorOf(
        'QSCACHE_MANAGER_FIELD',
        new RegExp(
          `WrongCacheManager has "${field}", .* nearly ${meant}, so nothing comes of it\\. Write ${meant}, or`,
        ),
      ),
    );
  });

  it('is one in a base class, as accessor or method, and nobody runs it', async () => {
    class Base extends BaseCacheManager<Example> {
      model = Example;
      get detail_timeout(): number {
        throw new Error('is run');
      }
    }
    class Method extends BaseCacheManager<Example> {
      model = Example;
      Scope() {
        throw new Error('is run');
      }
    }
    const [accessor, method] = [class extends Base {}, class extends Method {}];
    await expect(warningsOf(accessor)).rejects.toEqual(errorOf('QSCACHE_MANAGER_FIELD', /nearly detailTimeout/));
    await expect(warningsOf(method)).rejects.toEqual(errorOf('QSCACHE_MANAGER_FIELD', /nearly scope/));
  });

  it('is told of every field there is', async () => {
    for (const [field, value] of Object.entries(new (managerWith({ cacheKey: 'x' }))())) {
      const snake = field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      if (snake === field) continue;
      await expect(warningsOf(managerWith({ [snake]: value }))).rejects.toEqual(
        errorOf('QSCACHE_MANAGER_FIELD', new RegExp(`"${snake}", .* Write ${field}`)),
      );
    }
  });

  it.each([
    ['lstTimout', 60, 'listTimeout'],
    ['listTimeouts', 60, 'listTimeout'],
    ['lastTimeout', 60, 'listTimeout'],
    ['retailTimeout', 60, 'detailTimeout'],
  ])('is a warning when it may be one of its own: %s', async (field, value, meant) => {
    expect(await warningsOf(managerWith({ [field]: value }))).toEqual([
      expect.stringMatching(
        new RegExp(`WrongCacheManager has "${field}", .* so nothing comes of it\\. Write ${meant} if`),
      ),
    ]);
  });
});

describe('A number that is called as other caches call a lifetime', () => {
  it.each(['ttl', 'timeout'])('is a warning: %s', async (field) => {
    expect(await warningsOf(managerWith({ [field]: 60 }))).toEqual([
      expect.stringMatching(
        new RegExp(
          `WrongCacheManager has "${field}", .* so no entry .*Write listTimeout and detailTimeout, in seconds, if`,
        ),
      ),
    ]);
  });
});

describe('A field of its own', () => {
  it.each<[string, unknown]>([
    ['models', [Example]],
    ['model2', Example],
    ['scopes', ['a']],
    ['cacheKeys', ['a']],
    ['cachedKey', 'a'],
    ['_cacheKey', 'a'],
    ['listTimeout_', 60],
    ['LIST_TIMEOUT', 60],
    ['listTimeOut', new Map()],
    ['dependOn', { repository: {} }],
    ['neverCached', () => true],
    ['exceptionClasses', [Error]],
    ['relations', ['user']],
    ['timeout', new Map()],
    ['ttl', () => 60],
    ['_ttl', 60],
    ['logger', new Logger('x')],
    ['repository', {}],
    ['keys', []],
    ['events', {}],
    ['store', {}],
  ])('is told nothing of: %s = %o', async (field, value) => {
    expect(await warningsOf(managerWith({ [field]: value }))).toEqual([]);
  });

  it('may stand behind an accessor for ours', async () => {
    class Behind extends BaseCacheManager<Example> {
      model = Example;
      private readonly _scope = 'a';
      readonly #listTimeout = 5;
      override scope() {
        return this._scope + this.#listTimeout;
      }
    }
    expect(await warningsOf(Behind)).toEqual([]);
  });
});

describe('A field of a wrong kind', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'QSCACHE_MANAGER_FIELD',
      { relatedObjects: 'user' },
      /relatedObjects is a text and no list, so .*Write relatedObjects = \['user'\]/,
    ],
    ['QSCACHE_MANAGER_FIELD', { prefetchRelatedObjects: 'users' }, /prefetchRelatedObjects is a text and no list/],
    ['QSCACHE_MANAGER_FIELD', { relatedObjects: undefined }, /relatedObjects is undefined and no list, so .*= \[\]/],
    [
      'QSCACHE_MANAGER_FIELD',
      { relatedObjects: [User] },
      /relatedObjects names User, which is no text, so .*Name the property/,
    ],
    ['QSCACHE_MANAGER_FIELD', { relatedObjects: [undefined] }, /relatedObjects names undefined, which is no text/],
    ['QSCACHE_MANAGER_FIELD', { dependsOn: User }, /dependsOn is a function and no list, so .*dependsOn = \[User\]/],
    ['QSCACHE_MANAGER_FIELD', { alsoWrites: 'audit' }, /alsoWrites is a text and no list, so .*\['audit'\]/],
    ['QSCACHE_MANAGER_FIELD', { neverCache: 'title' }, /neverCache is a text and no list, so .*\['title'\]/],
    [
      'QSCACHE_MANAGER_FIELD',
      { usePrefetchRelatedForList: 'false' },
      /usePrefetchRelatedForList is a text, which .*true or false/,
    ],
    ['QSCACHE_MANAGER_FIELD', { cacheVolatile: 'false' }, /cacheVolatile is a text, which .*true or false/],
    ['QSCACHE_MANAGER_FIELD', { cacheVolatile: 0 }, /cacheVolatile is a number/],
    ['QSCACHE_SCOPE', { scope: 'tenant' }, /scope is a text and no function, so .*Write scope\(\)/],
    ['QSCACHE_SCOPE', { scope: null }, /scope is null and no function/],
    [
      'QSCACHE_ENTITY_NOT_REGISTERED',
      { dependsOn: [undefined] },
      /dependsOn names undefined, .* so .*import each other: give the name of its table/,
    ],
    ['QSCACHE_EXCEPTION_CLASS', { exceptionClass: new Error('x') }, /exceptionClass is no class/],
    ...['listTimeout', 'detailTimeout', 'staleWhileRevalidate', 'staleIfError', 'notFoundTimeout', 'timeoutJitter'].map(
      (option): [string, Record<string, unknown>, RegExp] => [
        'QSCACHE_TIMEOUT',
        { [option]: '60' },
        new RegExp(`${option} is a text, "60", so .*Write Number\\(\\.\\.\\.\\)`),
      ],
    ),
  ])('is a boot error, %s: %o', async (code, fields, message) => {
    await expect(warningsOf(managerWith(fields))).rejects.toEqual(errorOf(code, message));
  });
});

describe('A timeout that looks like milliseconds', () => {
  it.each([
    [
      { listTimeout: 86_400_000 },
      /listTimeout is 86400000 seconds, which is 1000 days and .* so .*Write minutes\(1440\)/,
    ],
    [{ listTimeout: 3_600_000 }, /is 3600000 seconds, which is 41\.7 days.*Write minutes\(60\)/],
    [{ detailTimeout: 300_000 }, /detailTimeout is 300000 seconds, which is 3\.5 days.*Write minutes\(5\)/],
    [{ detailTimeout: 31_536_001 }, /which is 365 days.*Write seconds\(31536\.001\)/],
    [{ notFoundTimeout: 900_000 }, /notFoundTimeout is 900000 seconds.*Write minutes\(15\)/],
    [{ staleIfError: 3_600_000 }, /staleIfError is 3600000 seconds/],
  ])('is a warning: %o', async (fields, message) => {
    expect(await warningsOf(managerWith(fields))).toEqual([expect.stringMatching(message)]);
  });

  it.each([
    { listTimeout: days(1) },
    { listTimeout: days(7) },
    { listTimeout: days(25) },
    { listTimeout: days(180) },
    { listTimeout: days(365) },
    { listTimeout: hours(36) },
    { detailTimeout: 60_000 },
    { detailTimeout: 100_000 },
    { detailTimeout: hours(50) },
    { staleIfError: days(3_650) },
    { staleWhileRevalidate: 0 },
  ])('is not: %o', async (fields) => {
    expect(await warningsOf(managerWith(fields))).toEqual([]);
  });
});
