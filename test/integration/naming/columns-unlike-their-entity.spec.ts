import { Injectable } from '@nestjs/common';
import { Column, type DataSourceOptions, Entity, PrimaryColumn, DataSource, Not } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { type DatabaseName, describeDatabases, type TestDatabase } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity('cup')
class Cup {
  @PrimaryColumn({ type: 'varchar' })
  id!: string;

  @Column({ type: 'varchar', nullable: true })
  kind!: string | null;

  @Column({ type: 'int', nullable: true })
  size!: number | null;

  @Column({ type: 'int', default: 0 })
  note!: number;
}

@Injectable()
class Cups extends BaseCacheManager<Cup> {
  model = Cup;
}

interface Case {
  readonly title: string;
  readonly on: DatabaseName;
  readonly define: readonly string[];
  /** What is said on its only connection. */
  readonly session?: string;
  readonly rows?: readonly string[];
  readonly where: object;
  readonly get?: string;
  readonly write: string;
  readonly parameters?: unknown[];
}

const ci = `CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`;
const CASES: readonly Case[] = [
  {
    title: 'citext column',
    on: 'postgres',
    define: [
      'CREATE EXTENSION citext',
      'CREATE TABLE cup (id varchar PRIMARY KEY, kind citext, size int, note int DEFAULT 0)',
    ],
    where: { kind: 'foo' },
    write: `INSERT INTO cup (id, kind) VALUES ('b', 'FOO')`,
  },
  {
    title: 'citext column, update',
    on: 'postgres',
    define: [
      'CREATE EXTENSION citext',
      'CREATE TABLE cup (id varchar PRIMARY KEY, kind citext, size int, note int DEFAULT 0)',
    ],
    where: { kind: 'foo' },
    write: `UPDATE cup SET kind = 'FOO' WHERE id = 'z'`,
  },
  {
    title: 'domain over citext',
    on: 'postgres',
    define: [
      'CREATE EXTENSION citext',
      'CREATE DOMAIN word AS citext',
      'CREATE TABLE cup (id varchar PRIMARY KEY, kind word, size int, note int DEFAULT 0)',
    ],
    where: { kind: 'foo' },
    write: `UPDATE cup SET kind = 'FOO' WHERE id = 'z'`,
  },
  {
    title: 'char(5) column',
    on: 'postgres',
    define: ['CREATE TABLE cup (id varchar PRIMARY KEY, kind char(5), size int, note int DEFAULT 0)'],
    where: { kind: 'foo  ' },
    write: `UPDATE cup SET kind = 'foo' WHERE id = 'z'`,
  },
  {
    title: 'uuid column',
    on: 'postgres',
    define: ['CREATE TABLE cup (id varchar PRIMARY KEY, kind uuid, size int, note int DEFAULT 0)'],
    where: { kind: '00000000-0000-4000-8000-00000000000a' },
    write: `UPDATE cup SET kind = '00000000-0000-4000-8000-00000000000A' WHERE id = 'z'`,
  },
  {
    title: 'int key as varchar',
    on: 'postgres',
    define: ['CREATE TABLE cup (id int PRIMARY KEY, kind varchar, size int, note int DEFAULT 0)'],
    rows: [`INSERT INTO cup (id, kind) VALUES (1, 'bar')`],
    where: { kind: 'none' },
    get: '1',
    write: `UPDATE cup SET note = 5 WHERE id = ' 1'`,
  },
  {
    title: 'citext key',
    on: 'postgres',
    define: [
      'CREATE EXTENSION citext',
      'CREATE TABLE cup (id citext PRIMARY KEY, kind varchar, size int, note int DEFAULT 0)',
    ],
    where: { kind: 'none' },
    get: 'z',
    write: `UPDATE cup SET note = 5 WHERE id = 'Z'`,
  },
  {
    title: 'nondeterministic key',
    on: 'postgres',
    define: [ci, 'CREATE TABLE cup (id varchar COLLATE ci PRIMARY KEY, kind varchar, size int, note int DEFAULT 0)'],
    where: { kind: 'none' },
    get: 'z',
    write: `UPDATE cup SET note = 5 WHERE id = 'Z'`,
  },
  {
    title: 'char key',
    on: 'postgres',
    define: ['CREATE TABLE cup (id char(3) PRIMARY KEY, kind varchar, size int, note int DEFAULT 0)'],
    where: { kind: 'none' },
    get: 'z',
    write: `UPDATE cup SET note = 5 WHERE id = 'z '`,
  },
  {
    title: 'uuid key as varchar',
    on: 'postgres',
    define: ['CREATE TABLE cup (id uuid PRIMARY KEY, kind varchar, size int, note int DEFAULT 0)'],
    rows: [`INSERT INTO cup (id, kind) VALUES ('00000000-0000-4000-8000-00000000000a', 'bar')`],
    where: { kind: 'none' },
    get: '00000000-0000-4000-8000-00000000000a',
    write: `UPDATE cup SET note = 5 WHERE id = '00000000-0000-4000-8000-00000000000A'`,
  },
  {
    title: 'NOCASE key',
    on: 'sqljs',
    define: ['CREATE TABLE cup (id varchar PRIMARY KEY COLLATE NOCASE, kind varchar, size int, note int DEFAULT 0)'],
    where: { kind: 'none' },
    get: 'z',
    write: `UPDATE cup SET note = 5 WHERE id = 'Z'`,
  },
  {
    title: 'NOCASE column',
    on: 'sqljs',
    define: ['CREATE TABLE cup (id varchar PRIMARY KEY, kind varchar COLLATE NOCASE, size int, note int DEFAULT 0)'],
    where: { kind: 'foo' },
    write: `UPDATE cup SET kind = 'FOO' WHERE id = 'z'`,
  },
  {
    title: 'integer column called varchar',
    on: 'sqljs',
    define: ['CREATE TABLE cup (id varchar PRIMARY KEY, kind integer, size int, note int DEFAULT 0)'],
    where: { kind: '5' },
    write: `UPDATE cup SET kind = '05' WHERE id = 'z'`,
  },
  {
    title: 'key of integers called varchar',
    on: 'sqljs',
    define: ['CREATE TABLE cup (id integer PRIMARY KEY, kind varchar, size int, note int DEFAULT 0)'],
    rows: [`INSERT INTO cup (id, kind) VALUES (1, 'bar')`],
    where: { kind: 'none' },
    get: '1',
    write: `UPDATE cup SET note = 5 WHERE id = '01'`,
  },
  {
    title: 'tinyint not strict',
    on: 'mariadb',
    define: ['CREATE TABLE cup (id varchar(20) PRIMARY KEY, kind varchar(20), size tinyint, note int DEFAULT 0)'],
    where: { size: 127 },
    write: `SET STATEMENT sql_mode = '' FOR UPDATE cup SET size = 300 WHERE id = 'z'`,
  },
  {
    title: 'tinyint in a session that is not strict',
    on: 'mariadb',
    define: ['CREATE TABLE cup (id varchar(20) PRIMARY KEY, kind varchar(20), size tinyint, note int DEFAULT 0)'],
    session: `SET SESSION sql_mode = ''`,
    where: { size: 127 },
    write: `UPDATE cup SET size = 300 WHERE id = 'z'`,
  },
  {
    title: 'NOT NULL in a session that is not strict',
    on: 'mariadb',
    define: ['CREATE TABLE cup (id varchar(20) PRIMARY KEY, kind varchar(20), size int NOT NULL, note int DEFAULT 0)'],
    rows: [`INSERT INTO cup (id, kind, size) VALUES ('a', 'bar', 7), ('z', 'bar', 7)`],
    session: `SET SESSION sql_mode = ''`,
    where: { size: 0 },
    write: `UPDATE cup SET size = NULL WHERE id = 'z'`,
  },
  {
    title: 'AUTO_INCREMENT that the entity does not tell of',
    on: 'mariadb',
    define: [
      'CREATE TABLE cup (id varchar(20) PRIMARY KEY, kind varchar(20), size int AUTO_INCREMENT UNIQUE, note int DEFAULT 0)',
    ],
    rows: [`INSERT INTO cup (id, kind, size) VALUES ('a', 'bar', 1), ('z', 'bar', 2)`],
    where: { size: 3 },
    write: `INSERT INTO cup (id, kind, size) VALUES ('b', 'bar', 0)`,
  },
  {
    title: 'AUTO_INCREMENT that the entity does not tell of, NULL',
    on: 'mariadb',
    define: [
      'CREATE TABLE cup (id varchar(20) PRIMARY KEY, kind varchar(20), size int AUTO_INCREMENT UNIQUE, note int DEFAULT 0)',
    ],
    rows: [`INSERT INTO cup (id, kind, size) VALUES ('a', 'bar', 1), ('z', 'bar', 2)`],
    where: { size: 3 },
    write: `INSERT INTO cup (id, kind, size) VALUES ('b', 'bar', NULL)`,
  },
  {
    title: 'a varchar called int',
    on: 'mariadb',
    define: ['CREATE TABLE cup (id varchar(20) PRIMARY KEY, kind varchar(20), size varchar(10), note int DEFAULT 0)'],
    where: { size: 5 },
    write: `UPDATE cup SET size = '5' WHERE id = 'z'`,
  },
  {
    title: 'int rounded in PostgreSQL',
    on: 'postgres',
    define: ['CREATE TABLE cup (id varchar PRIMARY KEY, kind varchar, size numeric(3, -1), note int DEFAULT 0)'],
    where: { size: 10 },
    write: `UPDATE cup SET size = 12 WHERE id = 'z'`,
  },
  {
    title: 'real in PostgreSQL',
    on: 'postgres',
    define: ['CREATE TABLE cup (id varchar PRIMARY KEY, kind varchar, size real, note int DEFAULT 0)'],
    where: { size: 16777216 },
    write: `UPDATE cup SET size = 16777217 WHERE id = 'z'`,
  },
];

async function prepared(database: TestDatabase, { define, rows }: Case): Promise<DataSourceOptions> {
  const options = await database.options();
  const all = [...define, ...(rows ?? [`INSERT INTO cup (id, kind) VALUES ('a', NULL), ('z', NULL)`])];
  if (database.name === 'sqljs') {
    const source = await new DataSource(options).initialize();
    for (const sql of all) await source.query(sql);
    const bytes = (
      source as unknown as { sqljsManager: { exportDatabase(): Uint8Array } }
    ).sqljsManager.exportDatabase();
    await source.destroy();
    return { ...options, database: bytes } as DataSourceOptions;
  }
  const source = await new DataSource(options).initialize();
  for (const sql of all) await source.query(sql);
  await source.destroy();
  return options;
}

describeDatabases('What the entity does not tell of a column', (database) => {
  it.each(CASES.filter(({ on }) => on === database.name))('$title', async (each) => {
    const app = await createTestApp({
      database: {
        ...(await prepared(database, each)),
        entities: [Cup],
        ...(each.session && { poolSize: 1 }),
      } as DataSourceOptions,
      managers: [Cups],
    });
    if (each.session) await app.dataSource.query(each.session);
    const cups = () => app.get(Cups).all().filter(each.where).orderBy({ id: 'ASC' });
    const get = (cache: boolean) => app.get(Cups).get(each.get ?? 'z', { raiseException: false, cache });
    for (let i = 0; i < 2; i++) {
      await cups().cache();
      await cups().cache().count();
      await cups().cache().page({ page: 1, size: 2 });
      await get(true);
      await app.settled();
    }
    await app.dataSource.query(each.write, each.parameters);
    expect.soft(await get(true)).toEqual(await get(false));
    expect.soft(await cups().cache()).toEqual(await cups());
    expect.soft(await cups().cache().count()).toBe((await cups()).length);
    expect.soft((await cups().cache().page({ page: 1, size: 2 })).items).toEqual(await cups().limit(2));
  });
});

@Entity('cup')
class CupOfMaterial {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'enum', enum: ['tin', 'clay'], nullable: true })
  material!: string | null;
}

@Injectable()
class CupsOfMaterial extends BaseCacheManager<CupOfMaterial> {
  model = CupOfMaterial;
}

describeDatabases(
  'What the entity tells of an enum that its database does not take',
  (database) => {
    it('becomes an empty text where the server is not strict', async () => {
      const options = await database.options();
      const source = await new DataSource(options).initialize();
      await source.query(`CREATE TABLE cup (id int PRIMARY KEY, material enum('tin'))`);
      await source.query('INSERT INTO cup (id) VALUES (1)');
      await source.destroy();
      const app = await createTestApp({
        database: { ...options, entities: [CupOfMaterial], poolSize: 1 } as DataSourceOptions,
        managers: [CupsOfMaterial],
      });
      await app.dataSource.query(`SET SESSION sql_mode = ''`);
      const cups = () =>
        app
          .get(CupsOfMaterial)
          .all()
          .filter({ material: Not('clay') });
      expect(await cups().cache()).toEqual([]);
      await app.settled();
      await app.dataSource.query(`UPDATE cup SET material = 'clay' WHERE id = 1`);
      expect(await cups()).toHaveLength(1);
      expect(await cups().cache()).toEqual(await cups());
    });
  },
  ['mariadb'],
);
