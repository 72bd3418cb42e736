import { Injectable } from '@nestjs/common';
import {
  Column,
  type DataSourceOptions,
  Entity,
  type MigrationInterface,
  PrimaryColumn,
  type QueryRunner,
} from 'typeorm';
import { expect, it, vi } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { type DatabaseName, describeDatabases, type TestDatabase } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity('address')
class Address {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'int' })
  person!: number;

  @Column({ type: 'int' })
  chosen!: number;

  @Column({ type: 'int', nullable: true })
  touched!: number | null;
}

@Entity('person')
class Person {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'int' })
  addresses!: number;
}

@Injectable()
class AddressCacheManager extends BaseCacheManager<Address> {
  model = Address;
}

@Injectable()
class PersonCacheManager extends BaseCacheManager<Person> {
  model = Person;
}

const TABLES = [
  'CREATE TABLE address (id int PRIMARY KEY, person int NOT NULL, chosen int NOT NULL, touched int)',
  'CREATE TABLE person (id int PRIMARY KEY, addresses int NOT NULL)',
  'CREATE TABLE arrival (id int PRIMARY KEY, person int NOT NULL)',
  'INSERT INTO person VALUES (1, 0), (2, 0)',
  'INSERT INTO address VALUES (1, 1, 1, 0), (2, 1, 0, 0)',
];

const COUNT = 'UPDATE person SET addresses = addresses + 1 WHERE id = NEW.person';

/** Statements that make a trigger, as its database likes them. @param depth how many triggers may have fired before it */
function trigger(on: DatabaseName, name: string, when: string, body: string, depth = 0): string[] {
  if (on !== 'postgres') return [`CREATE TRIGGER ${name} ${when} FOR EACH ROW BEGIN ${body}; END`];
  return [
    `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body}; RETURN NEW; END $$`,
    `CREATE TRIGGER ${name} ${when} FOR EACH ROW WHEN (pg_trigger_depth() <= ${depth}) EXECUTE FUNCTION ${name}()`,
  ];
}

async function setUp(database: TestDatabase, definitions: readonly string[]) {
  class Define1700000000000 implements MigrationInterface {
    async up(runner: QueryRunner): Promise<void> {
      for (const sql of [...TABLES, ...definitions]) await runner.query(sql);
    }
    async down(): Promise<void> {}
  }
  const { get, dataSource, settled, statements } = await createTestApp({
    database: {
      ...(await database.options()),
      entities: [Address, Person],
      migrations: [Define1700000000000],
      migrationsRun: true,
    } as DataSourceOptions,
    managers: [AddressCacheManager, PersonCacheManager],
  });
  const read = async () => {
    const person = await get(PersonCacheManager).get(1);
    const address = await get(AddressCacheManager).get(1);
    const other = await get(AddressCacheManager).get(2);
    await settled();
    return { addresses: person.addresses, chosen: [address.chosen, other.chosen] };
  };
  await read();
  await statements.expect(0, read);
  return { manager: dataSource.manager, read, statements };
}

describeDatabases('a trigger that nobody has declared', (database) => {
  const on = database.name;

  it('is heard of where it writes another table', async () => {
    const { manager, read } = await setUp(database, trigger(on, 'counted', 'AFTER INSERT ON address', COUNT));
    await manager.insert(Address, { id: 3, person: 1, chosen: 0 });
    expect(await read()).toMatchObject({ addresses: 1 });
  });

  it('is heard of where it writes one through a table that is not mapped', async () => {
    const { manager, read } = await setUp(database, [
      ...trigger(on, 'arrived', 'AFTER INSERT ON address', 'INSERT INTO arrival VALUES (NEW.id, NEW.person)'),
      ...trigger(on, 'counted', 'AFTER INSERT ON arrival', COUNT, 1),
    ]);
    await manager.insert(Address, { id: 3, person: 1, chosen: 0 });
    expect(await read()).toMatchObject({ addresses: 1 });
  });

  it('is heard of where its own table is not mapped', async () => {
    const { manager, read } = await setUp(database, trigger(on, 'counted', 'AFTER INSERT ON arrival', COUNT));
    await manager.query('INSERT INTO arrival VALUES (1, 1)');
    expect(await read()).toMatchObject({ addresses: 1 });
  });

  it('changes nothing that it neither names nor reaches', async () => {
    const touch = {
      postgres: 'NEW.touched := 1',
      mariadb: 'SET NEW.touched = 1',
      sqljs: 'INSERT INTO arrival VALUES (NEW.id, 5)',
    }[on];
    const when = on === 'sqljs' ? 'AFTER UPDATE ON address' : 'BEFORE UPDATE ON address';
    const { manager, read, statements } = await setUp(database, trigger(on, 'touched', when, touch));
    await manager.update(Address, 1, { chosen: 5 });
    await statements.expect(1, read);
  });

  it('is heard of, in a while, that was made while the application ran', async () => {
    const { manager, read } = await setUp(database, []);
    for (const sql of trigger(on, 'counted', 'AFTER INSERT ON address', COUNT)) await manager.query(sql);
    let id = 3;
    await vi.waitFor(
      async () => {
        const { addresses } = await read();
        await manager.insert(Address, { id: id++, person: 1, chosen: 0 });
        expect(await read()).toMatchObject({ addresses: addresses + 1 });
      },
      { timeout: 20_000, interval: 200 },
    );
  });
});

interface Case {
  readonly title: string;
  readonly definitions: readonly string[];
  readonly write: string;
  readonly expected: object;
}

const CHOOSE = 'UPDATE address SET chosen = 0 WHERE id <> NEW.id AND NEW.chosen = 1';
const CHOSEN = { write: 'UPDATE address SET chosen = 1 WHERE id = 2', expected: { chosen: [0, 1] } };
const COUNTED = { write: 'INSERT INTO address VALUES (3, 1, 0, 0)', expected: { addresses: 1 } };

const ON: Readonly<Record<DatabaseName, readonly Case[]>> = {
  sqljs: [
    {
      title: 'other rows of its table',
      definitions: trigger('sqljs', 'one_chosen', 'AFTER UPDATE ON address', CHOOSE),
      ...CHOSEN,
    },
    {
      title: 'what a view is written for',
      definitions: [
        'CREATE VIEW lonely AS SELECT id, addresses FROM person WHERE addresses = 0',
        'CREATE TRIGGER lonely_set INSTEAD OF UPDATE ON lonely BEGIN UPDATE person SET addresses = NEW.addresses WHERE id = OLD.id; END',
      ],
      write: 'UPDATE lonely SET addresses = 1 WHERE id = 1',
      expected: { addresses: 1 },
    },
  ],
  postgres: [
    {
      title: 'other rows of its table',
      definitions: trigger('postgres', 'one_chosen', 'AFTER UPDATE ON address', CHOOSE),
      ...CHOSEN,
    },
    {
      title: 'other rows of its table, whose name is put together',
      definitions: trigger(
        'postgres',
        'one_chosen',
        'AFTER UPDATE ON address',
        `EXECUTE format('UPDATE %I SET chosen = 0 WHERE id <> %s AND 1 = %s', TG_TABLE_NAME, NEW.id, NEW.chosen)`,
      ),
      ...CHOSEN,
    },
    {
      title: 'what functions write that it calls',
      definitions: [
        'CREATE FUNCTION Count_It(who int) RETURNS void LANGUAGE sql AS $$ UPDATE person SET addresses = addresses + 1 WHERE id = who $$',
        'CREATE FUNCTION pass_on(who int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM count_it(who); END $$',
        ...trigger('postgres', 'counted', 'AFTER INSERT ON address', 'PERFORM pass_on(NEW.person)'),
      ],
      ...COUNTED,
    },
    {
      title: "what a function writes in the standard's form",
      definitions: [
        'CREATE PROCEDURE count_it(who int) LANGUAGE sql BEGIN ATOMIC UPDATE person SET addresses = addresses + 1 WHERE id = who; END',
        ...trigger('postgres', 'counted', 'AFTER INSERT ON address', 'CALL count_it(NEW.person)'),
      ],
      ...COUNTED,
    },
    {
      title: 'what a rule writes',
      definitions: [
        'CREATE RULE counted AS ON INSERT TO address DO ALSO UPDATE person SET addresses = addresses + 1 WHERE id = NEW.person',
      ],
      ...COUNTED,
    },
    {
      title: 'what a view is written for',
      definitions: ['CREATE VIEW lonely AS SELECT id, addresses FROM person WHERE addresses = 0'],
      write: 'UPDATE lonely SET addresses = 1 WHERE id = 1',
      expected: { addresses: 1 },
    },
    {
      title: 'what is written to a partition by its own name',
      definitions: [
        'DROP TABLE person',
        'CREATE TABLE person (id int PRIMARY KEY, addresses int NOT NULL) PARTITION BY RANGE (id)',
        'CREATE TABLE "Low person" PARTITION OF person FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id)',
        'CREATE TABLE lowest_person PARTITION OF "Low person" FOR VALUES FROM (0) TO (5)',
        'INSERT INTO person VALUES (1, 0)',
      ],
      write: 'UPDATE lowest_person SET addresses = 1 WHERE id = 1',
      expected: { addresses: 1 },
    },
    {
      title: 'what is written to a table that inherits',
      definitions: ['CREATE TABLE owner () INHERITS (person)', 'DELETE FROM person', 'INSERT INTO owner VALUES (1, 0)'],
      write: 'UPDATE owner SET addresses = 1 WHERE id = 1',
      expected: { addresses: 1 },
    },
  ],
  mariadb: [
    {
      title: 'what procedures write that it calls',
      definitions: [
        'CREATE PROCEDURE Count_It(who int) UPDATE person SET addresses = addresses + 1 WHERE id = who',
        ...trigger('mariadb', 'counted', 'AFTER INSERT ON address', 'CALL count_it(NEW.person)'),
      ],
      ...COUNTED,
    },
    {
      title: 'what a view is written for',
      definitions: ['CREATE VIEW lonely AS SELECT id, addresses FROM person WHERE addresses = 0'],
      write: 'UPDATE lonely SET addresses = 1 WHERE id = 1',
      expected: { addresses: 1 },
    },
  ],
};

describeDatabases('of what nobody has declared, there is heard', (database) => {
  it.each(ON[database.name])('$title', async ({ definitions, write, expected }) => {
    const { manager, read } = await setUp(database, definitions);
    await manager.query(write);
    expect(await read()).toMatchObject(expected);
  });
});
