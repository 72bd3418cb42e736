import { Injectable } from '@nestjs/common';
import { type FindOptionsOrder, type FindOptionsSelect, IsNull, Not } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { Example } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager, managers } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';

@Injectable()
class ShownCacheManager extends BaseCacheManager<Example> {
  model = Example;
  cacheKey = 'shown';
  relatedObjects = ['user', 'users'] as const;
}

/** Nobody orders the related rows, so a database may give them in another order each time. */
function settled<T extends Example | null | undefined>(row: T): T {
  row?.users?.sort((a, b) => (a.username < b.username ? -1 : 1));
  return row;
}

describeDatabases('A part of a list of selected properties', (database) => {
  it.each<[what: string, select: FindOptionsSelect<Example>]>([
    ['without its key', { title: true }],
    ['of one related row without its key', { id: true, user: { username: true } }],
    ['of many related rows without their keys', { id: true, users: { username: true } }],
    ['of all without keys', { title: true, user: { username: true }, users: { username: true } }],
  ])('is that part of the list, %s', async (_, select) => {
    const { get } = await exampleApp(database, { managers: [...managers, ShownCacheManager] });
    for (const manager of [get(ShownCacheManager), get(ExampleCacheManager)]) {
      const set = () => manager.all().orderBy({ id: 'DESC' }).select(select);
      const all = (await set()).map(settled);
      expect((await set().limit(9)).map(settled)).toEqual(all);
      expect((await set().offset(1).limit(1).cache()).map(settled)).toEqual(all.slice(1, 2));
      expect(settled(await set().first())).toEqual(all[0]);
      expect(settled(await set().at(2))).toEqual(all[2]);
    }
  });

  it.each<[what: string, order: FindOptionsOrder<Example>, select: FindOptionsSelect<Example>]>([
    ['its own', { title: 'DESC' }, { isActive: true }],
    ['that of a related row', { user: { username: 'DESC' }, id: 'ASC' }, { title: true, user: { id: true } }],
    ['that of a related row without any', { user: { username: 'DESC' }, id: 'ASC' }, { title: true }],
  ])('may be ordered by a property that is not selected, %s', async (_, order, select) => {
    const { get } = await exampleApp(database, { managers: [...managers, ShownCacheManager] });
    for (const manager of [get(ShownCacheManager), get(ExampleCacheManager)]) {
      const set = () =>
        manager
          .all()
          .filter({ user: Not(IsNull()) })
          .orderBy(order)
          .select(select);
      const all = (await set()).map(settled);
      expect(all).toHaveLength(2);
      expect((await set().limit(1)).map(settled)).toEqual(all.slice(0, 1));
      expect(settled(await set().at(1))).toEqual(all[1]);
    }
  });
});
