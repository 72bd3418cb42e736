import { Injectable } from '@nestjs/common';
import {
  Column,
  DataSource,
  DeleteDateColumn,
  Entity,
  type FindManyOptions,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  type Relation,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { expectReadsLikeFind } from '../../support/reads-like-find.js';
import { createTestApp, type TestApp } from '../../support/test-app.js';

const OWNERS = 50;
const EACH = 20;

@Entity()
class City {
  @PrimaryColumn('int')
  id: number;

  @Column({ type: 'varchar', length: 20 })
  name: string;

  @DeleteDateColumn()
  closedAt: Date | null;

  @OneToMany(() => Owner, ({ city }) => city)
  owners: Relation<Owner>[];
}

@Entity()
class Tag {
  @PrimaryColumn('int')
  id: number;

  @Column({ type: 'varchar', length: 20 })
  name: string;
}

@Entity()
class Owner {
  @PrimaryColumn('int')
  id: number;

  @Column('int')
  rank: number;

  @ManyToOne(() => City)
  city: City | null;

  @OneToMany(() => Photo, ({ owner }) => owner)
  photos: Relation<Photo>[];

  @ManyToMany(() => Tag)
  @JoinTable()
  tags: Tag[];
}

@Entity()
class Photo {
  @PrimaryColumn('int')
  id: number;

  @Column({ type: 'varchar', length: 20 })
  title: string;

  @ManyToOne(() => Owner, ({ photos }) => photos)
  owner: Owner;
}

@Injectable()
class Owners extends BaseCacheManager<Owner> {
  model = Owner;
  relatedObjects = ['photos', 'tags'] as const;
}

@Injectable()
class Cities extends BaseCacheManager<City> {
  model = City;
  relatedObjects = ['owners.photos', 'owners.tags'] as const;
}

@Injectable()
class Photos extends BaseCacheManager<Photo> {
  model = Photo;
  relatedObjects = ['owner.photos', 'owner.tags'] as const;
}

@Injectable()
class Residents extends BaseCacheManager<Owner> {
  model = Owner;
  cacheKey = 'residents';
  prefetchRelatedObjects = ['city', 'tags'] as const;
}

@Injectable()
class Pictures extends BaseCacheManager<Photo> {
  model = Photo;
  cacheKey = 'pictures';
  prefetchRelatedObjects = ['owner.city'] as const;
}

/** 50 owners with 20 photos and 20 tags each, in 5 cities. */
async function setUp(database: TestDatabase): Promise<TestApp> {
  const app = await createTestApp({
    database: {
      ...(await database.options()),
      entities: [City, Owner, Tag, Photo],
      synchronize: true,
    } as never,
    managers: [Owners, Cities, Photos, Residents, Pictures],
  });
  const { manager } = app.dataSource;
  await manager.insert(
    City,
    numbers(5).map((id) => ({ id, name: `city ${id}` })),
  );
  await manager.insert(
    Tag,
    numbers(30).map((id) => ({ id, name: `tag ${id}` })),
  );
  await manager.insert(
    Owner,
    numbers(OWNERS).map((id) => ({ id, rank: id % 7, city: { id: 1 + (id % 5) } })),
  );
  const perOwner = numbers(OWNERS).flatMap((owner) => numbers(EACH).map((of) => ({ owner, of })));
  await manager.insert(
    Photo,
    perOwner.map(({ owner, of }) => ({ id: owner * 100 + of, title: `photo ${of}`, owner: { id: owner } })),
  );
  const junction = app.dataSource.getMetadata(Owner).findRelationWithPropertyPath('tags')!.junctionEntityMetadata!;
  await manager.insert(
    junction.tableName,
    perOwner.map(({ owner, of }) => ({ ownerId: owner, tagId: of })),
  );
  return app;
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

/** The rows of each answer of the driver while `work` runs. */
async function rowsDuring(dataSource: DataSource, work: () => PromiseLike<unknown>): Promise<number[]> {
  const rows: number[] = [];
  const create = dataSource.createQueryRunner.bind(dataSource);
  dataSource.createQueryRunner = (mode) => {
    const runner = create(mode);
    const query = runner.query.bind(runner) as (...asked: unknown[]) => Promise<{ records?: unknown[] }>;
    runner.query = async (...asked: unknown[]) => {
      const answer = await query(...asked);
      if (answer.records) rows.push(answer.records.length);
      return answer as never;
    };
    return runner;
  };
  await work();
  dataSource.createQueryRunner = create;
  return rows;
}

const sum = (rows: readonly number[]) => rows.reduce((all, each) => all + each, 0);

describeDatabases('Two to-many relations joined', (database) => {
  it('are read in the sum of their rows, not the product', async () => {
    const { dataSource, get } = await setUp(database);
    const rows = await rowsDuring(dataSource, () => get(Owners).all());
    expect(rows).toEqual([OWNERS * EACH, OWNERS * EACH]);
    expect(sum(await rowsDuring(dataSource, () => get(Owners).get(1)))).toBe(2 * EACH);
  });

  it('are so below another to-many, where rows add up, and below a to-one', async () => {
    const { dataSource, get } = await setUp(database);
    expect(sum(await rowsDuring(dataSource, () => get(Cities).all()))).toBe(2 * OWNERS * EACH);
    expect(sum(await rowsDuring(dataSource, () => get(Photos).all().filter({ id: 101 })))).toBe(2 * EACH);
  });

  it('are joined where the query filters or orders by them', async () => {
    const { dataSource, get } = await setUp(database);
    const ordered = () =>
      get(Owners)
        .all()
        .filter({ id: 1 })
        .orderBy({ photos: { id: 'ASC' }, tags: { id: 'DESC' } });
    expect(await rowsDuring(dataSource, ordered)).toEqual([EACH * EACH]);
    const filtered = () =>
      get(Owners)
        .all()
        .filter({ id: 1, tags: { name: 'tag 2' } });
    // The tag that was asked for stays in the statement, the photos leave it.
    expect(await rowsDuring(dataSource, filtered)).toEqual([1, EACH]);
  });

  it.each<[string, FindManyOptions<Owner>]>([
    ['all of them', { order: { id: 'ASC' } }],
    ['ordered by one of them', { order: { tags: { id: 'DESC' }, id: 'ASC' } }],
    ['ordered by both', { order: { id: 'DESC', photos: { title: 'ASC' }, tags: { name: 'ASC' } } }],
    ['with some of their columns', { order: { id: 'ASC' }, select: { id: true, tags: { id: true, name: true } } }],
    ['without the key', { order: { rank: 'ASC' }, select: { rank: true } }],
  ])('return what find returns: %s', async (_, options) => {
    const app = await setUp(database);
    const { dataSource } = app;
    await dataSource.manager.delete(Photo, { owner: { id: 3 } });
    const ordered = app.get(Owners).all().orderBy(options.order!);
    const list = options.select ? ordered.select(options.select as never) : ordered;
    const expected = await dataSource.manager.find(Owner, { ...options, relations: { photos: true, tags: true } });
    expect(sorted(await list)).toEqual(sorted(expected));
    expect(sorted(await list.cache('kept'))).toEqual(sorted(expected));
  });

  it('make pages of what find makes pages of', async () => {
    const { dataSource, get } = await setUp(database);
    const order = { rank: 'ASC' } as const;
    const page = { order, skip: 5, take: 10, relations: { photos: true, tags: true } };
    const expected = await dataSource.manager.find(Owner, page);
    const read = await get(Owners).all().orderBy(order).offset(5).limit(10);
    expect(sorted(read)).toEqual(sorted(expected));
  });
});

/** As the properties come, with related rows, which nobody has ordered, in the order of their keys. */
function sorted(owners: readonly Owner[]): string[] {
  const byKey = (a: { id: number }, b: { id: number }) => a.id - b.id;
  return owners.map((owner) =>
    JSON.stringify(owner, (_, value: unknown) =>
      Array.isArray(value) ? (value as { id: number }[]).toSorted(byKey) : value,
    ),
  );
}

describeDatabases('A to-one relation that is prefetched', (database) => {
  it('is read once for all who refer to it', async () => {
    const { dataSource, get } = await setUp(database);
    const rows = await rowsDuring(dataSource, () => get(Pictures).all());
    expect(rows).toEqual([OWNERS * EACH, OWNERS, 5]);
  });

  it('gives each of them an instance of its own, as find does', async () => {
    const app = await setUp(database);
    await app.dataSource.manager.update(Owner, [1, 6], { city: null });
    await app.dataSource.manager.softDelete(City, 3);
    const options = { relations: { owner: { city: true } }, order: { id: 'ASC' } } as const;
    const hit = await expectReadsLikeFind(app, Pictures, options);
    for (const found of [hit, await app.get(Pictures).all().orderBy({ id: 'ASC' })]) {
      const owners = found.map(({ owner }) => owner);
      expect(new Set(owners).size).toBe(OWNERS * EACH);
      const cities = owners.map(({ city }) => city).filter((city) => city !== null);
      // Nobody is in the one that was soft-deleted, and two are in none.
      expect(cities).toHaveLength((OWNERS - 10 - 2) * EACH);
      expect(new Set(cities).size).toBe(cities.length);
    }
  });

  it('is read by its owners where the foreign key was not selected', async () => {
    const { dataSource, get } = await setUp(database);
    const read = () =>
      get(Residents)
        .all()
        .orderBy({ id: 'ASC' })
        .select({ id: true, city: { name: true } } as never);
    const options = { relations: { city: true, tags: true }, select: { id: true, city: { name: true } } } as const;
    const expected = await dataSource.manager.find(Owner, { ...options, order: { id: 'ASC' } });
    expect(sorted(await read())).toEqual(sorted(expected));
  });
});
