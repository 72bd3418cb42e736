import { Injectable } from '@nestjs/common';
import {
  AfterLoad,
  Column,
  Entity,
  type FindManyOptions,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  type Relation,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

let made = 0;

/** No copy has its number. */
@Entity('company')
class Company {
  @PrimaryColumn('int')
  id: number;

  #name: string;

  serial: number;

  heard: number;

  @Column({ type: 'varchar', length: 20 })
  get name() {
    return this.#name;
  }

  set name(name: string) {
    this.#name = name;
    this.serial = made++;
  }

  @ManyToOne(() => Person)
  person: Relation<Person>;

  @AfterLoad()
  hear() {
    this.heard = (this.heard ?? 0) + 1;
  }
}

let read = 0;

/** Fails when it is made again to be copied: the second time. */
@Entity('stamp')
class Stamp {
  @PrimaryColumn('int')
  id: number;

  @Column({
    type: 'int',
    transformer: {
      to: (value: number) => value,
      from: (value: number) => {
        if (++read === 2) throw new RangeError('not twice');
        return { value };
      },
    },
  })
  of: object;
}

@Entity('person')
class Person {
  @PrimaryColumn('int')
  id: number;

  @ManyToOne(() => Company)
  company: Company;

  @ManyToOne(() => Stamp)
  stamp: Stamp;

  @OneToMany(() => Company, (company) => company.person)
  companies: Company[];
}

@Entity('task')
class Task {
  @PrimaryColumn('int')
  id: number;

  @ManyToOne(() => Person)
  person: Person;
}

@Injectable()
class CompanyTaskCacheManager extends BaseCacheManager<Task> {
  model = Task;
  relatedObjects = ['person'] as const;
  prefetchRelatedObjects = ['person.company'] as const;
}

@Injectable()
class CompaniesTaskCacheManager extends BaseCacheManager<Task> {
  model = Task;
  cacheKey = 'companies';
  relatedObjects = ['person'] as const;
  prefetchRelatedObjects = ['person.companies'] as const;
}

@Injectable()
class DeepTaskCacheManager extends BaseCacheManager<Task> {
  model = Task;
  cacheKey = 'deep';
  prefetchRelatedObjects = ['person.company'] as const;
}

@Injectable()
class StampTaskCacheManager extends BaseCacheManager<Task> {
  model = Task;
  cacheKey = 'stamp';
  relatedObjects = ['person'] as const;
  prefetchRelatedObjects = ['person.stamp'] as const;
}

async function tasks(database: TestDatabase) {
  const app = await createTestApp({
    database: { ...(await database.options()), entities: [Company, Stamp, Person, Task], synchronize: true } as never,
    managers: [CompanyTaskCacheManager, CompaniesTaskCacheManager, DeepTaskCacheManager, StampTaskCacheManager],
  });
  const { manager } = app.dataSource;
  await manager.query(`INSERT INTO company (id, name) VALUES (1, 'acme')`);
  await manager.query('INSERT INTO stamp VALUES (1, 5)');
  await manager.save(Person, { id: 1, company: { id: 1 }, stamp: { id: 1 } });
  await manager.update(Company, { id: 1 }, { person: { id: 1 } });
  await manager.save(Task, [
    { id: 1, person: { id: 1 } },
    { id: 2, person: { id: 1 } },
  ]);
  return app;
}

describeDatabases('Two parents of one prefetched row', (database) => {
  it('have an instance each, as find gives, also of what no copy can be made of', async () => {
    const { get, dataSource } = await tasks(database);
    const companiesOf = ({ person }: Task) => [person.company ?? person.companies].flat();
    const look = (found: Task[]) => {
      const [first, second] = found.map(companiesOf);
      return [
        first!.length,
        first!.some((company, i) => company === second![i]),
        [first, second].flat().map((each) => each!.heard),
      ];
    };
    const cases: [typeof CompanyTaskCacheManager, FindManyOptions<Task>['relations']][] = [
      [CompanyTaskCacheManager, { person: { company: true } }],
      [CompaniesTaskCacheManager as never, { person: { companies: true } }],
      [DeepTaskCacheManager as never, { person: { company: true } }],
    ];
    for (const [Manager, relations] of cases) {
      const expected = look(await dataSource.manager.find(Task, { relations: relations!, order: { id: 'ASC' } }));
      expect(expected).toEqual([1, false, [1, 1]]);
      const set = () => get(Manager).all().orderBy({ id: 'ASC' });
      expect(look(await set())).toEqual(expected);
      expect(look(await set().cache())).toEqual(expected);
    }
  });

  it('have an instance each of what can be read but not copied', async () => {
    const { get } = await tasks(database);
    read = 0;
    const [first, second] = await get(StampTaskCacheManager).all().filter({});
    expect([first!.person.stamp.of, second!.person.stamp.of]).toEqual([{ value: 5 }, { value: 5 }]);
    expect(first!.person.stamp).not.toBe(second!.person.stamp);
  });
});
