import {
  ClassSerializerInterceptor,
  Controller,
  Get,
  Injectable,
  Param,
  ParseIntPipe,
  UseInterceptors,
} from '@nestjs/common';
import request from 'supertest';
import type { DataSourceOptions, FindManyOptions, ObjectLiteral } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import {
  Author,
  AuthorSubscriber,
  Bike,
  Book,
  Car,
  Category,
  listeningEntities,
  Profile,
  Publisher,
  Review,
  Title,
  Vehicle,
} from '../../fixtures/entities/listening.entities.js';
import { expectSame } from '../../support/expect-same.js';
import { createTestApp } from '../../support/test-app.js';

@Injectable()
class AuthorCacheManager extends BaseCacheManager<Author> {
  model = Author;
  relatedObjects = ['profile'] as const;
  prefetchRelatedObjects = ['books'] as const;
}

@Injectable()
class BookCacheManager extends BaseCacheManager<Book> {
  model = Book;
  relatedObjects = ['author'] as const;
}

@Injectable()
class PrefetchedBookCacheManager extends BaseCacheManager<Book> {
  model = Book;
  cacheKey = 'prefetched';
  prefetchRelatedObjects = ['author.profile', 'author.books'] as const;
}

@Injectable()
class ReviewedBookCacheManager extends BaseCacheManager<Book> {
  model = Book;
  cacheKey = 'reviewed';
  relatedObjects = ['reviewers'] as const;
}

@Injectable()
class ProfileCacheManager extends BaseCacheManager<Profile> {
  model = Profile;
  relatedObjects = ['author'] as const;
}

@Injectable()
class TitleCacheManager extends BaseCacheManager<Title> {
  model = Title;
  dependsOn = [Book];
}

@Injectable()
class CategoryCacheManager extends BaseCacheManager<Category> {
  model = Category;
  relatedObjects = ['parent'] as const;
  prefetchRelatedObjects = ['children'] as const;
}

@Injectable()
class VehicleCacheManager extends BaseCacheManager<Vehicle> {
  model = Vehicle;
}

@Injectable()
class CarCacheManager extends BaseCacheManager<Car> {
  model = Car;
}

@Controller('authors')
@UseInterceptors(ClassSerializerInterceptor)
class AuthorsController {
  constructor(private readonly authors: AuthorCacheManager) {}

  @Get()
  list() {
    return this.authors.all();
  }

  @Get(':id')
  get(@Param('id', ParseIntPipe) id: number) {
    return this.authors.get(id);
  }
}

const database = {
  type: 'sqljs',
  entities: listeningEntities,
  subscribers: [AuthorSubscriber],
  synchronize: true,
} as DataSourceOptions;

const managers = [
  AuthorCacheManager,
  BookCacheManager,
  PrefetchedBookCacheManager,
  ReviewedBookCacheManager,
  ProfileCacheManager,
  TitleCacheManager,
  CategoryCacheManager,
  VehicleCacheManager,
  CarCacheManager,
];

async function setUp() {
  const app = await createTestApp({ database, managers, controllers: [AuthorsController] });
  const { manager } = app.dataSource;
  const [ann, bob] = await manager.save(Author, [{ name: 'ann' }, { name: 'bob' }]);
  await manager.save(Profile, { text: 'about ann', author: ann! });
  const press = await manager.save(Publisher, { name: 'press' });
  for (const [title, author] of [
    ['a', ann],
    ['b', ann],
    ['c', bob],
    ['d', null],
  ] as const) {
    const book = await manager.save(Book, { title, author: author!, publisher: press });
    await manager.createQueryBuilder().relation(Book, 'reviewers').of(book).add(bob);
  }
  return { ...app, manager };
}

/** What a cold read, a hit and TypeORM itself return. */
async function expectLikeFind<T extends ObjectLiteral>(
  { manager, get, statements }: Awaited<ReturnType<typeof setUp>>,
  Manager: abstract new () => BaseCacheManager<T>,
  Model: new () => T,
  options: FindManyOptions<T>,
): Promise<void> {
  const entities = get(Manager);
  const expected = await manager.find(Model, { ...options, order: { id: 'ASC' } as never });
  const list = () =>
    entities
      .all()
      .orderBy({ id: 'ASC' } as never)
      .cache('ordered');
  // A virtual column's table is known after the first load.
  for (let i = 0; i < 2; i++) expectSame(await list(), expected);
  expectSame(await statements.expect(0, list), expected);
  expectSame(await entities.all().orderBy({ id: 'ASC' } as never), expected);
  for (const entity of expected) {
    const { id } = entity as unknown as { id: number };
    for (let i = 0; i < 2; i++) expectSame(await entities.get(id), entity);
    expectSame(await statements.expect(0, () => entities.get(id)), entity);
    expectSame(await entities.using(manager).get(id), entity);
  }
}

describe('Listeners of loads', () => {
  it('run exactly once per copy: @AfterLoad and subscribers, sync and async, on misses and hits', async () => {
    const { get, manager } = await setUp();
    const authors = get(AuthorCacheManager);
    const counts = ({ loaded, loadedLate, seen }: Author) => [loaded, loadedLate, seen];
    for (let i = 0; i < 3; i++) {
      expect((await authors.all()).map(counts)).toEqual([
        [1, 1, 1],
        [1, 1, 1],
      ]);
      const ann = await authors.get(1);
      expect(counts(ann)).toEqual([1, 1, 1]);
      expect(ann.books.map(({ loaded }) => loaded)).toEqual([1, 1]);
      expect((await authors.getMany([1, 1, 2])).map(counts)).toEqual(Array(3).fill([1, 1, 1]));
      expect((await authors.all().filter({ id: 1 })).map(counts)).toEqual([[1, 1, 1]]);
      expect(counts(await authors.using(manager).get(1))).toEqual([1, 1, 1]);
      const twice = await authors.using(manager).getMany([1, 1]);
      expect(twice.map(({ books }) => books.map(({ loaded }) => loaded))).toEqual(Array(2).fill([1, 1]));
      expectSame(twice, [ann, ann]);
      const many = await Promise.all(Array.from({ length: 5 }, () => authors.get(2)));
      expect(many.map(counts)).toEqual(Array(5).fill([1, 1, 1]));
      await authors.clearCache();
    }
  });

  it('run once for a row that several others show', async () => {
    const { get } = await setUp();
    for (const Manager of [BookCacheManager, PrefetchedBookCacheManager]) {
      const books = get<BaseCacheManager<Book>>(Manager);
      for (let i = 0; i < 2; i++) {
        const found = await books.all();
        expect(found.map(({ loaded }) => loaded)).toEqual([1, 1, 1, 1]);
        expect(found.map(({ author }) => author && [author.loaded, author.seen])).toEqual([
          [1, 1],
          [1, 1],
          [1, 1],
          null,
        ]);
      }
    }
  });

  it('run once also where nothing may be cached', async () => {
    const { get, dataSource, manager } = await setUp();
    const authors = get(AuthorCacheManager);
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    expect((await authors.getMany([1, 1, 2])).map(({ loaded, seen }) => [loaded, seen])).toEqual(Array(3).fill([1, 1]));
    expect((await authors.get(1)).loaded).toBe(1);
    await runner.rollbackTransaction();
    expect(await manager.count(Author)).toBe(2);
  });
});

describe('What is read equals what TypeORM finds', () => {
  it.each([
    ['eager and to-one relations', BookCacheManager, Book, { relations: { author: true } }],
    [
      'to-many and inverse one-to-one relations, unselected columns',
      AuthorCacheManager,
      Author,
      { relations: { profile: true, books: true } },
    ],
    ['the owner of a one-to-one', ProfileCacheManager, Profile, { relations: { author: true } }],
    [
      'prefetched relations of relations',
      PrefetchedBookCacheManager,
      Book,
      { relations: { author: { profile: true, books: true } } },
    ],
  ] as const)('with %s', async (_, Manager, Model, options) => {
    await expectLikeFind(await setUp(), Manager as never, Model as never, options as never);
  });

  it('with lazy relations, loaded and not', async () => {
    const app = await setUp();
    for (const Manager of [BookCacheManager, ReviewedBookCacheManager]) {
      const books = app.get<BaseCacheManager<Book>>(Manager);
      for (let i = 0; i < 2; i++) {
        const book = await books.get(1);
        const cost = Manager === ReviewedBookCacheManager ? 0 : 1;
        expect((await app.statements.expect(cost, () => book.reviewers)).map(({ name }) => name)).toEqual(['bob']);
      }
    }
  });

  it('with soft-deleted rows, which come back when they are restored', async () => {
    const app = await setUp();
    const { get, manager } = app;
    const authors = get(AuthorCacheManager);
    await authors.all();
    await authors.get(1);
    expect((await get(BookCacheManager).get(1)).author?.name).toBe('ann');
    await manager.softDelete(Author, 1);
    expect((await authors.all()).map(({ name }) => name)).toEqual(['bob']);
    await expect(authors.get(1)).rejects.toThrow('Author not found');
    expect((await get(BookCacheManager).get(1)).author).toBeNull();
    await expectLikeFind(app, AuthorCacheManager, Author, { relations: { profile: true, books: true } });
    await manager.restore(Author, 1);
    expect((await authors.get(1)).name).toBe('ann');
    expect((await authors.all()).length).toBe(2);
    expect((await get(BookCacheManager).get(1)).author?.name).toBe('ann');
  });

  it('with both sides of a one-to-one, whoever is written', async () => {
    const { get, manager } = await setUp();
    const [authors, profiles] = [get(AuthorCacheManager), get(ProfileCacheManager)];
    expect((await authors.get(1)).profile?.text).toBe('about ann');
    expect((await profiles.get(1)).author.name).toBe('ann');
    expect((await authors.get(2)).profile).toBeNull();
    await manager.update(Profile, 1, { text: 'changed', author: { id: 2 } });
    expect((await authors.get(1)).profile).toBeNull();
    expect((await authors.get(2)).profile?.text).toBe('changed');
    expect((await profiles.get(1)).author.name).toBe('bob');
    await manager.update(Author, 2, { name: 'rob' });
    expect((await profiles.get(1)).author.name).toBe('rob');
  });

  it('with a view, once the tables it reads are named', async () => {
    const { get, manager, statements } = await setUp();
    const titles = get(TitleCacheManager);
    const ordered = () => titles.all().orderBy({ title: 'ASC' }).cache('ordered');
    expect((await ordered()).map(({ title, copies }) => [title, copies])).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 1],
      ['d', 1],
    ]);
    expect((await statements.expect(0, ordered))[0]).toBeInstanceOf(Title);
    await manager.insert(Book, { title: 'a' });
    expect((await ordered())[0]!.copies).toBe(2);
    await expect(titles.get('a')).rejects.toThrow(/no primary key.*Pass a where/);
    expect((await titles.get('a', { where: { title: 'a' } })).copies).toBe(2);
    expect((await statements.expect(0, () => titles.get('a', { where: { title: 'a' } }))).copies).toBe(2);
  });

  it('with a virtual column that reads another table: not stored before the table is known, then fresh', async () => {
    const { get, manager, statements, events } = await setUp();
    const books = get(BookCacheManager);
    expect((await books.get(1)).reviews).toBe(0);
    expect(events).toContainEqual(
      expect.objectContaining({
        name: 'entry:skipped',
        reason: 'uncovered',
        detail: expect.stringContaining('review'),
      }),
    );
    expect((await books.get(1)).reviews).toBe(0);
    await statements.expect(0, () => books.get(1));
    await manager.insert(Review, { bookId: 1 });
    expect((await books.get(1)).reviews).toBe(1);
    await statements.expect(0, () => books.get(1));
    await books.all();
    await manager.insert(Review, { bookId: 2 });
    expect((await books.all()).map(({ reviews }) => reviews)).toEqual([1, 1, 0, 0]);
  });

  it('with trees', async () => {
    const app = await setUp();
    const { get, manager } = app;
    const root = await manager.save(Category, { name: 'root' });
    const leaf = await manager.save(Category, { name: 'leaf', parent: root });
    const categories = get(CategoryCacheManager);
    expect((await categories.get(root.id)).children.map(({ name }) => name)).toEqual(['leaf']);
    expect((await categories.get(leaf.id)).parent?.name).toBe('root');
    await manager.save(Category, { name: 'twig', parent: root });
    expect((await categories.get(root.id)).children.map(({ name }) => name)).toEqual(['leaf', 'twig']);
    await manager.update(Category, root.id, { name: 'trunk' });
    expect((await categories.get(leaf.id)).parent?.name).toBe('trunk');
    await expectLikeFind(app, CategoryCacheManager, Category, { relations: { parent: true, children: true } });
  });

  it('with single-table inheritance, by the base and by a child', async () => {
    const { get, manager, statements } = await setUp();
    await manager.save([
      manager.create(Car, { name: 'car', doors: 3 }),
      manager.create(Bike, { name: 'bike', gears: 7 }),
    ]);
    const [vehicles, cars] = [get(VehicleCacheManager), get(CarCacheManager)];
    for (let i = 0; i < 2; i++) {
      const [car, bike] = await vehicles.all();
      expect(car).toBeInstanceOf(Car);
      expect((car as Car).honk()).toBe('car honks');
      expect(bike).toBeInstanceOf(Bike);
      expect((bike as Bike).gears).toBe(7);
      expect((await cars.all()).map(({ doors }) => doors)).toEqual([3]);
      expect(await vehicles.get(1)).toBeInstanceOf(Car);
      expect(await cars.get(1)).toBeInstanceOf(Car);
      expect(await cars.get(2, { raiseException: false })).toBeNull();
    }
    await statements.expect(0, () => Promise.all([vehicles.get(1), cars.get(1), vehicles.all(), cars.all()]));
    await manager.update(Vehicle, 1, { name: 'van' });
    expect((await cars.get(1)).name).toBe('van');
    await manager.update(Car, 1, { doors: 5 });
    expect(((await vehicles.get(1)) as Car).doors).toBe(5);
    expect((await cars.all())[0]!.doors).toBe(5);
  });
});

describe('Serialized over HTTP', () => {
  it('a hit and a miss look the same: @Exclude, @Expose and what the listeners added', async () => {
    const { module, statements } = await setUp();
    const app = module.createNestApplication();
    await app.listen(0, '127.0.0.1');
    onTestFinished(() => app.close());
    const url = await app.getUrl();
    for (const path of ['/authors', '/authors/1']) {
      const uncovered = (await request(url).get(path).expect(200)).body as unknown;
      const miss = (await request(url).get(path).expect(200)).body as unknown;
      expect(miss).toEqual(uncovered);
      const hit = (await statements.expect(0, () => request(url).get(path).expect(200))).body as unknown;
      expect(hit).toEqual(miss);
      const ann = [hit].flat()[0];
      expect(ann).toMatchObject({ name: 'ann', shout: 'ANN!', loaded: 1, loadedLate: 1, seen: 1 });
      expect(ann).not.toHaveProperty('hidden');
      expect(ann).not.toHaveProperty('password');
    }
  });
});
