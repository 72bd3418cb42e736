import { Injectable } from '@nestjs/common';
import { Column, type DataSourceOptions, Entity, JoinTable, ManyToMany, ManyToOne, PrimaryColumn } from 'typeorm';
import { expect, it, vi } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { createTestApp, type TestApp } from '../../support/test-app.js';

@Entity('owner')
class Owner {
  @PrimaryColumn({ type: 'integer' })
  id: number;

  @Column({ type: 'varchar', length: 20 })
  name: string;
}

@Entity('pet')
class Pet {
  @PrimaryColumn({ type: 'integer' })
  id: number;

  @ManyToOne(() => Owner, { nullable: true })
  owner: Owner | null;

  @ManyToMany(() => Owner)
  @JoinTable({ name: 'pet_friend' })
  friends: Owner[];
}

@Injectable()
class OwnedPets extends BaseCacheManager<Pet> {
  model = Pet;
  override relatedObjects = ['owner'] as const;
}

@Injectable()
class PopularPets extends BaseCacheManager<Pet> {
  model = Pet;
  override cacheKey = 'popular';
  override prefetchRelatedObjects = ['friends'] as const;
  override usePrefetchRelatedForList = true;
}

const managers = [OwnedPets, PopularPets];

async function open(database: TestDatabase): Promise<TestApp> {
  const options = await database.options();
  const app = await createTestApp({
    database: { ...options, entities: [Owner, Pet], synchronize: true } as DataSourceOptions,
    managers,
  });
  const { manager } = app.dataSource;
  await manager.insert(Owner, { id: 1, name: 'Ann' });
  await manager.insert(Pet, [{ id: 1, owner: { id: 1 } }, { id: 2 }]);
  await manager.createQueryBuilder().relation(Pet, 'friends').of(1).add(1);
  return app;
}

let nextId = 100;

const listsOf = ({ get }: TestApp) =>
  [get(OwnedPets), get(PopularPets)].map((each) => () => each.all().orderBy({ id: 'ASC' }).cache());

/** Of both lists, whether each is a hit although an owner was made since it was read. */
async function staysThrough(app: TestApp): Promise<boolean[]> {
  const found: boolean[] = [];
  for (const read of listsOf(app)) {
    await read();
    await app.settled();
    await app.dataSource.manager.insert(Owner, { id: nextId++, name: 'new' });
    const from = app.events.length;
    await read();
    await app.settled();
    found.push(app.events.slice(from).some(({ name }) => name === 'entry:hit'));
  }
  return found;
}

/** Once the database has been asked. */
const untilItStays = (app: TestApp) =>
  vi.waitFor(async () => expect(await staysThrough(app)).toEqual([true, true]), { timeout: 20_000, interval: 200 });

describeDatabases('a list whose foreign keys the database enforces', (database) => {
  it('is a hit when a row was made that none of its rows can refer to', { timeout: 60_000 }, async () => {
    await untilItStays(await open(database));
  });

  it(
    'is a miss once a schema statement has dropped the key, and follows what it refers to then',
    { timeout: 60_000 },
    async () => {
      const app = await open(database);
      await untilItStays(app);
      const { manager } = app.dataSource;
      const runner = app.dataSource.createQueryRunner();
      for (const name of ['pet', 'pet_friend']) {
        const table = (await runner.getTable(name))!;
        for (const key of table.foreignKeys.filter(({ referencedTableName }) => referencedTableName.endsWith('owner')))
          await runner.dropForeignKey(table, key);
      }
      await runner.release();
      await manager.update(Pet, 2, { owner: { id: 50 } });
      await manager.createQueryBuilder().relation(Pet, 'friends').of(2).add(50);
      const before = await Promise.all(listsOf(app).map((read) => read()));
      await app.settled();
      expect(before).toMatchObject([
        [{}, { owner: null }],
        [{}, { friends: [] }],
      ]);
      await manager.insert(Owner, { id: 50, name: 'late' });
      expect(await Promise.all(listsOf(app).map((read) => read()))).toMatchObject([
        [{}, { owner: { id: 50 } }],
        [{}, { friends: [{ id: 50 }] }],
      ]);
    },
  );

  // The last one here: of servers it counts for the rest of the process.
  it('is a miss once its keys may have been checked no more', { timeout: 60_000 }, async () => {
    const app = await open(database);
    await untilItStays(app);
    const off = {
      postgres: 'SET session_replication_role = replica',
      mariadb: 'SET foreign_key_checks = 0',
      sqljs: 'PRAGMA foreign_keys = OFF',
    }[database.name];
    const { manager } = app.dataSource;
    const runner = app.dataSource.createQueryRunner();
    await runner.query(off);
    await runner.manager.update(Pet, 2, { owner: { id: 50 } });
    await runner.release();
    const [owned] = listsOf(app);
    expect(await owned!()).toMatchObject([{}, { owner: null }]);
    await app.settled();
    await manager.insert(Owner, { id: 50, name: 'late' });
    expect(await owned!()).toMatchObject([{}, { owner: { id: 50 } }]);
  });
});
