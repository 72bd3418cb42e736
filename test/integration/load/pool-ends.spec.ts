import type { DataSourceOptions } from 'typeorm';
import { expect, it } from 'vitest';
import { Example } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';

describeDatabases(
  'loads that wait in a pool which has ended',
  (database) => {
    it('keep no place from those of the next one, and no key', async () => {
      const { get, dataSource } = await exampleApp(database, { database: { poolSize: 2 } as DataSourceOptions });
      const examples = get(PlainExampleCacheManager);
      const repository = dataSource.getRepository(Example);
      const own = Array.from({ length: 6 }, () => repository.findOneBy({ id: 1 }));
      const cold = [examples.get(1), examples.get(2), examples.all()];
      for (const promise of [...own, ...cold]) Promise.resolve(promise).catch(() => undefined);
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
      await dataSource.destroy();
      await dataSource.initialize();
      for (let round = 0; round < 2; round++) {
        expect((await examples.get(1)).title).toBe('one');
        expect((await examples.get(3)).title).toBe('three');
        expect(await examples.all()).toHaveLength(3);
      }
    });
  },
  ['postgres', 'mariadb'],
);

describeDatabases(
  'a pool that lets nobody wait for long',
  (database) => {
    it('says so to a read as well', async () => {
      const { get, dataSource } = await exampleApp(database, {
        database: { poolSize: 2, extra: { connectionTimeoutMillis: 300 } } as unknown as DataSourceOptions,
      });
      const examples = get(PlainExampleCacheManager);
      const runners = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
      await Promise.all(runners.map((runner) => runner.connect()));
      const reads = [1, 2, 3, 4, 5].map((id) => examples.get(id, { raiseException: false }));
      for (const read of reads) await expect(read).rejects.toThrow('timeout exceeded when trying to connect');
      for (const runner of runners) await runner.release();
      expect((await examples.get(1)).title).toBe('one');
    });
  },
  ['postgres'],
);
