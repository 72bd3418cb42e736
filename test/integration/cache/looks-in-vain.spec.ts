import { Injectable } from '@nestjs/common';
import { Column, type DataSourceOptions, DeleteDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity()
class Ware {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'decimal', precision: 8, scale: 2 })
  price!: string;

  @Column({ default: 0 })
  shelf!: number;

  @DeleteDateColumn()
  deletedAt?: Date | null;
}

@Injectable()
class Wares extends BaseCacheManager<Ware> {
  model = Ware;
}

describeDatabases('A row that a write has named by its key', (database) => {
  it('is not looked at for what no look can tell: how its price compares', async () => {
    const { wares, manager, statements, settled } = await setUp();
    const read = () => wares.all().filter({ price: '1.50', shelf: 2 }).cache('cheap');
    await manager.insert(Ware, { price: '7.00', shelf: 1 });
    expect(await read()).toEqual([]);
    await settled();
    await manager.update(Ware, 1, { shelf: 2 });
    await statements.expect(1, read);
  });

  it('is known to be none of a list once it was seen to be soft-deleted', async () => {
    const { wares, manager, statements, settled } = await setUp();
    const read = () => wares.all().filter({ shelf: 2 }).cache('shelf');
    await manager.insert(Ware, { price: '7.00', shelf: 1, deletedAt: new Date() });
    expect(await read()).toEqual([]);
    await settled();
    await manager.update(Ware, 1, { shelf: 2 });
    // Looked at, and not shown: there is nothing to load.
    await statements.expect(1, read);
  });

  async function setUp() {
    const { dataSource, statements, get, settled } = await createTestApp({
      database: { ...(await database.options()), entities: [Ware], synchronize: true } as DataSourceOptions,
      managers: [Wares],
    });
    return { wares: get(Wares), manager: dataSource.manager, statements, settled };
  }
});
