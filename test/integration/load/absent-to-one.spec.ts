import { Injectable } from '@nestjs/common';
import { type DataSourceOptions, Entity, ManyToOne, PrimaryColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { Label } from '../../fixtures/entities/soft.entities.js';
import { describeDatabases } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity()
class Parcel {
  @PrimaryColumn()
  id: number;

  @ManyToOne(() => Label)
  front: Label;

  @ManyToOne(() => Label)
  back: Label | null;
}

@Injectable()
class Parcels extends BaseCacheManager<Parcel> {
  model = Parcel;
  relatedObjects = ['front', 'back'] as const;
}

describeDatabases('a to-one relation that shows nothing, beside another one to its table', (database) => {
  it('is there again once its soft-deleted row is restored', async () => {
    const { dataSource, get, settled, statements } = await createTestApp({
      database: { ...(await database.options()), entities: [Label, Parcel], synchronize: true } as DataSourceOptions,
      managers: [Parcels],
    });
    const { manager } = dataSource;
    await manager.insert(Label, [
      { id: 1, name: 'ann' },
      { id: 2, name: 'bea' },
    ]);
    await manager.insert(Parcel, { id: 1, front: { id: 1 }, back: { id: 2 } });
    await manager.softDelete(Label, 2);
    const read = async () => (await get(Parcels).get(1)).back?.name;

    expect(await read()).toBeUndefined();
    await settled();
    await statements.expect(0, read);
    await manager.restore(Label, 2);
    expect(await read()).toBe('bea');
  });
});
