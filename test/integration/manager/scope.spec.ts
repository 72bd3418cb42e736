import { type ExecutionContext, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { DataSourceOptions, EntityManager } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BaseCacheManager, InvalidConfigurationError, InvalidQueryError } from '../../../lib/index.js';
import { ClearCache } from '../../../lib/decorators/clear-cache.js';
import { Example, exampleEntities, User } from '../../fixtures/entities/example.entity.js';
import { sqljs } from '../../fixtures/sqljs.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { describeWith } from '../../support/services.js';
import { createTestApp, type TestApp } from '../../support/test-app.js';

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

const handled = {
  getClass: () => TenantCacheManager,
  getHandler: () => uses,
} as unknown as ExecutionContext;

async function setUp() {
  const app = await exampleApp(sqljs, { managers: [TenantCacheManager, OtherCacheManager] });
  return { ...app, tenants: app.get(TenantCacheManager), others: app.get(OtherCacheManager) };
}

/** Everything a manager does for a scope. */
function uses(tenants: TenantCacheManager, entityManager: EntityManager): (() => unknown)[] {
  return [
    () => tenants.get(1),
    () => tenants.get('one', { where: { title: 'one' } }),
    () => tenants.getMany([1]),
    () => tenants.all(),
    () => tenants.all({ suffix: 'x', where: { id: 1 } }),
    () => tenants.all().filter({ id: 1 }),
    () => tenants.using(entityManager).get(1),
    () => tenants.using(entityManager).all(),
    () => tenants.using(entityManager).getMany([1]),
    () => tenants.using(entityManager).clearCacheDetail(1),
    () => tenants.getCacheKey(),
    () => tenants.getCacheKey('x'),
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
    ['a String', () => new String('a')],
    ['an array', () => ['a']],
    ['a thenable', () => ({ then: (resolve: (scope: string) => void) => resolve('a') })],
    ['a symbol', () => Symbol('a')],
    ['null', () => null],
    ['a number', () => 7],
    ['a boolean', () => false],
    ['a function', () => () => 'a'],
    ['a text of no Unicode', () => 'a\ud800'],
  ])('that gives %s is refused: it would be one cache for everybody', async (_, gives) => {
    const { tenants, dataSource, statements } = await setUp();
    const unheard: unknown[] = [];
    const hear = (reason: unknown) => unheard.push(reason);
    process.on('unhandledRejection', hear);
    onTestFinished(() => void process.off('unhandledRejection', hear));
    answer = gives;
    await statements.expect(0, async () => {
      for (const use of uses(tenants, dataSource.manager)) {
        const error = await failureOf(use);
        expect(error).toBeInstanceOf(InvalidConfigurationError);
        expect(error).toMatchObject({ code: 'QSCACHE_SCOPE' });
        expect(error.message).toMatch(/TenantCacheManager\.scope\(\).*AsyncLocalStorage/);
      }
    });
    await new Promise(setImmediate);
    expect(unheard).toEqual([]);
  });

  it('that is refused keeps the decorators from clearing, and their events say why', async () => {
    const { get, tenants, events, statements } = await setUp();
    answer = () => 'a';
    await tenants.all();
    await tenants.get(1);
    for (const wrong of [['a'], new String('a'), null]) {
      answer = () => wrong;
      events.splice(0);
      await get(ClearCache).targets(handled, [TenantCacheManager, 'a:example'], [{ id: 1 }]);
      await get(ClearCache).details(handled, TenantCacheManager, [{ id: 1 }], 'id');
      const failures = events.filter((event) => event.name === 'clear:failed');
      expect(failures.map(({ error }) => (error as { code?: string }).code)).toEqual(Array(3).fill('QSCACHE_SCOPE'));
    }
    answer = () => 'a';
    await statements.expect(0, () => tenants.all());
    await statements.expect(0, () => tenants.get(1));
  });

  it('that is no function is refused', async () => {
    const { tenants } = await setUp();
    Object.defineProperty(tenants, 'scope', { value: 'a' });
    expect((await failureOf(() => tenants.get(1))).message).toMatch(/TenantCacheManager\.scope .*function/);
  });

  it('that throws says what it said', async () => {
    const { tenants, dataSource } = await setUp();
    answer = () => {
      throw new RangeError('no request');
    };
    for (const use of uses(tenants, dataSource.manager)) expect(await failureOf(use)).toBeInstanceOf(RangeError);
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
        for (const use of uses(tenants, dataSource.manager)) {
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

describeWith('redis', 'Owners whose keys print the same', (redisUrl) => {
  describeDatabases(
    'never answer for each other',
    (database) => {
      it('a namespace without a scope, and a scope without a namespace', async () => {
        const name = `owner-${randomUUID()}`;
        const store = { store: 'ioredis-yet', redisUrl, managers: [TenantCacheManager] } as const;
        const spaced = await exampleApp(database, { ...store, options: { namespace: name } });
        const scoped = await createTestApp({
          ...store,
          database: { ...spaced.options, entities: exampleEntities } as DataSourceOptions,
          options: { namespace: '' },
        });
        const ask = async (scope: string | undefined, { get, statements, settled }: TestApp) => {
          answer = () => scope;
          const tenants = get(TenantCacheManager);
          expect(tenants.getCacheKey()).toBe(`${name}:example`);
          await statements.expect(1, () => tenants.all());
          await statements.expect(1, () => tenants.all({ suffix: 'x', where: { id: 1 } }));
          await statements.expect(1, () => tenants.get(1));
          await statements.expect(1, () => tenants.get('one', { where: { title: 'one' } }));
          await settled();
        };
        for (let again = 0; again < 2; again++) {
          await ask(undefined, spaced);
          await ask(name, scoped);
        }
      });
    },
    ['postgres'],
  );
});

describe('A scope and a suffix', () => {
  @Injectable()
  class OddlyNamedCacheManager extends TenantCacheManager {
    override cacheKey = '_:';
  }

  it('that print one key never answer for each other, nor does one flight serve both', async () => {
    const { get, statements } = await exampleApp(sqljs, {
      managers: [OddlyNamedCacheManager],
      options: { namespace: '' },
    });
    const tenants = get(OddlyNamedCacheManager);
    const asked = (scope: string | undefined, suffix?: string) => {
      answer = () => scope;
      expect(tenants.getCacheKey(suffix)).toBe('_:_:');
      return tenants.all(suffix === undefined ? {} : { suffix });
    };
    await statements.expect(2, () => Promise.all([asked('_'), asked(undefined, ':')]));
    // Whose entry came last is there.
    await asked('_');
    await statements.expect(1, () => asked(undefined, ':'));
    await statements.expect(1, () => asked('_'));
  });
});

describe('A suffix', () => {
  it.each([5, null, {}, ['a'], [], true, new String('a'), new Date(0), Promise.resolve('a')])(
    'that is no text is refused: %o',
    async (suffix) => {
      answer = () => undefined;
      const { tenants, statements } = await setUp();
      const text = suffix as never;
      await statements.expect(0, async () => {
        for (const use of [
          () => tenants.all({ suffix: text }),
          () => tenants.all({ suffix: text }).filter({ id: 1 }),
          () => tenants.all().filter({ id: 1 }).cache(text),
          () => tenants.all().filter({ id: 1 }).cache(text).limit(1),
          () => tenants.getCacheKey(text),
          () => tenants.clearCacheList(text),
        ]) {
          const error = await failureOf(use);
          expect(error).toBeInstanceOf(InvalidQueryError);
          expect(error).toMatchObject({ code: 'QSCACHE_SUFFIX' });
          expect(error.message).toMatch(/suffix.*Give a text/);
        }
      });
    },
  );
});
