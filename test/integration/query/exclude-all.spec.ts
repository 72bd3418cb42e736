import { Injectable } from '@nestjs/common';
import {
  Column,
  type DataSourceOptions,
  Entity,
  ManyToOne,
  PrimaryColumn,
  type Relation,
  ViewColumn,
  ViewEntity,
  IsNull,
  Not,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

class Code {
  @PrimaryColumn('varchar', { length: 50 })
  text: string;
}

/** Its key is inside of an embedded object. */
@Entity('coded')
class Coded {
  @Column(() => Code)
  code: Code;
}

/** It has no key. */
@ViewEntity('codes', { expression: "SELECT 'a' AS note FROM coded" })
class CodeView {
  @ViewColumn()
  note: string;
}

@Entity('hall')
class Hall {
  @PrimaryColumn()
  house: number;

  @PrimaryColumn()
  floor: number;
}

/** Its foreign key has two columns. */
@Entity('rug')
class Rug {
  @PrimaryColumn()
  id: number;

  @ManyToOne(() => Hall)
  hall: Relation<Hall> | null;
}

@Injectable()
class Codes extends BaseCacheManager<Coded> {
  model = Coded;
}

@Injectable()
class CodeViews extends BaseCacheManager<CodeView> {
  model = CodeView;
  dependsOn = [Coded];
}

@Injectable()
class Rugs extends BaseCacheManager<Rug> {
  model = Rug;
}

async function appOn(database: TestDatabase) {
  const entities = [Coded, CodeView, Hall, Rug];
  return createTestApp({
    database: { ...(await database.options()), entities, synchronize: true } as DataSourceOptions,
    managers: [Codes, CodeViews, Rugs],
  });
}

describeDatabases('exclude({})', (database) => {
  it('leaves no row, where the key is embedded and where there is none', async () => {
    const { get, dataSource } = await appOn(database);
    await dataSource.manager.insert(Coded, { code: { text: 'a' } });
    for (const manager of [get(Codes), get(CodeViews)] as BaseCacheManager<object>[]) {
      expect(await manager.all()).toHaveLength(1);
      expect(await manager.all().exclude({})).toEqual([]);
      expect(await manager.all().exclude({}).cache()).toEqual([]);
      expect(await manager.all().exclude({}).exclude({}).count()).toBe(0);
    }
    expect(
      await get(Codes)
        .all()
        .filter({ code: { text: 'a' } })
        .exclude({}),
    ).toEqual([]);
  });
});

describeDatabases('An operator about a foreign key of two columns', (database) => {
  it('goes with what other filters say of the row', async () => {
    const { get, dataSource } = await appOn(database);
    const { manager } = dataSource;
    await manager.insert(Hall, { house: 1, floor: 2 });
    await manager.insert(Rug, [{ id: 1, hall: { house: 1, floor: 2 } }, { id: 2 }]);
    const ids = async (rugs: PromiseLike<Rug[]>) => (await rugs).map(({ id }) => id);
    const rugs = get(Rugs).all();
    const [some, none] = [{ hall: Not(IsNull()) }, { hall: IsNull() }];
    for (const where of [some, none]) {
      const expected = await ids(manager.find(Rug, { where }));
      expect(await ids(rugs.filter(where))).toEqual(expected);
      expect(await ids(rugs.filter(where).filter(where))).toEqual(expected);
    }
    expect(await ids(rugs.filter({ hall: { floor: 2 } }).filter(some))).toEqual([1]);
    expect(await ids(rugs.filter(none).filter({ hall: { floor: 2 } }))).toEqual([]);
    expect(await ids(rugs.filter(none).exclude(some))).toEqual([2]);
  });
});
