import {
  Column,
  DataSource,
  Entity,
  Equal,
  In,
  IsNull,
  JoinColumn,
  MoreThan,
  OneToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';
import { expect, it, onTestFinished } from 'vitest';
import { pinsOneRow } from '../../../lib/naming/pinned-row.js';
import { Filter } from '../../../lib/query/filter.js';
import { asksRelated } from '../../../lib/query/where.js';

@Entity()
class Owner {
  @PrimaryGeneratedColumn()
  id: number;

  @Column('varchar', { unique: true, nullable: true })
  code: string | null;

  @Column()
  name: string;
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
