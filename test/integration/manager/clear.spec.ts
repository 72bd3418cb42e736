import { expect, it } from 'vitest';
import { InvalidQueryError, QsCache } from '../../../lib/index.js';
import { Company, User } from '../../fixtures/entities/example.entity.js';
import { JoinedExampleCacheManager, PlainExampleCacheManager, UserCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';

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
