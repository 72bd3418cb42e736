import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AssertionError } from 'node:assert';
import { expectQueries, QsCacheTestingModule } from 'nestjs-qscache/testing';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CacheStore, QsCacheModule, type QsCacheOptions } from '../../../lib/index.js';
import { QsCacheCore } from '../../../lib/qs-cache.core.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';
import { LocalCache } from '../../../lib/testing/local-cache.js';
import { Example, exampleEntities } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';

const database: DataSourceOptions = { type: 'sqljs', entities: exampleEntities, synchronize: true };
const root = TypeOrmModule.forRoot(database);
const feature = QsCacheModule.forFeature([PlainExampleCacheManager]);

async function boot(cache = QsCacheTestingModule.forRoot()) {
  const module = await Test.createTestingModule({ imports: [root, cache, feature] }).compile();
  onTestFinished(() => module.close());
  await module.init();
  const dataSource = module.get(DataSource);
  await dataSource.manager.save(Example, { title: 'one' });
  return {
    dataSource,
    store: module.get(QsCacheCore, { strict: false }).store,
    examples: module.get(PlainExampleCacheManager, { strict: false }),
  };
}

async function failureOf(work: () => Promise<unknown>): Promise<AssertionError> {
  const error: unknown = await work().then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (error instanceof AssertionError) return error;
  throw new Error(`It did not fail as an assertion: ${String(error)}`);
}

describe('QsCacheTestingModule', () => {
  it('caches, and hears of writes, without a CACHE_MANAGER', async () => {
    const { dataSource, examples } = await boot();
    await expectQueries(dataSource, 1, () => examples.get(1));
    await expectQueries(dataSource, 0, () => examples.get(1));
    await dataSource.getRepository(Example).update(1, { title: 'new' });
    expect((await expectQueries(dataSource, 1, () => examples.get(1))).title).toBe('new');
  });

  it('has a store of its own in each testing module, also where it is described once', async () => {
    const cache = QsCacheTestingModule.forRoot({ namespace: 'shop' });
    const found: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      const { store } = await boot(cache);
      found.push((await store.read(['kept'], [])).entries[0]);
      await store.put('kept', 'text', 60_000);
    }
    expect(found).toEqual([undefined, undefined]);
  });

  it('leaves managers to be replaced', async () => {
    const get = vi.fn<() => Promise<string>>(async () => 'made up');
    const module = await Test.createTestingModule({ imports: [root, QsCacheTestingModule.forRoot(), feature] })
      .overrideProvider(PlainExampleCacheManager)
      .useValue({ get })
      .compile();
    onTestFinished(() => module.close());
    await module.init();
    expect(await module.get(PlainExampleCacheManager, { strict: false }).get(1)).toBe('made up');
  });
});

describe('expectQueries', () => {
  it('counts each statement, of a transaction too, and resolves with the result', async () => {
    const { dataSource } = await boot();
    expect(await expectQueries(dataSource, 1, () => dataSource.query('SELECT 7 AS seven'))).toEqual([{ seven: 7 }]);
    await expectQueries(dataSource, 3, () => dataSource.transaction((manager) => manager.query('SELECT 1')));
  });

  it('fails with the statements, in three parts', async () => {
    const { dataSource } = await boot();
    const run = () => dataSource.query('SELECT 40 + 2');
    const tooMany = await failureOf(() => expectQueries(dataSource, 0, run));
    expect(tooMany.message).toMatch(
      /^Expected 0 SQL statements, saw 1\. So .* more .*\. Await .*:\n1\. SELECT 40 \+ 2$/,
    );
    expect([tooMany.actual, tooMany.expected]).toEqual([1, 0]);
    const tooFew = await failureOf(() => expectQueries(dataSource, 2, run));
    expect(tooFew.message).toMatch(/saw 1\. So .* less /);
  });

  it('rejects with what the work throws, and may be nested', async () => {
    const { dataSource } = await boot();
    await expect(expectQueries(dataSource, 0, () => dataSource.query('nonsense'))).rejects.toThrow(/nonsense/);
    await expectQueries(dataSource, 1, async () => {
      await expectQueries(dataSource, 1, () => dataSource.query('SELECT 1'));
    });
  });
});

describe('The option store', () => {
  const bootWith = (options: unknown) =>
    Test.createTestingModule({ imports: [root, QsCacheModule.forRoot(options as QsCacheOptions), feature] }).compile();

  it.each([
    [{ store: {} }, /store is no CacheStore, so .*extends CacheStore/],
    [{ store: null }, /store is no CacheStore/],
    [{ store: MemoryStore }, /store is no CacheStore/],
    [
      { store: new MemoryStore(new LocalCache(), { budgetMs: 250 }), redis: {} },
      /store is given beside redis, so .*Give one/,
    ],
  ])('with %o is a boot error', async (options, message) => {
    await expect(bootWith(options)).rejects.toMatchObject({
      code: 'QSCACHE_OPTION',
      message: expect.stringMatching(message) as unknown,
    });
  });

  it('keeps the application going with one that fails in words of its own, or never answers', async () => {
    class Failing extends MemoryStore {
      override readonly name = 'failing' as never;
      override read = (): Promise<never> => Promise.reject(new TypeError('broken'));
      override advance = (): Promise<never> => new Promise(() => undefined);
      override close = (): Promise<never> => Promise.reject(new Error('broken'));
      override check = (): Promise<never> => Promise.reject(new Error('broken'));
    }
    const store: CacheStore = new Failing(new LocalCache(), { budgetMs: 20 });
    const module = await bootWith({ store, budgetMs: 20 });
    await module.init();
    const dataSource = module.get(DataSource);
    await dataSource.manager.save(Example, { title: 'one' });
    expect((await module.get(PlainExampleCacheManager, { strict: false }).get(1)).title).toBe('one');
    await module.close();
  });
});
