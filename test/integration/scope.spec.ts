import { Injectable } from '@nestjs/common';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BaseCacheManager, InvalidConfigurationError } from '../../lib/index.js';
import { Example, User } from '../fixtures/entities/example.entity.js';
import { sqljs } from '../fixtures/sqljs.js';
import { exampleApp } from '../support/example-app.js';

let answer: () => unknown;

@Injectable()
class TenantCacheManager extends BaseCacheManager<Example> {
  model = Example;
  override scope() {
    return answer() as string;
  }
}

@Injectable()
class OtherCacheManager extends BaseCacheManager<User> {
  model = User;
  ask: () => unknown = () => undefined;
  override scope() {
    return this.ask() as string;
  }
}

async function setUp() {
  const app = await exampleApp(sqljs, { managers: [TenantCacheManager, OtherCacheManager] });
  return { ...app, tenants: app.get(TenantCacheManager), others: app.get(OtherCacheManager) };
}

/** Everything a manager does for a scope. */
function uses(tenants: TenantCacheManager): (() => unknown)[] {
  return [
    () => tenants.get(1),
    () => tenants.get('one', { where: { title: 'one' } }),
    () => tenants.getMany([1]),
    () => tenants.all(),
    () => tenants.getCacheKey(),
    () => tenants.getDetailCacheKey(1),
    () => tenants.clearCache(),
    () => tenants.clearCacheList(),
    () => tenants.clearCacheDetail(1),
  ];
}

async function failureOf(use: () => unknown): Promise<Error> {
  try {
    await use();
  } catch (error) {
    return error as Error;
  }
  throw new Error('did not fail');
}

describe('scope()', () => {
  it.each<[string, () => unknown]>([
    ['a promise', () => Promise.resolve('a')],
    ['a promise that fails', () => Promise.reject(new Error('nobody hears of it'))],
    ['an object', () => ({ tenant: 'a' })],
    ['an instance', () => new URL('https://a.example')],
    ['null', () => null],
    ['a number', () => 7],
    ['a boolean', () => false],
    ['a function', () => () => 'a'],
    ['a text of no Unicode', () => 'a\ud800'],
  ])('that gives %s is refused: it would be one cache for everybody', async (_, gives) => {
    const { tenants, statements } = await setUp();
    const unheard: unknown[] = [];
    const hear = (reason: unknown) => unheard.push(reason);
    process.on('unhandledRejection', hear);
    onTestFinished(() => void process.off('unhandledRejection', hear));
    answer = gives;
    await statements.expect(0, async () => {
      for (const use of uses(tenants)) {
        const error = await failureOf(use);
        expect(error).toBeInstanceOf(InvalidConfigurationError);
        expect(error).toMatchObject({ code: 'QSCACHE_SCOPE' });
        expect(error.message).toMatch(/TenantCacheManager\.scope\(\).*AsyncLocalStorage/);
      }
    });
    await new Promise(setImmediate);
    expect(unheard).toEqual([]);
  });

  it('that is no function is refused', async () => {
    const { tenants } = await setUp();
    Object.defineProperty(tenants, 'scope', { value: 'a' });
    expect((await failureOf(() => tenants.get(1))).message).toMatch(/TenantCacheManager\.scope .*function/);
  });

  it('that throws says what it said', async () => {
    const { tenants } = await setUp();
    answer = () => {
      throw new RangeError('no request');
    };
    for (const use of uses(tenants)) expect(await failureOf(use)).toBeInstanceOf(RangeError);
    answer = () => 'a';
    expect((await tenants.get(1)).title).toBe('one');
  });

  it('that reads through its own manager ends, with an error that says so', async () => {
    const { tenants, dataSource, statements } = await setUp();
    const reads: (() => unknown)[] = [
      () => tenants.getCacheKey(),
      () => tenants.all(),
      () => tenants.using(dataSource.manager).getDetailCacheKey(1),
    ];
    for (const read of reads) {
      answer = () => read() as string;
      await statements.expect(0, async () => {
        for (const use of uses(tenants)) {
          const error = await failureOf(use);
          expect(error).toMatchObject({ code: 'QSCACHE_SCOPE_CIRCLE' });
          expect(error.message).toContain('TenantCacheManager > TenantCacheManager');
        }
      });
    }
    answer = async () => (await tenants.get(1)).title;
    expect(await failureOf(() => tenants.get(1))).toMatchObject({ code: 'QSCACHE_SCOPE' });
    answer = () => 'a';
    expect((await tenants.get(1)).title).toBe('one');
  });

  it('that reads in a circle ends, and one that reads through another manager does not matter', async () => {
    const { tenants, others } = await setUp();
    answer = () => others.getCacheKey();
    expect(tenants.getCacheKey()).toContain('user:example');
    others.ask = () => tenants.getCacheKey();
    const error = await failureOf(() => others.get(1));
    expect(error.message).toContain('OtherCacheManager > TenantCacheManager > OtherCacheManager');
    others.ask = () => undefined;
    expect((await tenants.get(1)).title).toBe('one');
  });
});

describe('A suffix', () => {
  it.each([5, null, {}, new Date(0), Promise.resolve('a')])('that is no text is refused: %o', async (suffix) => {
    answer = () => undefined;
    const { tenants, statements } = await setUp();
    const text = suffix as never;
    await statements.expect(0, async () => {
      for (const use of [
        () => tenants.all({ suffix: text }),
        () => tenants.all().filter({ id: 1 }).cache(text),
        () => tenants.getCacheKey(text),
        () => tenants.clearCacheList(text),
      ]) {
        expect(await failureOf(use)).toMatchObject({ code: 'QSCACHE_SUFFIX' });
      }
    });
  });
});
