import {
  Column,
  DataSource,
  Entity,
  Equal,
  In,
  IsNull,
  JoinColumn,
  ManyToOne,
  MoreThan,
  OneToMany,
  OneToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  Raw,
  type Relation,
} from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { pinsOneRow } from '../../../lib/naming/pinned-row.js';
import { Filter } from '../../../lib/query/filter.js';
import { asksRelated } from '../../../lib/query/where.js';

class Seat {
  @Column()
  row: number;

  @Column()
  place: number;
}

class Team {
  @OneToMany(() => Owner, (owner) => owner.lead)
  members: Relation<Owner[]>;
}

@Entity()
class Owner {
  @PrimaryGeneratedColumn()
  id: number;

  @Column('varchar', { unique: true, nullable: true })
  code: string | null;

  @Column()
  name: string;

  @Column(() => Seat)
  seat: Seat;

  @ManyToOne(() => Owner, (owner) => owner.staff)
  boss: Relation<Owner>;

  @OneToMany(() => Owner, (owner) => owner.boss)
  staff: Relation<Owner[]>;

  @ManyToOne(() => Owner, (owner) => owner.team.members)
  lead: Relation<Owner>;

  @Column(() => Team)
  team: Team;
}

/** Its key is a foreign key and a relation under one name, as older code has it. */
@Entity()
class Passport {
  @PrimaryColumn('int', { name: 'ownerId' })
  @OneToOne(() => Owner)
  @JoinColumn({ name: 'ownerId' })
  owner: Relation<Owner>;
}

async function metadataOf(entity: new () => object) {
  const dataSource = await new DataSource({ type: 'sqljs', entities: [Owner, Passport] }).initialize();
  onTestFinished(() => dataSource.destroy());
  return dataSource.getMetadata(entity);
}

it('takes a property that is column and relation for a column, as TypeORM does', async () => {
  const metadata = await metadataOf(Passport);
  expect(asksRelated(metadata, { owner: 5 })).toBe(false);
  const { query } = Filter.of(metadata).and({ owner: 5 }).and({ owner: 6 });
  expect(query).toEqual({ where: { owner: 5 }, refinements: [{ where: { owner: 6 }, isExcluded: false }] });
});

describe('filter() after filter()', () => {
  const raw = (value: number) => Raw((column) => `${column} > :value`, { value });
  const own = raw(0);

  it.each<[first: object, second: object, both: object]>([
    [{ id: 1 }, { name: 'a' }, { id: 1, name: 'a' }],
    [{ id: 1 }, {}, { id: 1 }],
    [{}, { id: 1 }, { id: 1 }],
    [{ id: own }, { name: 'a' }, { id: own, name: 'a' }],
    [{ seat: { row: 1 } }, { seat: { place: 2 } }, { seat: { row: 1, place: 2 } }],
    [{ boss: { id: 1 } }, { boss: { boss: { id: 2 } } }, { boss: { id: 1, boss: { id: 2 } } }],
    [{ boss: { seat: { row: 1 } } }, { boss: { seat: { place: 1 } } }, { boss: { seat: { row: 1, place: 1 } } }],
    [{ staff: { id: 1 } }, { boss: { id: 1 } }, { staff: { id: 1 }, boss: { id: 1 } }],
  ])('says %o and %o at once', async (first, second, both) => {
    const { query } = Filter.of(await metadataOf(Owner))
      .and(first)
      .and(second);
    expect(query).toEqual({ where: both });
  });

  it.each<[first: object, second: object]>([
    [{ id: 1 }, { id: 2 }],
    [[{ id: 1 }, { id: 2 }], { name: 'a' }],
    [{ name: 'a' }, [{ id: 1 }, { id: 2 }]],
    [{ id: raw(1) }, { name: raw(2) }],
    [{ seat: { row: 1 } }, { seat: { row: 2 } }],
    [{ seat: { row: 1 } }, { seat: [{ row: 2 }] }],
    [{ boss: { id: 1 } }, { boss: { id: 2 } }],
    [{ boss: { id: 1 } }, { boss: Equal(2) }],
    [{ staff: { id: 1 } }, { staff: { name: 'a' } }],
    [{ boss: { staff: { id: 1 } } }, { boss: { staff: { name: 'a' } } }],
    [{ team: { members: { id: 1 } } }, { 'team.members': { id: 2 } }],
  ])('asks %o and %o one by one', async (first, second) => {
    const { query } = Filter.of(await metadataOf(Owner))
      .and(first)
      .and(second);
    expect(query).toEqual({ where: first, refinements: [{ where: second, isExcluded: false }] });
  });

  it('takes the first of them that asks of related rows for the query itself', async () => {
    const of = (filter: Filter) => filter.query;
    const [row, related] = [{ name: 'a' }, [{ staff: { id: 1 } }, { id: 1 }]];
    const filter = Filter.of(await metadataOf(Owner));
    const refined = [{ where: row, isExcluded: false }];
    expect(of(filter.and(row).and(related))).toEqual({ where: related, refinements: refined });
    expect(of(filter.and(related).and(row))).toEqual({ where: related, refinements: refined });
    expect(of(filter.and(row).andNot(related).and({ id: 1 })).where).toEqual({ ...row, id: 1 });
  });

  it('costs what it says, however much was said before', async () => {
    let filter = Filter.of(await metadataOf(Owner), { id: 1 });
    for (let i = 0; i < 100_000; i++) filter = filter.and({ id: i }).andNot({ id: -i });
    expect(filter.query.refinements).toHaveLength(200_000);
    expect(filter.query.refinements![1]).toEqual({ where: { id: -0 }, isExcluded: true });
  });
});

it.each([
  [{ id: 1 }, true],
  [{ code: 'a' }, true],
  [{ code: Equal('a') }, true],
  [{ code: 'a', name: 'b' }, true],
  [{ code: 'a', name: MoreThan('b') }, true],
  [{ name: 'b' }, false],
  [{ code: In(['a']) }, false],
  [{ code: IsNull() }, false],
  [{ code: null }, false],
  [{ code: undefined }, false],
  [{ id: 1, name: undefined }, false],
  [{ nothing: 1 }, false],
  [[{ id: 1 }], false],
  [{}, false],
  [undefined, false],
])('says of %o whether it pins one row: %s', async (where, pins) => {
  expect(pinsOneRow(await metadataOf(Owner), where as never)).toBe(pins);
});
