import { CacheModule } from '@nestjs/cache-manager';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { expectQueries, QsCacheTestingModule } from 'nestjs-qscache/testing';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { QsCacheModule } from '../../../lib/index.js';
import { Example, exampleEntities } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';

const database: DataSourceOptions = { type: 'sqljs', entities: exampleEntities, synchronize: true };
const feature = QsCacheModule.forFeature([PlainExampleCacheManager]);

/** As libraries make them: whatever one asks of it is another one, and it may be called. */
function autoMock(): object {
  return new Proxy(() => autoMock(), { get: (_, name) => (name === 'then' ? undefined : autoMock()) });
}

describe.each<[string, () => object]>([
  ['objects that have nothing', () => ({})],
  ['objects that have everything', autoMock],
])('Where useMocker makes %s of what is not there', (_, mocker) => {
  it('a manager is made without its module', async () => {
    const module = await Test.createTestingModule({ providers: [PlainExampleCacheManager] })
      .useMocker(mocker)
      .compile();
    onTestFinished(() => module.close());
    expect(() => module.get(PlainExampleCacheManager).getCacheKey()).toThrow(/is not registered/);
  });

  it('an application without forRoot has the defaults', async () => {
    const module = await Test.createTestingModule({
      imports: [CacheModule.register(), TypeOrmModule.forRoot(database), feature],
    })
      .useMocker(mocker)
      .compile();
    onTestFinished(() => module.close());
    await module.init();
    const dataSource = module.get(DataSource);
    const examples = module.get(PlainExampleCacheManager);
    expect(examples.getCacheKey()).toBe('plain');
    await expectQueries(dataSource, 1, () => examples.all());
    await expectQueries(dataSource, 0, () => examples.all());
  });
});

it('a DataSource that useMocker makes up is said to be none, with what to do', async () => {
  const compiling = Test.createTestingModule({ imports: [CacheModule.register(), feature] })
    .useMocker(autoMock)
    .compile();
  await expect(compiling).rejects.toMatchObject({
    name: 'InvalidConfigurationError',
    code: 'QSCACHE_UNSUPPORTED_DRIVER',
    message: expect.stringMatching(/no real one .*a mock.*overrideProvider\(.*QsCacheTestingModule/) as string,
  });
});

it('a manager that a test has made, and puts into one testing module after the other, is that of the last one', async () => {
  const examples = new PlainExampleCacheManager();
  for (const title of ['one', 'two']) {
    const module = await Test.createTestingModule({
      imports: [TypeOrmModule.forRoot(database), QsCacheTestingModule.forRoot({ namespace: title }), feature],
    })
      .overrideProvider(PlainExampleCacheManager)
      .useValue(examples)
      .compile();
    await module.init();
    const dataSource = module.get(DataSource);
    await dataSource.manager.insert(Example, { title });
    expect(examples.getCacheKey()).toBe(`${title}:plain`);
    expect(await expectQueries(dataSource, 1, () => examples.get(1))).toMatchObject({ title });
    await expectQueries(dataSource, 0, () => examples.get(1));
    await module.close();
  }
});
