import { Injectable } from '@nestjs/common';
import { Column, Entity, type FindManyOptions, ManyToOne, OneToMany, PrimaryColumn, type Relation } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { expectSame } from '../../support/expect-same.js';
import { createTestApp } from '../../support/test-app.js';

class Place {
  @Column('int')
  zip: number;
}

@Entity('house')
class House {
  @PrimaryColumn('int')
  id: number;

  @Column()
  city: string;

  @Column(() => Place)
  place: Place;
}

@Entity('author')
class Author {
  @PrimaryColumn('int')
  id: number;

  @Column()
  name: string;

  @ManyToOne(() => House)
  house: House;

  @OneToMany(() => Book, (book) => book.author)
  books: Relation<Book>[];
}

@Entity('book')
class Book {
  @PrimaryColumn('int')
  id: number;

  @Column()
  title: string;

  @ManyToOne(() => Author, (author) => author.books, { nullable: true })
  author: Author | null;
}

@Injectable()
class BookCacheManager extends BaseCacheManager<Book> {
  model = Book;
  prefetchRelatedObjects = ['author'] as const;
}

@Injectable()
class JoinedBookCacheManager extends BaseCacheManager<Book> {
  model = Book;
  cacheKey = 'joined-book';
  relatedObjects = ['author'] as const;
  prefetchRelatedObjects = ['author.house'] as const;
}

@Injectable()
class DeepBookCacheManager extends BaseCacheManager<Book> {
  model = Book;
  cacheKey = 'deep-book';
  prefetchRelatedObjects = ['author.house'] as const;
}

@Injectable()
class LeanBookCacheManager extends BaseCacheManager<Book> {
  model = Book;
  cacheKey = 'lean-book';
  prefetchRelatedObjects = ['author'] as const;
  usePrefetchRelatedForList = false;
}

@Injectable()
class AuthorCacheManager extends BaseCacheManager<Author> {
  model = Author;
  prefetchRelatedObjects = ['books'] as const;
}

async function library(database: TestDatabase) {
  const app = await createTestApp({
    database: { ...(await database.options()), entities: [House, Author, Book], synchronize: true } as never,
    managers: [
      BookCacheManager,
      JoinedBookCacheManager,
      DeepBookCacheManager,
      LeanBookCacheManager,
      AuthorCacheManager,
    ],
  });
  const { manager } = app.dataSource;
  await manager.insert(House, [
    { id: 1, city: 'Oslo', place: { zip: 2 } },
    { id: 2, city: 'Bern', place: { zip: 1 } },
  ]);
  await manager.insert(Author, [
    { id: 1, name: 'ann', house: { id: 1 } },
    { id: 2, name: 'bob', house: { id: 2 } },
  ]);
  await manager.insert(Book, [
    { id: 1, title: 'c', author: { id: 1 } },
    { id: 2, title: 'a', author: { id: 2 } },
    { id: 3, title: 'b', author: { id: 1 } },
    { id: 4, title: 'd', author: { id: 2 } },
  ]);
  return app;
}

describeDatabases('A part of a list ordered through a prefetched relation', (database) => {
  it('is the part that find returns: prefetched, below a joined one, below a prefetched one', async () => {
    const { get, dataSource } = await library(database);
    const cases: [typeof BookCacheManager, FindManyOptions<Book>][] = [
      [BookCacheManager, { relations: { author: true }, order: { author: { name: 'DESC' }, id: 'ASC' } }],
      [
        JoinedBookCacheManager as never,
        { relations: { author: { house: true } }, order: { author: { house: { city: 'ASC' } }, id: 'ASC' } },
      ],
      [
        DeepBookCacheManager as never,
        { relations: { author: { house: true } }, order: { author: { house: { city: 'ASC' } }, id: 'DESC' } },
      ],
      [
        DeepBookCacheManager as never,
        {
          relations: { author: { house: true } },
          order: { author: { house: { place: { zip: 'ASC' } }, name: 'ASC' }, id: 'DESC' },
        },
      ],
      [
        DeepBookCacheManager as never,
        { relations: { author: { house: true } }, order: { author: { name: 'DESC' }, id: 'DESC' } },
      ],
    ];
    for (const [Manager, options] of cases) {
      const set = () => get(Manager).all().orderBy(options.order!);
      const find = (part: FindManyOptions<Book>) => dataSource.manager.find(Book, { ...options, ...part });
      for (const name of ['', 'cached']) {
        const of = (each: ReturnType<typeof set>) => (name ? each.cache() : each);
        expectSame(await of(set().limit(3)), await find({ take: 3 }));
        expectSame(await of(set().limit(2).offset(1)), await find({ take: 2, skip: 1 }));
        expectSame(await of(set().offset(1)), await find({ take: 1_000, skip: 1 }));
      }
      expectSame(await set().first(), (await find({ take: 1 }))[0]);
      expectSame(await set().at(2), (await find({ take: 1, skip: 2 }))[0]);
    }
  });

  it('is the part that find returns: to many', async () => {
    const { get, dataSource } = await library(database);
    const order = { books: { title: 'ASC' } } as const;
    const found = await dataSource.manager.find(Author, { relations: { books: true }, order, take: 1 });
    expectSame(await get(AuthorCacheManager).all().orderBy(order).limit(1), found);
  });

  it('shows of a relation what a whole list shows: all, whatever the filter', async () => {
    const { get } = await library(database);
    const set = () =>
      get(AuthorCacheManager)
        .all()
        .filter({ books: { title: 'a' } })
        .orderBy({ books: { id: 'ASC' } });
    const whole = await set();
    expect(whole.map(({ books }) => books.map(({ id }) => id))).toEqual([[2, 4]]);
    expectSame(await set().limit(1), whole);
  });

  it('is there where the relation is not loaded at all', async () => {
    const { get } = await library(database);
    const set = get(LeanBookCacheManager)
      .all()
      .orderBy({ author: { house: { city: 'ASC' } }, id: 'ASC' });
    expect((await set.limit(1))[0]!.author).toBeUndefined();
    expect((await set.limit(3)).map(({ id }) => id)).toEqual([2, 4, 1]);
    expect((await set.offset(1).first())?.id).toBe(4);
  });

  it('costs no joins as long as the order is that of its own columns', async () => {
    const { get, statements } = await library(database);
    const part = get(BookCacheManager).all().orderBy({ title: 'ASC' }).limit(2);
    const { result, statements: seen } = await statements.during(() => part);
    expect(result.map(({ title, author }) => [title, author?.name])).toEqual([
      ['a', 'bob'],
      ['b', 'ann'],
    ]);
    expect(seen.filter((sql) => /JOIN/.test(sql))).toEqual([]);
  });
});
