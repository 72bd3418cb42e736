import { Injectable, type Type } from '@nestjs/common';
import {
  Column,
  DataSource,
  type DataSourceOptions,
  Entity,
  In,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  JoinColumn,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { type DatabaseName, describeDatabases, type TestDatabase } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity('shelf', { orderBy: { rank: 'ASC' } })
class Shelf {
  @PrimaryColumn({ type: 'int' })
  id!: number;
  @Column({ type: 'varchar', length: 20, unique: true, nullable: true })
  slug!: string | null;
  @Column({ type: 'int', nullable: true })
  rank!: number | null;
  @OneToMany(() => Cup, (cup) => cup.shelf)
  cups!: Cup[];
}

@Entity('cup', { orderBy: { rank: 'ASC' } })
class Cup {
  @PrimaryColumn({ type: 'int' })
  id!: number;
  @Column({ type: 'varchar', length: 20, unique: true, nullable: true })
  slug!: string | null;
  @Column({ type: 'int', nullable: true })
  kind!: number | null;
  @Column({ type: 'int', nullable: true })
  size!: number | null;
  @Column({ type: 'int', nullable: true })
  rank!: number | null;
  @Column({ type: 'int', nullable: true })
  shelfId!: number | null;
  @ManyToOne(() => Shelf, (shelf) => shelf.cups, { createForeignKeyConstraints: false, nullable: true })
  @JoinColumn({ name: 'shelfId' })
  shelf!: Shelf | null;
}

@Injectable()
class Cups extends BaseCacheManager<Cup> {
  model = Cup;
}
@Injectable()
class CupsJoined extends BaseCacheManager<Cup> {
  model = Cup;
  cacheKey = 'cupsjoined';
  relatedObjects = ['shelf'] as const;
}
@Injectable()
class CupsPrefetched extends BaseCacheManager<Cup> {
  model = Cup;
  cacheKey = 'cupsprefetched';
  prefetchRelatedObjects = ['shelf'] as const;
}
@Injectable()
class Shelves extends BaseCacheManager<Shelf> {
  model = Shelf;
  prefetchRelatedObjects = ['cups'] as const;
}
@Injectable()
class ShelvesJoined extends BaseCacheManager<Shelf> {
  model = Shelf;
  cacheKey = 'shelvesjoined';
  relatedObjects = ['cups'] as const;
}

interface Case {
  readonly title: string;
  readonly on?: DatabaseName[];
  readonly cup?: string;
  readonly shelf?: string;
  readonly more?: string[];
  readonly rows: string[];
  readonly writes: string[];
  readonly where?: object;
}
const Q = (name: DatabaseName, sql: string) => (name === 'mariadb' ? sql.replaceAll('"', '`') : sql);
const COLUMNS = 'slug varchar(20), kind int, size int, rank int, "shelfId" int';
const cup = (id: string, slug: string, kind: string, size: string, rank: string, shelf = 'NULL') =>
  `INSERT INTO cup (id, slug, kind, size, rank, "shelfId") VALUES (${id}, ${slug}, ${kind}, ${size}, ${rank}, ${shelf})`;
const NOKEY = `CREATE TABLE cup (id int, ${COLUMNS})`;
const KEYED = `CREATE TABLE cup (id int PRIMARY KEY, ${COLUMNS})`;
const SHELF = 'CREATE TABLE shelf (id int PRIMARY KEY, slug varchar(20), rank int)';
const two = [cup('1', `'a'`, '1', '1', '1'), cup('2', `'b'`, '2', '2', '2')];
const twin = [cup('1', `'a'`, '1', '1', '1'), cup('1', `'b'`, '2', '2', '2'), cup('3', `'c'`, '3', '3', '3')];
const CASES: Case[] = [
  {
    title: 'no key, second row of an id in list',
    cup: NOKEY,
    rows: two,
    writes: [cup('1', `'z'`, '9', '9', '0')],
    where: { id: In([1, 2]) },
  },
  {
    title: 'no key, second row of an id',
    cup: NOKEY,
    rows: two,
    writes: [cup('1', `'z'`, '9', '9', '0')],
    where: { kind: 9 },
  },
  {
    title: 'no key, twins, update by id brings the second one in',
    cup: NOKEY,
    rows: twin,
    writes: ['UPDATE cup SET size = 5 WHERE id = 1'],
    where: { kind: 2, size: 5 },
  },
  {
    title: 'no unique, a second slug ranked first',
    cup: KEYED,
    rows: [cup('1', `'a'`, '1', '1', '5')],
    writes: [cup('2', `'a'`, '2', '2', '1')],
    where: { slug: 'a' },
  },
  {
    title: 'no unique, another takes the slug ranked first',
    cup: KEYED,
    rows: [cup('1', `'a'`, '1', '1', '5'), cup('2', `'b'`, '2', '2', '1')],
    writes: [`UPDATE cup SET slug = 'a' WHERE id = 2`],
    where: { slug: 'a' },
  },
  {
    title: 'no unique, the second one is ranked first',
    cup: KEYED,
    rows: [cup('1', `'a'`, '1', '1', '5'), cup('2', `'a'`, '2', '2', '6')],
    writes: [`UPDATE cup SET rank = 1 WHERE id = 2`],
    where: { slug: 'a' },
  },
  {
    title: 'partial unique',
    on: ['postgres', 'sqljs'],
    cup: KEYED,
    more: ['CREATE UNIQUE INDEX u ON cup (slug) WHERE kind = 1'],
    rows: [cup('1', `'a'`, '1', '1', '5')],
    writes: [cup('2', `'a'`, '2', '2', '1')],
    where: { slug: 'a' },
  },
  {
    title: 'table conflict replace',
    on: ['sqljs'],
    cup: `CREATE TABLE cup (id int PRIMARY KEY, slug varchar(20) UNIQUE ON CONFLICT REPLACE, kind int, size int, rank int, "shelfId" int)`,
    rows: two,
    writes: [cup('9', `'a'`, '9', '9', '0')],
    where: { kind: 1 },
  },
  {
    title: 'column conflict replace of a key',
    on: ['sqljs'],
    cup: `CREATE TABLE cup (id int PRIMARY KEY ON CONFLICT REPLACE, ${COLUMNS})`,
    rows: two,
    writes: [cup('1', `'n'`, '9', '9', '0')],
    where: { kind: 1 },
  },
  {
    title: 'update of table conflict replace',
    on: ['sqljs'],
    cup: `CREATE TABLE cup (id int PRIMARY KEY, slug varchar(20) UNIQUE ON CONFLICT REPLACE, kind int, size int, rank int, "shelfId" int)`,
    rows: two,
    writes: [`UPDATE cup SET slug = 'a' WHERE id = 2`],
    where: { kind: 1 },
  },
  {
    title: 'key dropped while it runs',
    on: ['postgres'],
    cup: KEYED,
    rows: two,
    writes: ['ALTER TABLE cup DROP CONSTRAINT cup_pkey', cup('1', `'z'`, '1', '9', '0')],
    where: { id: In([1, 2]) },
  },
  {
    title: 'twin shelves, second comes',
    shelf: 'CREATE TABLE shelf (id int, slug varchar(20), rank int)',
    rows: [cup('1', `'a'`, '1', '1', '1', '7'), 'INSERT INTO shelf (id, rank) VALUES (7, 1)'],
    writes: ['INSERT INTO shelf (id, slug, rank) VALUES (7, NULL, 0)'],
    where: { kind: 1 },
  },
  {
    title: 'twin shelves, asked',
    shelf: 'CREATE TABLE shelf (id int, slug varchar(20), rank int)',
    rows: [cup('1', `'a'`, '1', '1', '1', '7'), 'INSERT INTO shelf (id, rank) VALUES (7, 1)'],
    writes: ['INSERT INTO shelf (id, slug, rank) VALUES (7, NULL, 5)'],
    where: { shelf: { rank: 5 } },
  },
  {
    title: 'FK to a key that is not unique',
    on: ['mariadb'],
    shelf: 'CREATE TABLE shelf (id int, slug varchar(20), rank int, KEY (id))',
    cup: `CREATE TABLE cup (id int PRIMARY KEY, ${COLUMNS}, FOREIGN KEY ("shelfId") REFERENCES shelf (id))`,
    rows: ['INSERT INTO shelf (id, rank) VALUES (7, 1)', cup('1', `'a'`, '1', '1', '1', '7')],
    writes: ['INSERT INTO shelf (id, slug, rank) VALUES (7, NULL, 5)'],
    where: { shelf: { rank: 5 } },
  },
  {
    title: 'updatable view with a join twin',
    on: ['postgres'],
    cup: `CREATE TABLE base (id int, ${COLUMNS})`,
    more: ['CREATE VIEW cup AS SELECT * FROM base'],
    rows: two,
    writes: [cup('1', `'z'`, '1', '9', '0')],
    where: { id: In([1, 2]) },
  },
];

async function prepared(
  database: TestDatabase,
  { cup = KEYED, shelf = SHELF, more = [], rows }: Case,
): Promise<DataSourceOptions> {
  const options = await database.options();
  const all = [shelf, cup, ...more, ...rows].map((sql) => Q(database.name, sql));
  const source = await new DataSource(options).initialize();
  for (const sql of all) await source.query(sql);
  if (database.name !== 'sqljs') {
    await source.destroy();
    return options;
  }
  const bytes = (source as unknown as { sqljsManager: { exportDatabase(): Uint8Array } }).sqljsManager.exportDatabase();
  await source.destroy();
  return { ...options, database: bytes } as DataSourceOptions;
}

describeDatabases('Keys that entities tell of and tables do not have', (database) => {
  it.each(CASES.filter(({ on }) => !on || on.includes(database.name)))('$title', async (each) => {
    const app = await createTestApp({
      database: { ...(await prepared(database, each)), entities: [Cup, Shelf] } as DataSourceOptions,
      managers: [Cups, CupsJoined, CupsPrefetched, Shelves, ShelvesJoined],
    });
    const where = each.where ?? {};
    const options = (cache: boolean) => ({ raiseException: false, cache });
    const reads: Record<string, (cache: boolean) => Promise<unknown>> = {};
    for (const M of [Cups, CupsJoined, CupsPrefetched]) {
      const all = () => app.get(M).all().filter(where);
      reads[`${M.name} list`] = async (cache) => (cache ? all().cache() : all());
      reads[`${M.name} count`] = async (cache) =>
        cache ? all().cache().count() : app.get(M).all({ cache: false }).filter(where).count();
      reads[`${M.name} page`] = async (cache) =>
        cache ? (await all().cache().page({ page: 1, size: 1 })).items : all().limit(1);
      reads[`${M.name} page 2`] = async (cache) =>
        cache ? (await all().cache().page({ page: 2, size: 1 })).items : all().offset(1).limit(1);
      for (const id of [1, 2, 3]) reads[`${M.name} get ${id}`] = async (cache) => app.get(M).get(id, options(cache));
      reads[`${M.name} slug`] = async (cache) => app.get(M).get('slugged', { where: { slug: 'a' }, ...options(cache) });
      reads[`${M.name} slug+`] = async (cache) => app.get(M).get('slugged2', { where, ...options(cache) });
      reads[`${M.name} many`] = async (cache) =>
        cache
          ? app.get(M).getMany([1, 2])
          : (await Promise.all([1, 2].map((id) => app.get(M).get(id, options(false))))).filter(Boolean);
    }
    for (const M of [Shelves, ShelvesJoined] as Type<BaseCacheManager<Shelf>>[]) {
      reads[`${M.name} all`] = async (cache) => app.get(M).all({ cache });
      reads[`${M.name} 7`] = async (cache) => app.get(M).get(7, options(cache));
    }
    const wrong: string[] = [];
    for (let i = 0; i < 2; i++) {
      for (const read of Object.values(reads)) await read(true);
      await app.settled();
    }
    for (const [name, read] of Object.entries(reads)) {
      const [was, is] = [await read(true), await read(false)];
      if (JSON.stringify(was) !== JSON.stringify(is))
        wrong.push(`before ${name}: ${JSON.stringify(was)} != ${JSON.stringify(is)}`);
    }
    for (const write of each.writes) await app.dataSource.query(Q(database.name, write));
    for (const [name, read] of Object.entries(reads)) {
      const [was, is] = [await read(true), await read(false)];
      if (JSON.stringify(was) !== JSON.stringify(is))
        wrong.push(`after ${name}: ${JSON.stringify(was)} != ${JSON.stringify(is)}`);
    }
    expect(wrong).toEqual([]);
  });
});
