import { Injectable } from '@nestjs/common';
import {
  Column,
  type DataSourceOptions,
  Entity,
  JoinTable,
  ManyToMany,
  PrimaryGeneratedColumn,
  type Relation,
  RelationId,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity('label')
class Label {
  @PrimaryGeneratedColumn()
  id: number;
}

@Entity('parcel')
class Parcel {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  name: string;

  @ManyToMany(() => Label)
  @JoinTable({ name: 'parcel_labels' })
  labels: Relation<Label>[];

  @RelationId((parcel: Parcel) => parcel.labels)
  labelIds: number[];
}

@Injectable()
class ParcelCacheManager extends BaseCacheManager<Parcel> {
  model = Parcel;
}

@Injectable()
class PrefetchedCacheManager extends BaseCacheManager<Parcel> {
  model = Parcel;
  cacheKey = 'prefetched';
  prefetchRelatedObjects = ['labels'] as const;
}

describeDatabases('A DataSource that caches the result of every query', (database) => {
  const setUp = async () => {
    const options = { ...(await database.options()), entities: [Label, Parcel], synchronize: true };
    const app = await createTestApp({
      database: { ...options, cache: { alwaysEnabled: true, duration: 600_000 } } as DataSourceOptions,
      managers: [ParcelCacheManager, PrefetchedCacheManager],
    });
    const { manager } = app.dataSource;
    const [first, second] = await manager.save(Label, [{}, {}]);
    const { id } = await manager.save(Parcel, { name: 'small', labels: [first!] });
    return { ...app, manager, id, first: first!.id, second: second!.id };
  };

  it('feeds no relation ids from before a write, to the cache or past it', async () => {
    const { get, manager, id, first, second } = await setUp();
    const managers = [get(ParcelCacheManager), get(PrefetchedCacheManager)];
    const expectIds = async (ids: number[]) => {
      for (const parcels of managers) {
        expect((await parcels.get(id)).labelIds).toEqual(ids);
        expect((await parcels.all()).map(({ labelIds }) => labelIds)).toEqual([ids]);
        expect((await parcels.all().filter({ name: 'small' }).first())?.labelIds).toEqual(ids);
      }
    };
    await expectIds([first]);
    await manager.createQueryBuilder().relation(Parcel, 'labels').of(id).add(second);
    await expectIds([first, second]);
  });

  it('answers neither exists() nor count() from before a write', async () => {
    const { get, manager, id } = await setUp();
    const small = () => get(ParcelCacheManager).all().filter({ name: 'small' });
    expect([await small().exists(), await small().count()]).toEqual([true, 1]);
    await manager.update(Parcel, id, { name: 'large' });
    expect([await small().exists(), await small().count()]).toEqual([false, 0]);
  });
});
