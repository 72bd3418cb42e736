import { Injectable } from '@nestjs/common';
import { Column, type DataSourceOptions, Entity, PrimaryColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity()
class Place {
  @PrimaryColumn()
  row: number;

  @PrimaryColumn()
  seat: number;

  @Column()
  name: string;
}

@Injectable()
class Places extends BaseCacheManager<Place> {
  model = Place;
}

@Entity()
class Guest {
  @PrimaryColumn()
  id: number;

  @Column()
  name: string;
}

@Injectable()
class Guests extends BaseCacheManager<Guest> {
  model = Guest;
}

const COUNT = 1_100;

describeDatabases('getMany() of more rows than a statement takes', (database) => {
  async function setUp() {
    const app = await createTestApp({
      database: { ...(await database.options()), entities: [Place, Guest], synchronize: true } as DataSourceOptions,
      managers: [Places, Guests],
    });
    const { manager } = app.dataSource;
    const numbers = Array.from({ length: COUNT }, (_, i) => i);
    await manager.insert(
      Place,
      numbers.map((i) => ({ row: i % 7, seat: i, name: `place ${i}` })),
    );
    await manager.insert(
      Guest,
      numbers.map((id) => ({ id, name: `guest ${id}` })),
    );
    const keys = numbers.map((i) => ({ row: i % 7, seat: i }));
    return { ...app, keys, numbers };
  }

  it('asks for nine hundred values at a time, and for no row it has', async () => {
    const { get, statements, keys, numbers } = await setUp();
    const names = (found: readonly { name: string }[]) => found.map(({ name }) => name);
    for (const [ofOne, count] of [
      [2, 3],
      [0, 0],
    ] as const) {
      const { statements: ofGuests, result: guests } = await statements.during(() => get(Guests).getMany(numbers));
      expect(names(guests)).toEqual(numbers.map((i) => `guest ${i}`));
      expect(ofGuests.filter((sql) => sql.startsWith('SELECT'))).toHaveLength(ofOne);
      const { statements: ofPlaces, result: places } = await statements.during(() => get(Places).getMany(keys));
      expect(names(places)).toEqual(numbers.map((i) => `place ${i}`));
      expect(ofPlaces.filter((sql) => sql.startsWith('SELECT'))).toHaveLength(count);
    }
  });

  it('costs inside of a transaction what it costs outside', async () => {
    const { get, statements, dataSource, keys } = await setUp();
    await dataSource.transaction(async (manager) => {
      await manager.update(Place, keys[1]!, { name: 'mine' });
      const places = get(Places).using(manager);
      const asked = [keys[2]!, { row: 6, seat: 0 }, keys[1]!, keys[2]!];
      const { statements: seen, result } = await statements.during(() => places.getMany(asked));
      expect(result.map(({ name }) => name)).toEqual(['place 2', 'mine', 'place 2']);
      expect(result[0]).not.toBe(result[2]);
      expect(seen.filter((sql) => sql.startsWith('SELECT'))).toHaveLength(1);
    });
  });
});

@Entity()
class Tagged {
  @PrimaryColumn()
  tag: string;
}

@Injectable()
class Tags extends BaseCacheManager<Tagged> {
  model = Tagged;
}

describeDatabases(
  'getMany() of one row in two spellings',
  (database) => {
    it('gives the row for each, cold and warm', async () => {
      const { get, dataSource } = await createTestApp({
        database: { ...(await database.options()), entities: [Tagged], synchronize: true } as DataSourceOptions,
        managers: [Tags],
      });
      await dataSource.manager.insert(Tagged, [{ tag: 'foo' }, { tag: 'bar' }]);
      for (let i = 0; i < 2; i++) {
        const found = await get(Tags).getMany(['foo', 'FOO', 'none', 'bar']);
        expect(found.map(({ tag }) => tag)).toEqual(['foo', 'foo', 'bar']);
      }
    });
  },
  ['mariadb'],
);
