import { Injectable } from '@nestjs/common';
import {
  Column,
  type DataSourceOptions,
  Entity,
  type FindOptionsWhere,
  In,
  ManyToOne,
  Not,
  Or,
  PrimaryColumn,
  type Relation,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity()
class Tray {
  @PrimaryColumn()
  id!: number;
}

@Entity()
class Cup {
  @PrimaryColumn()
  id!: number;

  @Column({ type: 'int', nullable: true })
  size!: number | null;

  @ManyToOne(() => Tray, { nullable: true })
  tray!: Relation<Tray> | null;
}

@Injectable()
class Cups extends BaseCacheManager<Cup> {
  model = Cup;
}

const nobody: number[] = [];
const FILTERS: readonly (readonly [string, FindOptionsWhere<Cup>])[] = [
  ['a column of their own', { size: Not(In(nobody)) }],
  ['one of two conditions', { size: Or(Not(In(nobody)), In([7])) }],
  ['the key of a related row', { tray: { id: Not(In(nobody)) } }],
];

describeDatabases('Rows that are to hold none of no values', (database) => {
  it.each(FILTERS)('are found where they hold nothing, by %s', async (_, where) => {
    const app = await createTestApp({
      database: { ...(await database.options()), entities: [Tray, Cup], synchronize: true } as DataSourceOptions,
      managers: [Cups],
    });
    const { manager } = app.dataSource;
    await manager.insert(Tray, { id: 1 });
    await manager.insert(Cup, { id: 1, size: 1, tray: { id: 1 } });
    const cups = () => app.get(Cups).all().filter(where).orderBy({ id: 'ASC' });
    const ids = async (of: PromiseLike<readonly Cup[]>) => (await of).map(({ id }) => id);
    await cups().cache();
    await cups().cache().count();
    await app.settled();
    await manager.insert(Cup, { id: 2, size: null, tray: null });
    expect(await ids(cups().cache())).toEqual(await ids(cups()));
    expect(await cups().cache().count()).toBe((await cups()).length);
  });
});
