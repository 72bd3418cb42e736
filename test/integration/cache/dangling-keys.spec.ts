import { Injectable } from '@nestjs/common';
import {
  Column,
  type DataSourceOptions,
  Entity,
  ManyToOne,
  type MigrationInterface,
  PrimaryColumn,
  type QueryRunner,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity('owner')
class Owner {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'int', nullable: true })
  age!: number | null;
}

@Entity('pet')
class Pet {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @ManyToOne(() => Owner, { nullable: true })
  owner!: Owner | null;

  @ManyToOne(() => Owner, { nullable: false })
  keeper!: Owner;
}

@Injectable()
class OwnedPets extends BaseCacheManager<Pet> {
  model = Pet;
  cacheKey = 'owned';
  relatedObjects = ['owner'] as const;
}

@Injectable()
class PrefetchedPets extends BaseCacheManager<Pet> {
  model = Pet;
  cacheKey = 'prefetched';
  prefetchRelatedObjects = ['owner'] as const;
}

@Injectable()
class KeptPets extends BaseCacheManager<Pet> {
  model = Pet;
  cacheKey = 'kept';
  relatedObjects = ['keeper'] as const;
}

const OFF = { postgres: 'SET session_replication_role = replica', mariadb: 'SET foreign_key_checks = 0', sqljs: '' };
const ON = { postgres: 'SET session_replication_role = origin', mariadb: 'SET foreign_key_checks = 1', sqljs: '' };

/** An application whose second pet has an owner, or a keeper, who is not there: as a dump has it, or a migration that seeds. */
async function setUp(database: TestDatabase, pet: string) {
  const on = database.name;
  const quoted = (sql: string) => (on === 'mariadb' ? sql.replaceAll('"', '`') : sql);
  class Seed1700000000000 implements MigrationInterface {
    async up(runner: QueryRunner): Promise<void> {
      for (const sql of [
        'CREATE TABLE owner (id int PRIMARY KEY, age int)',
        'CREATE TABLE pet (id int PRIMARY KEY, "ownerId" int REFERENCES owner (id), "keeperId" int NOT NULL REFERENCES owner (id))',
        'INSERT INTO owner VALUES (1, 30)',
        'INSERT INTO pet VALUES (1, 1, 1)',
        OFF[on],
        `INSERT INTO pet VALUES ${pet}`,
        ON[on],
      ])
        await runner.query(quoted(sql));
    }
    async down(): Promise<void> {}
  }
  const app = await createTestApp({
    database: {
      ...(await database.options()),
      entities: [Owner, Pet],
      migrations: [Seed1700000000000],
      migrationsRun: true,
    } as DataSourceOptions,
    managers: [OwnedPets, PrefetchedPets, KeptPets],
  });
  return { ...app, manager: app.dataSource.manager };
}

describeDatabases(
  'a foreign key that refers to nothing, though the database checks it',
  (database) => {
    it.each<[string, typeof OwnedPets | typeof PrefetchedPets]>([
      ['joined', OwnedPets],
      ['prefetched', PrefetchedPets],
    ])('shows its row once that is there, %s', async (_title, Manager) => {
      const { get, manager, settled, statements } = await setUp(database, '(2, 50, 1)');
      const pets = () =>
        get<OwnedPets>(Manager as never)
          .all()
          .orderBy({ id: 'ASC' })
          .cache('all');
      expect(await pets()).toMatchObject([{ owner: { id: 1 } }, { owner: null }]);
      await settled();
      await statements.expect(0, pets);
      await manager.insert(Owner, { id: 50 });
      expect(await pets()).toMatchObject([{ owner: { id: 1 } }, { owner: { id: 50 } }]);
    });

    it('is shown once the row is there that it must have', async () => {
      const { get, manager, settled, statements } = await setUp(database, '(2, 1, 50)');
      const pets = () => get(KeptPets).all().orderBy({ id: 'ASC' }).cache('all');
      const { length } = await pets();
      const count = () => get(KeptPets).all().cache('all').count();
      await count();
      await settled();
      await statements.expect(0, pets);
      await manager.insert(Owner, { id: 50 });
      expect(await pets()).toHaveLength(2);
      expect(await count()).toBe(2);
      expect(length).toBeLessThanOrEqual(2);
    });

    it('is looked for in all rows: where there is none, a new row is nobody’s', async () => {
      const { get, manager, settled, statements } = await setUp(database, '(2, 1, 1)');
      const pets = () => get(KeptPets).all().orderBy({ id: 'ASC' }).cache('all');
      await pets();
      await settled();
      await manager.query('INSERT INTO owner (age, id) VALUES (5, 49 + 1)');
      await statements.expect(0, pets);
    });
  },
  ['postgres', 'mariadb'],
);

describeDatabases(
  'a foreign key that was not checked for a while, as PostgreSQL is told by its triggers',
  (database) => {
    it('shows its row once that is there', async () => {
      const { get, manager, settled } = await setUp(database, '(2, 1, 1)');
      await manager.query('ALTER TABLE pet DISABLE TRIGGER ALL');
      await manager.query('INSERT INTO pet VALUES (3, 50, 1)');
      await manager.query('ALTER TABLE pet ENABLE TRIGGER ALL');
      const pets = () => get(OwnedPets).all().orderBy({ id: 'ASC' }).cache('all');
      // Until the tables have been asked about again, and afterwards.
      for (let id = 50; id < 56; id++) {
        await pets();
        await settled();
        await manager.insert(Owner, { id });
        expect((await pets()).map(({ owner }) => owner?.id)).toEqual([1, 1, id]);
        await manager.query('ALTER TABLE pet DISABLE TRIGGER ALL');
        await manager.query('UPDATE pet SET "ownerId" = "ownerId" + 1 WHERE id = 3');
        await manager.query('ALTER TABLE pet ENABLE TRIGGER ALL');
        await new Promise((resolve) => setTimeout(resolve, id % 2 ? 400 : 0));
      }
    });
  },
  ['postgres'],
);
