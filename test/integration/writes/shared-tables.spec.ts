import { Injectable } from '@nestjs/common';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases } from '../../support/databases.js';
import { outside } from '../../support/outside.js';
import { describeWith } from '../../support/services.js';
import { createTestApp } from '../../support/test-app.js';

@Entity('page')
class PageById {
  @PrimaryColumn()
  id: number;

  @Column({ unique: true })
  slug: string;

  @Column()
  title: string;
}

@Entity('page')
class PageBySlug {
  @Column()
  id: number;

  @PrimaryColumn()
  slug: string;

  @Column()
  title: string;
}

@Injectable()
class PageByIdCacheManager extends BaseCacheManager<PageById> {
  model = PageById;
}

@Injectable()
class PageBySlugCacheManager extends BaseCacheManager<PageBySlug> {
  model = PageBySlug;
}

@Entity('twin')
class Twin {
  @PrimaryColumn({ name: 'ID' })
  id: number;

  @Column({ name: 'id' })
  other: number;

  @Column()
  title: string;
}

@Injectable()
class TwinCacheManager extends BaseCacheManager<Twin> {
  model = Twin;
}

@Entity('person')
class Person {
  @PrimaryColumn()
  id: number;

  @Column()
  name: string;

  @Column({ unique: true, nullable: true, generatedType: 'STORED', asExpression: 'lower(name)' })
  slug: string;

  @Column({ default: '' })
  note: string;
}

@Entity('badge')
class Badge {
  @PrimaryColumn()
  id: number;

  @Column({ name: 'person_slug' })
  personSlug: string;

  @ManyToOne(() => Person, { onUpdate: 'CASCADE' })
  @JoinColumn({ name: 'person_slug', referencedColumnName: 'slug' })
  person: Person;
}

@Injectable()
class BadgeCacheManager extends BaseCacheManager<Badge> {
  model = Badge;
}

@Injectable()
class PersonCacheManager extends BaseCacheManager<Person> {
  model = Person;
}

describeDatabases(
  'one table with two keys',
  (database) => {
    it('within an application: a write that names rows by one of them is heard by those who know them by the other', async () => {
      const options = { ...(await database.options()), entities: [PageById] };
      await outside(
        options as never,
        'CREATE TABLE page (id int PRIMARY KEY, slug varchar(50) NOT NULL UNIQUE, title text NOT NULL)',
        `INSERT INTO page VALUES (1, 'home', 'Home')`,
      );
      const app = await createTestApp({
        database: { ...options, entities: [PageById, PageBySlug] } as never,
        managers: [PageByIdCacheManager, PageBySlugCacheManager],
      });
      const byId = app.get(PageByIdCacheManager);
      const bySlug = app.get(PageBySlugCacheManager);
      const titles = async () => [(await byId.get(1)).title, (await bySlug.get('home')).title];
      expect(await titles()).toEqual(['Home', 'Home']);
      await app.dataSource.manager.update(PageById, 1, { title: 'by id' });
      expect(await titles()).toEqual(['by id', 'by id']);
      await app.dataSource.manager.update(PageBySlug, 'home', { title: 'by slug' });
      expect(await titles()).toEqual(['by slug', 'by slug']);
      await app.dataSource.query(`DELETE FROM page WHERE id = 1`);
      expect(await bySlug.get('home', { raiseException: false })).toBeNull();
    });
  },
  ['postgres', 'mariadb'],
);

describeWith('redis', 'one table with two keys', (redisUrl) => {
  describeDatabases(
    'across applications',
    (database) => {
      it('a write that names rows by one of them is heard by those who know them by the other', async () => {
        const options = await database.options();
        await outside(
          options,
          'CREATE TABLE page (id int PRIMARY KEY, slug varchar(50) NOT NULL UNIQUE, title text NOT NULL)',
          `INSERT INTO page VALUES (1, 'home', 'Home'), (2, 'away', 'Away')`,
        );
        const store = 'keyv-redis' as const;
        const one = await createTestApp({
          database: { ...options, entities: [PageById] } as never,
          managers: [PageByIdCacheManager],
          store,
          redisUrl,
        });
        const two = await createTestApp({
          database: { ...options, entities: [PageBySlug] } as never,
          managers: [PageBySlugCacheManager],
          store,
          redisUrl,
        });
        const byId = one.get(PageByIdCacheManager);
        const bySlug = two.get(PageBySlugCacheManager);
        const titles = async () => [(await byId.get(1)).title, (await bySlug.get('home')).title];
        expect(await titles()).toEqual(['Home', 'Home']);
        await one.dataSource.manager.update(PageById, 1, { title: 'by id' });
        expect(await titles()).toEqual(['by id', 'by id']);
        await two.dataSource.manager.update(PageBySlug, 'home', { title: 'by slug' });
        expect(await titles()).toEqual(['by slug', 'by slug']);
      });
    },
    ['postgres', 'mariadb'],
  );
});

describeDatabases(
  'columns of PostgreSQL',
  (database) => {
    it('whose names differ in case only are two', async () => {
      const options = { ...(await database.options()), entities: [Twin] };
      await outside(
        options as never,
        'CREATE TABLE twin ("ID" int PRIMARY KEY, id int NOT NULL, title text NOT NULL)',
        `INSERT INTO twin VALUES (1, 2, 'one'), (2, 1, 'two')`,
      );
      const app = await createTestApp({ database: options as never, managers: [TwinCacheManager] });
      const twins = app.get(TwinCacheManager);
      expect((await twins.get(1)).title).toBe('one');
      await app.dataSource.query(`UPDATE twin SET title = 'changed' WHERE id = 2`);
      expect((await twins.get(1)).title).toBe('changed');
      await app.dataSource.query(`UPDATE twin SET title = 'again' WHERE "ID" = 1`);
      expect((await twins.get(1)).title).toBe('again');
    });
  },
  ['postgres'],
);

describeDatabases(
  'a unique column the database computes',
  (database) => {
    it('moves with the column it is computed from', async () => {
      const options = { ...(await database.options()), entities: [Person, Badge] };
      await outside(
        options as never,
        `CREATE TABLE person (id int PRIMARY KEY, name varchar(50) NOT NULL, slug varchar(50) GENERATED ALWAYS AS (lower(name)) STORED UNIQUE, note varchar(50) NOT NULL DEFAULT '')`,
        `INSERT INTO person (id, name) VALUES (1, 'Ann'), (2, 'Bob')`,
        'CREATE TABLE badge (id int PRIMARY KEY, person_slug varchar(50) NOT NULL REFERENCES person (slug) ON UPDATE CASCADE)',
        `INSERT INTO badge VALUES (1, 'ann')`,
      );
      const app = await createTestApp({
        database: options as never,
        managers: [PersonCacheManager, BadgeCacheManager],
      });
      const badges = app.get(BadgeCacheManager);
      const people = app.get(PersonCacheManager);
      const ann = () => people.get('ann', { where: { slug: 'ann' }, raiseException: false });
      expect((await ann())!.id).toBe(1);
      expect((await badges.get(1)).personSlug).toBe('ann');
      await app.dataSource.manager.update(Person, 1, { name: 'Anna' });
      expect(await ann()).toBeNull();
      // What refers to it follows, by ON UPDATE CASCADE.
      expect((await badges.get(1)).personSlug).toBe('anna');
      await app.dataSource.manager.update(Person, 2, { name: 'Ann' });
      expect((await ann())!.id).toBe(2);
    });
  },
  ['postgres'],
);
