import { shortDigest } from '../../../lib/naming/text-key.js';
import {
  ChildEntity,
  Column,
  DataSource,
  DeleteDateColumn,
  Entity,
  JoinTable,
  ManyToMany,
  ManyToOne,
  PrimaryColumn,
  TableInheritance,
  Tree,
  TreeChildren,
  TreeParent,
  UpdateDateColumn,
} from 'typeorm';
import { expect, it, vi } from 'vitest';
import { columnValue, SOMETHING } from '../../../lib/naming/column-value.js';
import { type DatabaseName, describeDatabases, type TestDatabase } from '../../support/databases.js';
import { type Telling, tellingDataSource } from '../../support/told-changes.js';

@Entity('tag')
class Tag {
  @PrimaryColumn({ type: 'integer' })
  id: number;

  @Column({ type: 'integer', nullable: true })
  rank: number | null;
}

class Address {
  @Column({ type: 'integer', nullable: true })
  zip: number | null;
}

@Entity('post')
class Post {
  @PrimaryColumn({ type: 'integer' })
  id: number;

  @Column({ type: 'integer', default: 0 })
  views: number;

  @Column(() => Address)
  address: Address;

  @ManyToOne(() => Tag, { nullable: true, onDelete: 'SET NULL' })
  main: Tag | null;

  @ManyToMany(() => Tag)
  @JoinTable({ name: 'post_tag' })
  tags: Tag[];

  @UpdateDateColumn()
  updatedAt: Date;

  @DeleteDateColumn()
  deletedAt: Date | null;
}

@Entity('content')
@TableInheritance({ column: { type: 'simple-enum', enum: ['Content', 'Video'], name: 'kind' } })
class Content {
  @PrimaryColumn({ type: 'integer' })
  id: number;
}

@ChildEntity('Video')
class Video extends Content {
  @Column({ type: 'integer', nullable: true })
  minutes: number | null;
}

@Entity('node')
@Tree('materialized-path')
class Node {
  @PrimaryColumn({ type: 'integer' })
  id: number;

  @TreeParent()
  parent: Node | null;

  @TreeChildren()
  children: Node[];
}

const entities = [Tag, Post, Content, Video, Node];

const open = async (database: TestDatabase, prepare: readonly string[] = []): Promise<Telling> =>
  tellingDataSource({ ...(await database.options()), entities, synchronize: true }, prepare);

/** Of a text there is no more than what tells it apart, of a declared one what it is. */
const kindOf = (database: DatabaseName, text: string) =>
  database === 'mariadb' ? `e:${text}` : `d:${shortDigest(`column\n${text}`)}`;

describeDatabases('what TypeORM writes is told', (database) => {
  const update = { action: 'update', values: {} } as const;
  const insert = { action: 'insert', assigned: [], values: {} } as const;
  const remove = { action: 'delete', assigned: [], values: {} } as const;
  /** As names are compared. */
  const spelled = (name: string) => (database.name === 'postgres' ? name : name.toLowerCase());
  const [updated, deleted, zip] = [spelled('updatedAt'), spelled('deletedAt'), spelled('addressZip')];
  const [postId, tagId] = [spelled('postId'), spelled('tagId')];

  it('by every method of its', async () => {
    const { dataSource, during } = await open(database);
    const { manager } = dataSource;
    expect(await during(() => manager.insert(Tag, [{ id: 1, rank: 5 }, { id: 2 }]))).toEqual({
      tag: [
        {
          ...insert,
          rows: [
            { id: 'i:1', rank: 'i:5' },
            { id: 'i:2', rank: null },
          ],
        },
      ],
    });
    expect(
      await during(() => manager.save(Post, { id: 1, views: 3, address: { zip: 9 }, main: { id: 1 } })),
    ).toMatchObject({
      post: [
        {
          ...insert,
          rows: [
            {
              id: 'i:1',
              views: 'i:3',
              [zip]: 'i:9',
              [spelled('mainId')]: 'i:1',
            },
          ],
        },
      ],
    });
    const post = await manager.findOneByOrFail(Post, { id: 1 });
    post.views = 4;
    expect(await during(() => manager.save(post))).toEqual({
      post: [{ ...update, rows: [{ id: 'i:1' }], assigned: ['views', updated], values: { views: 'i:4' } }],
    });
    expect(await during(() => manager.increment(Post, { views: 4 }, 'views', 2))).toEqual({
      post: [{ ...update, rows: [{ views: 'i:4' }], assigned: ['views', updated] }],
    });
    expect(
      await during(() => manager.update(Post, { address: { zip: 9 }, views: 6 }, { address: { zip: null } })),
    ).toEqual({
      post: [{ ...update, rows: [{ [zip]: 'i:9', views: 'i:6' }], assigned: [zip, updated], values: { [zip]: null } }],
    });
    expect(await during(() => manager.softDelete(Post, 1))).toEqual({
      post: [
        {
          ...update,
          rows: [{ id: 'i:1' }],
          assigned: [deleted, updated],
          // It is not NULL any more.
          values: { [deleted]: SOMETHING },
        },
      ],
    });
    expect(await during(() => manager.restore(Post, 1))).toEqual({
      post: [{ ...update, rows: [{ id: 'i:1' }], assigned: [deleted, updated], values: { [deleted]: null } }],
    });
    expect(await during(() => manager.createQueryBuilder().relation(Post, 'tags').of(1).add([1, 2]))).toMatchObject({
      post_tag: [
        {
          ...insert,
          rows: [
            { [postId]: 'i:1', [tagId]: 'i:1' },
            { [postId]: 'i:1', [tagId]: 'i:2' },
          ],
        },
      ],
    });
    expect(await during(() => manager.createQueryBuilder().relation(Post, 'tags').of(1).remove(2))).toEqual({
      post_tag: [{ ...remove, rows: [{ [postId]: 'i:1', [tagId]: 'i:2' }] }],
    });
    expect(await during(() => manager.remove(post))).toMatchObject({
      post: [{ ...remove, rows: [{ id: 'i:1' }] }],
      post_tag: [
        { ...remove, rows: [{ [postId]: 'i:1', [tagId]: 'i:1' }] },
        { ...remove, rows: [{ [postId]: 'i:1' }] },
      ],
    });
    expect(await during(() => manager.delete(Tag, [1, 2]))).toMatchObject({
      tag: [{ ...remove, rows: [{ id: 'i:1' }, { id: 'i:2' }] }],
      post: [
        {
          ...update,
          rows: [{ [spelled('mainId')]: 'i:1' }, { [spelled('mainId')]: 'i:2' }],
          // MariaDB has it change with any column.
          assigned: [spelled('mainId'), ...(database.name === 'mariadb' ? [updated] : [])],
          values: { [spelled('mainId')]: null },
        },
      ],
      post_tag: [{ ...remove, rows: [{ [tagId]: 'i:1' }, { [tagId]: 'i:2' }] }],
    });
  });

  it('of one table with two classes', async () => {
    const { dataSource, during } = await open(database);
    const kind = kindOf(database.name, 'Video');
    expect(await during(() => dataSource.manager.save(Video, { id: 1, minutes: 2 }))).toMatchObject({
      content: [{ ...insert, rows: [{ id: 'i:1', minutes: 'i:2', kind }] }],
    });
    expect(await during(() => dataSource.manager.update(Video, 1, { minutes: 3 }))).toMatchObject({
      content: [{ ...update, assigned: ['minutes'], values: { minutes: 'i:3' } }],
    });
  });

  it('of an upsert: of new rows, and of those in their way', async () => {
    const { dataSource, during } = await open(database);
    const { manager } = dataSource;
    // MySQL does not say which unique key may be in the way.
    const met = database.name === 'mariadb' ? undefined : [{ id: 'i:1' }];
    expect(await during(() => manager.upsert(Tag, { id: 1, rank: 2 }, ['id']))).toMatchObject({
      tag: [
        { ...insert, rows: [{ id: 'i:1', rank: 'i:2' }] },
        {
          ...update,
          rows: met,
          assigned: expect.arrayContaining(['rank']) as never,
          values: { id: 'i:1', rank: 'i:2' },
        },
      ],
    });
  });

  it('of an INSERT that passes over rows', async () => {
    const { dataSource, during } = await open(database);
    const { manager } = dataSource;
    await manager.insert(Tag, { id: 1 });
    const insertOrIgnore = manager.createQueryBuilder().insert().into(Tag).values({ id: 1, rank: 2 }).orIgnore();
    expect(await during(() => insertOrIgnore.execute())).toEqual({
      tag: [{ ...insert, rows: [{ id: 'i:1', rank: 'i:2' }] }],
    });
  });

  it('as nothing where it may do more: a tree, a REPLACE', async () => {
    const { dataSource, during } = await open(database);
    const { manager } = dataSource;
    expect(await during(() => manager.save(Node, { id: 1 }))).toMatchObject({
      node: expect.arrayContaining(['unknown']) as never,
    });
    if (database.name !== 'postgres')
      expect(await during(() => manager.query('REPLACE INTO tag (id) VALUES (1)'))).toMatchObject({
        tag: ['unknown'],
      });
  });

  it('with the columns the database sets by itself, though no entity knows', async () => {
    const column = {
      postgres: 'ALTER TABLE tag ADD twice integer GENERATED ALWAYS AS (rank * 2) STORED',
      mariadb: 'ALTER TABLE tag ADD twice timestamp NOT NULL DEFAULT now() ON UPDATE now()',
      sqljs: 'ALTER TABLE tag ADD twice integer GENERATED ALWAYS AS (rank * 2) VIRTUAL',
    }[database.name];
    const { dataSource, during } = await open(database, [column]);
    expect(await during(() => dataSource.manager.update(Tag, 1, { rank: 3 }))).toEqual({
      tag: [{ ...update, rows: [{ id: 'i:1' }], assigned: ['rank', 'twice'], values: { rank: 'i:3' } }],
    });
  });
});

@Entity('house')
class House {
  @PrimaryColumn({ type: 'integer' })
  id: number;

  @Column({ type: 'varchar', length: 5, unique: true })
  code: string;
}

@Entity('person')
class Person {
  @PrimaryColumn({ type: 'integer' })
  id: number;

  @ManyToOne(() => House, { nullable: true, onDelete: 'CASCADE' })
  home: House | null;

  @ManyToOne(() => House, { nullable: true, onDelete: 'SET NULL' })
  work: House | null;
}

@Entity('thing')
class Thing {
  @PrimaryColumn({ type: 'integer' })
  id: number;

  @ManyToOne(() => Person, { nullable: true, onDelete: 'CASCADE' })
  owner: Person | null;
}

/** Goes with its house, and with whoever lives there. */
@Entity('visit')
class Visit {
  @PrimaryColumn({ type: 'integer' })
  id: number;

  @ManyToOne(() => House, { nullable: true, onDelete: 'CASCADE' })
  house: House | null;

  @ManyToOne(() => Person, { nullable: true, onDelete: 'CASCADE' })
  guest: Person | null;
}

@Entity('knot')
class Knot {
  @PrimaryColumn({ type: 'integer' })
  id: number;

  @ManyToOne(() => Knot, { nullable: true, onDelete: 'SET NULL' })
  next: Knot | null;

  @ManyToOne(() => House, { nullable: true, onDelete: 'CASCADE' })
  house: House | null;
}

@Entity('spot')
class Spot {
  @PrimaryColumn({ type: 'integer' })
  x: number;

  @PrimaryColumn({ type: 'integer' })
  y: number;
}

@Entity('mark')
class Mark {
  @PrimaryColumn({ type: 'integer' })
  id: number;

  @ManyToOne(() => Spot, { nullable: true, onDelete: 'CASCADE' })
  spot: Spot | null;
}

@Entity('city')
class City {
  @PrimaryColumn({ type: 'varchar', length: 20 })
  name: string;
}

@Entity('street')
class Street {
  @PrimaryColumn({ type: 'integer' })
  id: number;

  @ManyToOne(() => City, { nullable: true, onDelete: 'CASCADE' })
  city: City | null;
}

const followers = [House, Person, Thing, Visit, Knot, Spot, Mark, City, Street];

describeDatabases('what follows a delete by foreign keys', (database) => {
  const spelled = (name: string) => (database.name === 'postgres' ? name : name.toLowerCase());
  const [homeId, workId, ownerId] = [spelled('homeId'), spelled('workId'), spelled('ownerId')];
  const gone = (rows: object[] | undefined) => ({ action: 'delete', rows, assigned: [], values: {} });
  const unset = (column: string, rows: object[] | undefined) => ({
    action: 'update',
    rows,
    assigned: [column],
    values: { [column]: null },
  });
  const follow = async (prepare: readonly string[] = []) =>
    tellingDataSource({ ...(await database.options()), entities: followers, synchronize: true }, prepare);

  it('is told of rows that go, and of keys that are set to NULL', async () => {
    const { dataSource, during } = await follow();
    const told = await during(() => dataSource.manager.delete(House, [1, 2]));
    expect(told['person']).toEqual([
      gone([{ [homeId]: 'i:1' }, { [homeId]: 'i:2' }]),
      unset(workId, [{ [workId]: 'i:1' }, { [workId]: 'i:2' }]),
    ]);
    expect(await during(() => dataSource.manager.delete(Person, 1))).toMatchObject({
      thing: [gone([{ [ownerId]: 'i:1' }])],
      visit: [gone([{ [spelled('guestId')]: 'i:1' }])],
    });
  });

  it('is told of any rows where those that go are named by something else', async () => {
    const { dataSource, during } = await follow();
    const { person } = await during(() => dataSource.manager.delete(House, { code: 'a' }));
    expect(person).toEqual([gone(undefined), unset(workId, undefined)]);
  });

  it('is told as nothing of what follows what follows, and of what is reached so as well', async () => {
    const { dataSource, during } = await follow();
    expect(await during(() => dataSource.manager.delete(House, 1))).toMatchObject({
      thing: ['unknown'],
      visit: ['unknown'],
    });
  });

  it('is told as nothing of a table that follows itself', async () => {
    const { dataSource, during } = await follow();
    expect(await during(() => dataSource.manager.delete(House, 1))).toMatchObject({ knot: ['unknown'] });
    expect(await during(() => dataSource.manager.delete(Knot, 1))).toMatchObject({
      knot: expect.arrayContaining(['unknown']) as never,
    });
  });

  it('is told as nothing of keys of several columns', async () => {
    const { dataSource, during } = await follow();
    expect(await during(() => dataSource.manager.delete(Spot, { x: 1, y: 1 }))).toMatchObject({ mark: ['unknown'] });
  });

  it('is told of keys that are texts, in the way of the column that holds them', async () => {
    const { dataSource, during } = await follow();
    const image = columnValue(dataSource.getMetadata(Street).findColumnWithPropertyName('city')!, 'Rome');
    const { street } = await during(() => dataSource.manager.delete(City, 'Rome'));
    expect(street).toEqual([gone([{ [spelled('cityName')]: image }])]);
    expect(image).toMatch(database.name === 'mariadb' ? /^f:/ : /^d:/);
  });

  it('is told as nothing where the database has a key that no entity knows, or one that does something else', async () => {
    const other = {
      postgres: ['ALTER TABLE thing ADD more integer REFERENCES person (id) ON DELETE CASCADE'],
      mariadb: ['ALTER TABLE thing ADD more integer, ADD FOREIGN KEY (more) REFERENCES person (id) ON DELETE CASCADE'],
      sqljs: ['ALTER TABLE thing ADD more integer REFERENCES person (id) ON DELETE CASCADE'],
    }[database.name];
    const { dataSource, during } = await follow(other);
    expect(await during(() => dataSource.manager.delete(Person, 1))).toMatchObject({
      thing: ['unknown'],
      visit: [gone([{ [spelled('guestId')]: 'i:1' }])],
    });
  });

  it('is told as nothing where the database has another way there that no entity knows', async () => {
    const cascade = 'integer REFERENCES person (id) ON DELETE CASCADE';
    const other = {
      postgres: [`CREATE TABLE between_them (id integer UNIQUE, person ${cascade})`],
      mariadb: [
        'CREATE TABLE between_them (id integer UNIQUE, person integer, FOREIGN KEY (person) REFERENCES person (id) ON DELETE CASCADE)',
      ],
      sqljs: [`CREATE TABLE between_them (id integer UNIQUE, person ${cascade})`],
    }[database.name];
    const way = {
      postgres: 'ALTER TABLE thing ADD way integer REFERENCES between_them (id) ON DELETE CASCADE',
      mariadb:
        'ALTER TABLE thing ADD way integer, ADD FOREIGN KEY (way) REFERENCES between_them (id) ON DELETE CASCADE',
      sqljs: 'ALTER TABLE thing ADD way integer REFERENCES between_them (id) ON DELETE CASCADE',
    }[database.name];
    const { dataSource, during } = await follow([...other, way]);
    expect(await during(() => dataSource.manager.delete(Person, 1))).toMatchObject({ thing: ['unknown'] });
  });

  it('is told as nothing of a table that has a trigger', async () => {
    const trigger = {
      postgres: [
        'CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$',
        'CREATE TRIGGER does AFTER DELETE ON thing FOR EACH ROW EXECUTE FUNCTION nothing()',
      ],
      mariadb: ['CREATE TRIGGER does AFTER DELETE ON thing FOR EACH ROW SET @a = 1'],
      sqljs: ['CREATE TRIGGER does AFTER DELETE ON thing BEGIN SELECT 1; END'],
    }[database.name];
    const { dataSource, during } = await follow(trigger);
    expect(await during(() => dataSource.manager.delete(Person, 1))).toMatchObject({ thing: ['unknown'] });
  });
});

const TRIGGERS: Record<DatabaseName, readonly [string, ...string[]]> = {
  postgres: [
    `CREATE FUNCTION ranked() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.rank := 7; RETURN NEW; END $$`,
    'CREATE TRIGGER ranks BEFORE UPDATE ON tag FOR EACH ROW EXECUTE FUNCTION ranked()',
  ],
  mariadb: ['CREATE TRIGGER ranks BEFORE UPDATE ON tag FOR EACH ROW SET NEW.`rank` = 7'],
  sqljs: ['CREATE TRIGGER ranks AFTER UPDATE ON tag BEGIN UPDATE tag SET rank = 7; END'],
};

describeDatabases('a table that does something by itself', (database) => {
  const writing = ({ dataSource, during }: Telling) => during(() => dataSource.manager.update(Tag, 1, { rank: 3 }));

  it('tells nothing with a trigger, as others do', async () => {
    const telling = await open(database, TRIGGERS[database.name]);
    // Where the trigger names a table, of what refers to that as well.
    expect(await writing(telling)).toMatchObject({ tag: ['unknown'] });
    const { post } = await telling.during(() => telling.dataSource.manager.update(Post, 1, { views: 3 }));
    expect(post).toMatchObject([{ action: 'update' }]);
  });

  it('tells nothing where texts are equal to the database that its entity takes for different ones', async () => {
    // Of MariaDB nobody compares texts.
    if (database.name === 'mariadb') return;
    const collated: readonly string[] =
      database.name === 'postgres'
        ? [
            "CREATE COLLATION folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
            'ALTER TABLE tag ADD label text COLLATE folding',
          ]
        : ['ALTER TABLE tag ADD label text COLLATE NOCASE'];
    expect(await writing(await open(database, collated))).toEqual({ tag: ['unknown'] });
  });

  it('tells nothing where a unique index calls texts equal that its entity takes for different ones', async () => {
    if (database.name === 'mariadb') return;
    const collated: readonly string[] =
      database.name === 'postgres'
        ? [
            "CREATE COLLATION folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
            'ALTER TABLE tag ADD label text',
            'CREATE UNIQUE INDEX labels ON tag (label COLLATE folding)',
          ]
        : ['ALTER TABLE tag ADD label text', 'CREATE UNIQUE INDEX labels ON tag (label COLLATE NOCASE)'];
    expect(await writing(await open(database, collated))).toEqual({ tag: ['unknown'] });
  });

  it('tells nothing once it may have got a trigger, in a transaction too, until that has been asked for', async () => {
    const telling = await open(database);
    expect(await writing(telling)).toMatchObject({ tag: [{ action: 'update' }] });
    await telling.dataSource.transaction(async (manager) => {
      for (const sql of TRIGGERS[database.name]) await manager.query(sql);
      await manager.update(Tag, 1, { rank: 3 });
    });
    const { post } = await telling.during(() => telling.dataSource.manager.update(Post, 1, { views: 3 }));
    expect(post).toEqual(['unknown']);
    await vi.waitFor(
      async () => {
        const told = await telling.during(() => telling.dataSource.manager.update(Post, 1, { views: 3 }));
        expect(told).toMatchObject({ post: [{ action: 'update' }] });
      },
      { timeout: 20_000, interval: 200 },
    );
    expect(await writing(telling)).toMatchObject({ tag: ['unknown'] });
  });

  it('tells nothing of rows that take others of its own table along, unless it cannot', async () => {
    const own = {
      postgres: 'ALTER TABLE tag ADD UNIQUE (rank), ADD FOREIGN KEY (rank) REFERENCES tag (id) ON DELETE CASCADE',
      mariadb: 'ALTER TABLE tag ADD FOREIGN KEY (`rank`) REFERENCES tag (id) ON DELETE CASCADE',
      sqljs: 'ALTER TABLE tag ADD above integer REFERENCES tag (id) ON DELETE CASCADE',
    }[database.name];
    const telling = await open(database, [own]);
    const { tag } = await telling.during(() => telling.dataSource.manager.delete(Tag, 1));
    expect(tag).toEqual(['unknown']);
    expect(await writing(telling)).toMatchObject({ tag: [{ action: 'update' }] });
  });
});

describeDatabases(
  'a user of MariaDB',
  (database) => {
    it.each([
      ['ALL PRIVILEGES', true],
      ['SELECT, INSERT, UPDATE, DELETE', false],
    ])('with %s is shown triggers: %s', async (privileges, isShown) => {
      const options = await database.options();
      const admin = await new DataSource({ ...options, entities, synchronize: true } as never).initialize();
      const user = `qscache_${String(options.database).slice(-16)}_${isShown ? 'all' : 'few'}`.slice(0, 32);
      await admin.query(`CREATE USER '${user}'@'%' IDENTIFIED BY 'secret'`);
      await admin.query(`CREATE USER '${user}'@'localhost' IDENTIFIED BY 'secret'`);
      try {
        for (const host of ['%', 'localhost'])
          await admin.query(`GRANT ${privileges} ON \`${String(options.database)}\`.* TO '${user}'@'${host}'`);
        const telling = await tellingDataSource({ ...options, username: user, password: 'secret', entities } as never);
        const { tag } = await telling.during(() => telling.dataSource.manager.update(Tag, 1, { rank: 3 }));
        expect(tag).toMatchObject([isShown ? { action: 'update' } : 'unknown']);
        expect(telling.warnings).toHaveLength(isShown ? 0 : 1);
        if (!isShown) expect(telling.warnings[0]).toContain('GRANT TRIGGER ON');
      } finally {
        for (const host of ['%', 'localhost']) await admin.query(`DROP USER '${user}'@'${host}'`);
        await admin.destroy();
      }
    });
  },
  ['mariadb'],
);

describeDatabases(
  'a relation of PostgreSQL that is no plain table',
  (database) => {
    it.each([
      ['a rule', ['CREATE RULE twice AS ON UPDATE TO tag DO ALSO SELECT 1']],
      ['a table that inherits from it', ['CREATE TABLE more () INHERITS (tag)']],
      ['a view in its place', ['ALTER TABLE tag RENAME TO tags', 'CREATE VIEW tag AS SELECT * FROM tags']],
    ])('tells nothing: %s', async (_title, prepare) => {
      const telling = await open(database, prepare);
      const { tag } = await telling.during(() => telling.dataSource.manager.update(Tag, 1, { rank: 3 }));
      expect(tag).toEqual(['unknown']);
    });
  },
  ['postgres'],
);

describeDatabases(
  'a table of SQLite that lets new rows replace others',
  (database) => {
    it('tells nothing', async () => {
      const telling = await open(database, [
        'DROP TABLE tag',
        'CREATE TABLE tag (id integer PRIMARY KEY ON CONFLICT REPLACE, rank integer)',
      ]);
      const { tag } = await telling.during(() => telling.dataSource.manager.insert(Tag, { id: 1 }));
      expect(tag).toEqual(['unknown']);
    });
  },
  ['sqljs'],
);

describeDatabases(
  'a write of PostgreSQL that waits for a trigger to be made',
  (database) => {
    it('tells nothing, though nothing was known of it when it began', async () => {
      const { dataSource, during } = await open(database);
      await dataSource.manager.insert(Tag, { id: 1 });
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      for (const sql of TRIGGERS.postgres) await runner.query(sql);
      const told = async () => {
        const { post } = await during(() => dataSource.manager.update(Post, 1, { views: 3 }));
        expect(post).toMatchObject([{ action: 'update' }]);
      };
      // The database has been asked again, and does not know of it yet.
      await vi.waitFor(told, { timeout: 20_000, interval: 200 });
      const { tag } = await during(async () => {
        const waiting = dataSource.manager.update(Tag, 1, { rank: 3 });
        await vi.waitFor(
          async () => {
            const sql = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
            expect(await runner.query(sql)).toHaveLength(1);
          },
          { timeout: 20_000, interval: 50 },
        );
        await runner.commitTransaction();
        await waiting;
      });
      await runner.release();
      expect(await dataSource.manager.findOneBy(Tag, { id: 1 })).toMatchObject({ rank: 7 });
      expect(tag).toEqual(['unknown']);
    });
  },
  ['postgres'],
);

describeDatabases(
  'a value that MySQL takes for SQL',
  (database) => {
    it('tells nothing', async () => {
      const { dataSource, during } = await open(database);
      const sql = 'UPDATE tag SET id = ? WHERE id = 1';
      expect(await during(() => dataSource.query(sql, [{ id: 2, rank: 3 }]))).toMatchObject({ tag: ['unknown'] });
      expect(await during(() => dataSource.query(sql, [3]))).toMatchObject({ tag: [{ values: { id: 'i:3' } }] });
    });
  },
  ['mariadb'],
);
