import { CacheModule } from '@nestjs/cache-manager';
import { Module } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { expect, it, onTestFinished, vi } from 'vitest';
import { QsCacheModule } from '../../../lib/index.js';
import { QsCacheCore } from '../../../lib/qs-cache.core.js';
import { Example, exampleEntities } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { Statements } from '../../support/statements.js';

const database = { type: 'sqljs', entities: exampleEntities, synchronize: true } as never;

it('a module that is loaded late caches, although Nest calls none of its hooks', async () => {
  @Module({ imports: [QsCacheModule.forFeature([PlainExampleCacheManager])] })
  class LateModule {}
  const root = await Test.createTestingModule({
    imports: [CacheModule.register({ isGlobal: true }), TypeOrmModule.forRoot(database)],
  }).compile();
  await root.init();
  onTestFinished(() => root.close());
  const dataSource = root.get(DataSource);
  await dataSource.manager.insert(Example, { title: 'one' });
  const late = await root.get(LazyModuleLoader).load(() => LateModule);
  const examples = late.get(PlainExampleCacheManager, { strict: false });
  const statements = Statements.of(dataSource);
  await vi.waitFor(async () => {
    await examples.get(1);
    await statements.expect(0, () => examples.get(1));
  });
  await dataSource.manager.update(Example, 1, { title: 'changed' });
  expect((await examples.get(1)).title).toBe('changed');
});

it('boots beside a provider that answers no questions', async () => {
  const shy = new Proxy(
    {},
    {
      get: (_, name) => {
        if (name === '@instanceof') throw new Error('outside of a request');
        return undefined;
      },
    },
  );
  const module = await Test.createTestingModule({
    imports: [
      CacheModule.register(),
      TypeOrmModule.forRoot(database),
      QsCacheModule.forFeature([PlainExampleCacheManager]),
    ],
    providers: [{ provide: 'SHY', useValue: shy }],
  }).compile();
  onTestFinished(() => module.close());
  await expect(module.init()).resolves.toBeDefined();
});

it('a DataSource that an application claims and never listens to is heard by those who did before', async () => {
  const boot = (over?: DataSource) =>
    Test.createTestingModule({
      imports: [
        CacheModule.register(),
        TypeOrmModule.forRootAsync({
          useFactory: () => database,
          ...(over && { dataSourceFactory: async () => over }),
        }),
        QsCacheModule.forFeature([PlainExampleCacheManager]),
      ],
    }).compile();
  const listening = await boot();
  await listening.init();
  onTestFinished(() => listening.close());
  const nobodys = await new DataSource(database).initialize();
  const watched = () => [...listening.get(QsCacheCore).watched].map(({ dataSource }) => dataSource);
  expect(watched()).toContain(nobodys);
  const compiled = await boot(nobodys);
  expect(watched()).toContain(nobodys);
  await compiled.init();
  expect(watched()).not.toContain(nobodys);
  await compiled.close();
});
