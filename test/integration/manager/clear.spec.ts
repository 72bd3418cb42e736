import { Injectable, Logger } from '@nestjs/common';
import type { DataSourceOptions } from 'typeorm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { BaseCacheManager, InvalidQueryError, QsCache } from '../../../lib/index.js';
import { Company, Example, exampleEntities, User } from '../../fixtures/entities/example.entity.js';
import { JoinedExampleCacheManager, PlainExampleCacheManager, UserCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { createTestApp } from '../../support/test-app.js';

class Unknown {}

describeDatabases('clearing what TypeORM does not see', (database) => {
  const warm = async () => {
    const app = await exampleApp(database);
    const examples = app.get(JoinedExampleCacheManager);
    const plain = app.get(PlainExampleCacheManager);
    const users = app.get(UserCacheManager);
    const reads: (() => PromiseLike<unknown>)[] = [
      () => examples.get(1),
      () => examples.all(),
      () => users.get(1),
      () => plain.get(1),
      () => plain.all(),
    ];
    for (const read of reads) await read();
    for (const read of reads) await app.statements.expect(0, read);
    /** A mark per read: was it dropped? */
    const dropped = async () => {
      const marks: string[] = [];
      for (const read of reads) {
        const { statements } = await app.statements.during(read);
        marks.push(statements.length ? 'x' : '.');
      }
      return marks.join('');
    };
    return { ...app, examples, plain, users, dropped, cache: app.get(QsCache) };
  };

  it('clearCache() clears its rows in the entries of other managers too', async () => {
    const { users, dropped } = await warm();
    await users.clearCache();
    expect(await dropped()).toBe('xxx..');
  });

  it('QsCache.clear() takes entities, and names of tables, mapped or not', async () => {
    const { cache, dropped } = await warm();
    await cache.clear(Company);
    expect(await dropped()).toBe('xxx..');
    await cache.clear('company');
    expect(await dropped()).toBe('xxx..');
    await cache.clear(User, 'nobody_maps_this');
    expect(await dropped()).toBe('xxx..');
    // The links between examples and users are the example's, and nothing warm shows them.
    await cache.clear('example_users_user');
    expect(await dropped()).toBe('.....');
  });

  it('QsCache.clearAll() clears everything', async () => {
    const { cache, dropped } = await warm();
    await cache.clearAll();
    expect(await dropped()).toBe('xxxxx');
    expect(await dropped()).toBe('.....');
  });

  it.each<[string, unknown]>([
    ['Unknown', Unknown],
    ['undefined', undefined],
    ['null', null],
    ['an object', {}],
    ['an array', ['example']],
    ['a number', 5],
  ])('QsCache.clear() refuses what names no table: %s', async (name, target) => {
    const { cache } = await warm();
    const refusal = cache.clear(target as string);
    await expect(refusal).rejects.toBeInstanceOf(InvalidQueryError);
    await expect(refusal).rejects.toMatchObject({
      code: 'QSCACHE_CLEAR_TARGET',
      message: expect.stringContaining(`was given ${name},`) as string,
    });
  });
});

describe('A name that QsCache.clear() is given', () => {
  const database: DataSourceOptions = { type: 'sqljs', entities: exampleEntities, synchronize: true };

  @Injectable()
  class AuditedCacheManager extends BaseCacheManager<Example> {
    model = Example;
    cacheKey = 'audited';
    dependsOn = ['exampel_audit'];
    alsoWrites = ['user_example'];
  }

  async function warned(...names: string[]): Promise<string[]> {
    const said: string[] = [];
    vi.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => void said.push(String(text)));
    onTestFinished(() => void vi.restoreAllMocks());
    const app = await createTestApp({ database, managers: [PlainExampleCacheManager, AuditedCacheManager] });
    said.length = 0;
    for (const name of names) await app.get(QsCache).clear(name);
    return said;
  }

  it('is warned of once where it is nearly that of a mapped table', async () => {
    expect(await warned('exampel', 'exampel', 'examples_users_user')).toEqual([
      expect.stringMatching(/given "exampel", which no entity is mapped to, so no entry .* Did you mean "example"\?/),
      expect.stringMatching(/Did you mean "example_users_user"\?/),
    ]);
  });

  it('is warned of where it is a cacheKey, or nearly one', async () => {
    const hint =
      /Did you mean PlainExampleCacheManager, whose cacheKey is "plain"\? Its table is "example", .*clearCache\(\)/;
    expect(await warned('plain', 'plian')).toEqual([expect.stringMatching(hint), expect.stringMatching(hint)]);
  });

  it('is fine where it is mapped, declared by a manager or like none of them', async () => {
    expect(await warned('example', 'EXAMPLE', 'main.example', 'exampel_audit', 'user_example', 'stock')).toEqual([]);
  });

  it('has to be given', async () => {
    const app = await createTestApp({ database, managers: [PlainExampleCacheManager] });
    await expect(app.get(QsCache).clear()).rejects.toMatchObject({
      name: 'InvalidQueryError',
      code: 'QSCACHE_CLEAR_TARGET',
      message: expect.stringMatching(/nothing to clear, so .*clear\(Example, .*clearAll\(\)/) as string,
    });
  });
});
