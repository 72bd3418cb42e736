import { Injectable } from '@nestjs/common';
import { Column, DataSource, Entity, PrimaryColumn, PrimaryGeneratedColumn, ViewColumn, ViewEntity } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity()
class Sale {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  amount: number;
}

@Entity()
class Shop {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  name: string;
}

@ViewEntity({
  materialized: true,
  expression: 'SELECT 1 AS "id", COALESCE(SUM("amount"), 0)::int AS "sum" FROM "sale"',
})
class Total {
  @PrimaryColumn()
  id: number;

  @ViewColumn()
  sum: number;
}

@Injectable()
class TotalCacheManager extends BaseCacheManager<Total> {
  model = Total;
  dependsOn = [Sale];
}

@Injectable()
class ShopCacheManager extends BaseCacheManager<Shop> {
  model = Shop;
}

describeDatabases(
  'a materialized view',
  (database) => {
    it('shows its new rows once it is refreshed, and costs no other table its entries', async () => {
      const { dataSource, get, statements, events } = await createTestApp({
        database: {
          ...(await database.options()),
          entities: [Sale, Shop, Total],
          synchronize: true,
        } as DataSource['options'],
        managers: [TotalCacheManager, ShopCacheManager],
      });
      const [totals, shops] = [get(TotalCacheManager), get(ShopCacheManager)];
      await dataSource.manager.save(Shop, { name: 'corner' });
      await dataSource.manager.save(Sale, { amount: 5 });
      expect((await totals.all())[0]!.sum).toBe(0);
      await shops.all();
      for (const concurrently of ['', 'CONCURRENTLY ']) {
        if (concurrently) await dataSource.query('CREATE UNIQUE INDEX total_id ON total (id)');
        await dataSource.query(`REFRESH MATERIALIZED VIEW ${concurrently}"total"`);
        expect((await totals.all())[0]!.sum).toBe(5);
        await statements.expect(0, () => totals.all());
        await statements.expect(0, () => shops.all());
      }
      expect(events.filter(({ name }) => name === 'write:unplaced')).toEqual([]);
    });
  },
  ['postgres'],
);
