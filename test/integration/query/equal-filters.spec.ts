import { Injectable } from '@nestjs/common';
import {
  And,
  Column,
  type DataSourceOptions,
  Entity,
  Equal,
  type FindOptionsOrder,
  type FindOptionsWhere,
  In,
  IsNull,
  LessThan,
  ManyToOne,
  MoreThan,
  Not,
  Or,
  PrimaryColumn,
  Raw,
  type Relation,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { UserId } from '../../fixtures/entities/value-keys.entities.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity()
class Owner {
  @PrimaryColumn()
  id: number;

  @Column()
  name: string;
}

class Place {
  @Column()
  row: string;

  @Column()
  number: number;
}

@Entity()
class Thing {
  @PrimaryColumn()
  id: number;

  @Column()
  a: number;

  @Column()
  b: number;

  @Column('varchar', { length: 50, nullable: true })
  text: string | null;

  @Column('varchar', {
    length: 50,
    transformer: {
      to: (value: unknown) => (value instanceof UserId ? value.id : value),
      from: (form: string) => new UserId(form),
    },
  })
  user: UserId;

  @Column(() => Place)
  place: Place;

  @ManyToOne(() => Owner, { nullable: true })
  owner: Relation<Owner> | null;
}

@Injectable()
class ThingCacheManager extends BaseCacheManager<Thing> {
  model = Thing;
}

type Filter = FindOptionsWhere<Thing> | FindOptionsWhere<Thing>[];

async function appOn(database: TestDatabase, behavior: object = { undefined: 'ignore', null: 'sql-null' }) {
  const app = await createTestApp({
    database: {
      ...(await database.options()),
      entities: [Thing, Owner],
      synchronize: true,
      invalidWhereValuesBehavior: behavior,
    } as DataSourceOptions,
    managers: [ThingCacheManager],
  });
  const { manager } = app.dataSource;
  await manager.insert(Owner, [
    { id: 1, name: 'ann' },
    { id: 2, name: 'bob' },
  ]);
  await manager.insert(
    Thing,
    [1, 2, 3, 4].map((id) => ({
      id,
      a: id % 2,
      b: -id,
      text: id === 4 ? null : String(id),
      user: new UserId(`u${id}`),
      place: { row: 'r', number: id },
      owner: id < 3 ? { id } : null,
    })),
  );
  return { ...app, things: app.get(ThingCacheManager) };
}

/** Each line asks for one thing in several ways. */
const equal: [string, ...(() => Filter)[]][] = [
  ['everything', () => ({}), () => [], () => [{}], () => ({ text: undefined }) as never, () => ({ owner: {} })],
  ['one value', () => ({ id: 1 }), () => ({ id: Equal(1) }), () => ({ id: In([1]) }), () => [{ id: 1 }]],
  ['one value, wrapped', () => ({ id: 1 }), () => ({ id: And(Equal(1)) }), () => ({ id: Or(In([1, 1])) })],
  ['one value, twice', () => ({ id: 1 }), () => [{ id: 1 }, { id: Equal(1) }], () => ({ id: Not(Not(1)) })],
  ['several values', () => ({ id: In([1, 2]) }), () => ({ id: In([2, 1, 2]) })],
  [
    'several properties',
    () => ({ a: 1, b: -1 }),
    () => ({ b: -1, a: 1 }),
    () => ({ b: Equal(-1), a: 1, text: undefined }) as never,
  ],
  ['alternatives', () => [{ id: 1 }, { a: 0 }], () => [{ a: 0 }, { id: 1 }, { a: In([0]) }]],
  [
    'operators',
    () => ({ id: And(MoreThan(1), LessThan(4)) }),
    () => ({ id: And(LessThan(4), MoreThan(1), LessThan(4)) }),
  ],
  ['not one value', () => ({ id: Not(1) }), () => ({ id: Not(Equal(1)) }), () => ({ id: Not(In([1])) })],
  ['NULL', () => ({ text: IsNull() }), () => ({ text: null }) as never],
  [
    'an instance',
    () => ({ user: new UserId('u1') }),
    () => ({ user: Equal(new UserId('u1')) }),
    () => ({ user: 'u1' }) as never,
  ],
  ['a property inside', () => ({ place: { number: 1, row: 'r' } }), () => ({ place: { row: Equal('r'), number: 1 } })],
  ['a relation', () => ({ owner: { id: 1, name: 'ann' } }), () => ({ owner: [{ name: 'ann', id: In([1]) }] })],
];

const orders: [string, ...(() => FindOptionsOrder<Thing>)[]][] = [
  [
    'ascending',
    () => ({ a: 'ASC', b: 'ASC' }),
    () => ({ a: 'asc', b: 1 }),
    () => ({ a: { direction: 'ASC' }, text: undefined, b: 1 }) as never,
  ],
  ['descending', () => ({ b: 'DESC' }), () => ({ b: -1 }), () => ({ b: 'desc' })],
];

describeDatabases('Filters that ask for the same', (database) => {
  it('are one entry, however they are written', async () => {
    const { things, statements } = await appOn(database);
    for (const [name, ...spellings] of equal) {
      const ids = (await things.all({ where: spellings[0]!() })).map(({ id }) => id);
      for (const [i, spelling] of spellings.entries()) {
        for (const read of [() => things.all({ where: spelling() }), () => things.all().filter(spelling()).cache()]) {
          const { result, statements: said } = await statements.during(read);
          expect([name, i, said]).toEqual([name, i, []]);
          expect(result.map(({ id }) => id)).toEqual(ids);
        }
      }
      const [first, ...others] = spellings;
      await things.all({ suffix: name, where: first!() });
      await things.get(`one of ${name}`, { where: first!(), raiseException: false });
      for (const other of others) {
        await statements.expect(0, () => things.all({ suffix: name, where: other() }));
        if (ids.length) await statements.expect(0, () => things.get(`one of ${name}`, { where: other() }));
      }
    }
    for (const [name, ...spellings] of orders) {
      const ids = (await things.all().orderBy(spellings[0]!()).cache()).map(({ id }) => id);
      for (const spelling of spellings) {
        const found = await statements.expect(0, () => things.all().orderBy(spelling()).offset(0).cache());
        expect([name, ...found.map(({ id }) => id)]).toEqual([name, ...ids]);
      }
    }
  });

  it('are not those that ask for something else', async () => {
    const { things, dataSource } = await appOn(database);
    const repository = dataSource.getRepository(Thing);
    const both = (a: number, b: number): Filter => ({
      a: Raw((alias) => `${alias} = :value`, { value: a }),
      id: Raw((alias) => `${alias} > :value`, { value: b }),
    });
    const others: [FindOptionsOrder<Thing> | undefined, Filter][] = [
      [{ a: 'ASC', b: 'ASC' }, {}],
      [{ b: 'ASC', a: 'ASC' }, {}],
      [{ a: 'DESC', b: 'ASC' }, {}],
      [{ id: 'ASC' }, { owner: { name: 'ann' } }],
      [{ id: 'ASC' }, { owner: { name: undefined, id: undefined } as never }],
      [{ id: 'ASC' }, { owner: Equal(1) } as never],
      [{ id: 'ASC' }, { owner: IsNull() }],
      [{ id: 'ASC' }, { id: In([]) }],
      [{ id: 'ASC' }, { text: IsNull() }],
      [{ id: 'ASC' }, { text: Equal(null) } as never],
      [{ id: 'ASC' }, { text: Not(IsNull()) }],
      [{ id: 'ASC' }, { id: And(MoreThan(1), LessThan(4)) }],
      [{ id: 'ASC' }, { id: Or(MoreThan(1), LessThan(4)) }],
      // The two parameters have one name: TypeORM takes the last.
      [{ id: 'ASC' }, both(1, 0)],
      [{ id: 'ASC' }, Object.fromEntries(Object.entries(both(1, 0)).toReversed())],
    ];
    for (const [order, where] of [...others, ...others]) {
      const set = things.all().filter(where);
      const found = await (order ? set.orderBy(order) : set).cache();
      expect(found.map(({ id }) => id)).toEqual(
        (await repository.find({ where, ...(order && { order }) })).map(({ id }) => id),
      );
    }
  });
});
