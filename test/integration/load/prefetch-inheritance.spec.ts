import { Injectable } from '@nestjs/common';
import {
  ChildEntity,
  Column,
  Entity,
  type FindManyOptions,
  JoinTable,
  ManyToMany,
  ManyToOne,
  type ObjectLiteral,
  OneToMany,
  PrimaryGeneratedColumn,
  type Relation,
  TableInheritance,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { expectReadsLikeFind } from '../../support/reads-like-find.js';
import { createTestApp } from '../../support/test-app.js';

@Entity('tag')
class Tag {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  name: string;
}

@Entity('home')
class Home {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  name: string;

  @OneToMany(() => Pet, (pet) => pet.home)
  pets: Relation<Pet>[];
}

@Entity('pet')
@TableInheritance({ column: { name: 'kind', type: 'varchar', length: 20 } })
class Pet {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  name: string;

  @ManyToOne(() => Home, (home) => home.pets, { nullable: true })
  home: Home | null;
}

@ChildEntity()
class Cat extends Pet {
  @Column({ nullable: true })
  lives: number;

  @ManyToOne(() => Tag, { nullable: true })
  tag: Tag | null;

  @ManyToMany(() => Tag)
  @JoinTable({ name: 'pet_toys' })
  toys: Tag[];

  /** Its siblings have one of that name too. */
  @ManyToOne(() => Tag, { nullable: true })
  badge: Tag | null;
}

@ChildEntity()
class Dog extends Pet {
  @ManyToOne(() => Home, { nullable: true })
  kennel: Home | null;

  @ManyToOne(() => Tag, { nullable: true })
  badge: Tag | null;
}

@ChildEntity()
class Puppy extends Dog {
  @ManyToOne(() => Tag, { nullable: true })
  trick: Tag | null;
}

// The paths of a subclass's relations are no paths of the base: `as never`.
@Injectable()
class PetCacheManager extends BaseCacheManager<Pet> {
  model = Pet;
  prefetchRelatedObjects = ['tag', 'toys', 'kennel', 'trick', 'home'] as never;
}

@Injectable()
class BadgeCacheManager extends BaseCacheManager<Pet> {
  model = Pet;
  cacheKey = 'badge';
  prefetchRelatedObjects = ['badge'] as never;
}

@Injectable()
class MixedPetCacheManager extends BaseCacheManager<Pet> {
  model = Pet;
  cacheKey = 'mixed';
  relatedObjects = ['kennel'] as never;
  prefetchRelatedObjects = ['kennel.pets', 'tag'] as never;
}

@Injectable()
class CatCacheManager extends BaseCacheManager<Cat> {
  model = Cat;
  prefetchRelatedObjects = ['tag', 'toys', 'home.pets'] as const;
}

@Injectable()
class DogCacheManager extends BaseCacheManager<Dog> {
  model = Dog;
  prefetchRelatedObjects = ['kennel', 'badge', 'trick'] as never;
}

@Injectable()
class HomeCacheManager extends BaseCacheManager<Home> {
  model = Home;
  prefetchRelatedObjects = ['pets.tag', 'pets.toys', 'pets.kennel'] as never;
}

@Injectable()
class JoinedHomeCacheManager extends BaseCacheManager<Home> {
  model = Home;
  cacheKey = 'joined-home';
  relatedObjects = ['pets'] as const;
  prefetchRelatedObjects = ['pets.tag', 'pets.toys', 'pets.kennel'] as never;
}

async function setUp(database: TestDatabase) {
  const entities = [Tag, Home, Pet, Cat, Dog, Puppy];
  const app = await createTestApp({
    database: { ...(await database.options()), entities, synchronize: true } as never,
    managers: [
      PetCacheManager,
      BadgeCacheManager,
      MixedPetCacheManager,
      CatCacheManager,
      DogCacheManager,
      HomeCacheManager,
      JoinedHomeCacheManager,
    ],
  });
  const { manager } = app.dataSource;
  const home = await manager.save(Home, { name: 'home' });
  const [red, blue] = await manager.save(Tag, [{ name: 'red' }, { name: 'blue' }]);
  await manager.save(Cat, { name: 'cat', lives: 9, home, tag: red!, toys: [red!, blue!], badge: red! });
  await manager.save(Dog, { name: 'dog', home, kennel: home, badge: blue! });
  await manager.save(Puppy, { name: 'puppy', home, kennel: home, trick: blue!, badge: red! });
  await manager.save(Cat, { name: 'stray', lives: 1 });
  await manager.save(Pet, { name: 'unknown', home });
  return app;
}

const BY_ID = { id: 'ASC' } as const;

const CASES: [abstract new () => BaseCacheManager<ObjectLiteral>, FindManyOptions<ObjectLiteral>, number][] = [
  [
    PetCacheManager,
    { relations: { tag: true, toys: true, kennel: true, trick: true, home: true }, order: { id: 'ASC', toys: BY_ID } },
    6,
  ],
  [BadgeCacheManager, { relations: { badge: true }, order: BY_ID }, 2],
  [
    MixedPetCacheManager,
    { relations: { kennel: { pets: true }, tag: true }, order: { id: 'ASC', kennel: { pets: BY_ID } } },
    3,
  ],
  [
    CatCacheManager,
    {
      relations: { tag: true, toys: true, home: { pets: true } },
      order: { id: 'ASC', toys: BY_ID, home: { pets: BY_ID } },
    },
    5,
  ],
  [DogCacheManager, { relations: { kennel: true, badge: true, trick: true }, order: BY_ID }, 4],
  [
    HomeCacheManager,
    {
      relations: { pets: { tag: true, toys: true, kennel: true } },
      order: { id: 'ASC', pets: { id: 'ASC', toys: BY_ID } },
    },
    5,
  ],
  [
    JoinedHomeCacheManager,
    {
      relations: { pets: { tag: true, toys: true, kennel: true } },
      order: { id: 'ASC', pets: { id: 'ASC', toys: BY_ID } },
    },
    4,
  ],
];

describeDatabases('With single-table inheritance', (database) => {
  it('a prefetched relation is set where find sets it: by the base, a subclass, another entity', async () => {
    const app = await setUp(database);
    for (const [Manager, options, queries] of CASES) await expectReadsLikeFind(app, Manager, options, queries);
  });

  it('what the base has cached of a subclass knows of writes', async () => {
    const { get, dataSource, statements } = await setUp(database);
    const pets = get(PetCacheManager);
    const tagOf = async (id: number) => ((await pets.get(id)) as Cat).tag?.name;
    expect(await tagOf(1)).toBe('red');
    expect(await statements.expect(0, () => tagOf(1))).toBe('red');
    expect('tag' in (await pets.get(2))).toBe(false);
    await statements.expect(0, () => pets.get(2));
    await dataSource.manager.update(Tag, 1, { name: 'green' });
    expect(await tagOf(1)).toBe('green');
  });
});
