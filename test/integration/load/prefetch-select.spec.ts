import { Injectable } from '@nestjs/common';
import {
  ChildEntity,
  Column,
  Entity,
  type FindManyOptions,
  ManyToOne,
  type ObjectLiteral,
  OneToMany,
  PrimaryColumn,
  type Relation,
  TableInheritance,
} from 'typeorm';
import { it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { expectReadsLikeFind } from '../../support/reads-like-find.js';
import { createTestApp } from '../../support/test-app.js';

class Size {
  @Column('int')
  pages: number;

  @Column('int')
  words: number;
}

@Entity('press')
class Press {
  @PrimaryColumn('int')
  id: number;

  @Column()
  city: string;

  @Column()
  name: string;
}

@Entity('author')
class Author {
  @PrimaryColumn('int')
  id: number;

  @Column()
  name: string;

  @Column({ type: 'varchar', nullable: true })
  note: string | null;

  @ManyToOne(() => Press)
  press: Press;

  /** Joined wherever an author is. */
  @ManyToOne(() => Press, { eager: true, nullable: true })
  home: Press | null;

  @OneToMany(() => Book, (book) => book.author)
  books: Relation<Book>[];
}

@Entity('book')
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
class Book {
  @PrimaryColumn('int')
  id: number;

  @Column()
  title: string;

  @Column(() => Size)
  size: Size;

  @ManyToOne(() => Author, (author) => author.books)
  author: Author | null;
}

@ChildEntity()
class Novel extends Book {
  @Column({ type: 'varchar', nullable: true })
  genre: string | null;
}

@Injectable()
class BookCacheManager extends BaseCacheManager<Book> {
  model = Book;
  prefetchRelatedObjects = ['author'] as const;
}

@Injectable()
class DeepBookCacheManager extends BaseCacheManager<Book> {
  model = Book;
  cacheKey = 'deep-book';
  prefetchRelatedObjects = ['author.press', 'author.home'] as const;
}

@Injectable()
class JoinedBookCacheManager extends BaseCacheManager<Book> {
  model = Book;
  cacheKey = 'joined-book';
  relatedObjects = ['author'] as const;
  prefetchRelatedObjects = ['author.press'] as const;
}

@Injectable()
class AuthorCacheManager extends BaseCacheManager<Author> {
  model = Author;
  prefetchRelatedObjects = ['books'] as const;
}

async function library(database: TestDatabase) {
  const entities = [Press, Author, Book, Novel];
  const app = await createTestApp({
    database: { ...(await database.options()), entities, synchronize: true } as never,
    managers: [BookCacheManager, DeepBookCacheManager, JoinedBookCacheManager, AuthorCacheManager],
  });
  const { manager } = app.dataSource;
  await manager.insert(Press, { id: 1, city: 'Oslo', name: 'press' });
  await manager.insert(Author, [
    { id: 1, name: 'ann', note: 'one', press: { id: 1 }, home: { id: 1 } },
    { id: 2, name: 'bob', press: { id: 1 } },
  ]);
  await manager.insert(Book, { id: 1, title: 'plain', size: { pages: 1, words: 2 }, author: { id: 1 } });
  await manager.insert(Novel, [
    { id: 2, title: 'novel', genre: 'crime', size: { pages: 3, words: 4 }, author: { id: 2 } },
    { id: 3, title: 'more', genre: 'love', size: { pages: 5, words: 6 }, author: { id: 1 } },
  ]);
  return app;
}

const BY_ID = { id: 'ASC' } as const;

describeDatabases('A query that selects, with prefetched relations, returns what find returns', (database) => {
  const read = async (
    Manager: abstract new () => BaseCacheManager<ObjectLiteral>,
    relations: FindManyOptions['relations'],
    selects: readonly object[],
    order: object = BY_ID,
  ) => {
    const app = await library(database);
    for (const select of selects) {
      await expectReadsLikeFind(app, Manager, { select, relations, order } as never);
      await app.get(Manager).clearCache();
    }
  };

  it('where it names no column of its own: all of them, and the class of each row', async () => {
    await read(BookCacheManager, { author: true }, [
      { author: { name: true } },
      { author: {} },
      { author: true },
      { id: false, author: { name: true } },
    ]);
  });

  it('where it names some, but not the key', async () => {
    await read(BookCacheManager, { author: true }, [
      { title: true },
      { title: true, author: { name: true } },
      { size: { pages: true }, author: { name: true } },
    ]);
  });

  it('below a prefetched relation', async () => {
    await read(DeepBookCacheManager, { author: { press: true, home: true } }, [
      { title: true, author: { press: { city: true } } },
      { author: { name: true, press: { city: true } } },
      { title: true, author: { name: true, home: { city: true } } },
      { author: { id: true, home: {}, press: {} } },
    ]);
  });

  it('below a joined relation', async () => {
    await read(JoinedBookCacheManager, { author: { press: true } }, [
      { title: true, author: { press: { city: true } } },
      { author: { name: true, press: { city: true } } },
      { author: { name: true } },
    ]);
  });

  it('where all it selects of an owner is NULL', async () => {
    await read(JoinedBookCacheManager, { author: { press: true } }, [
      { author: { note: true, press: { city: true } } },
    ]);
    await read(AuthorCacheManager, { books: true }, [{ note: true, books: { title: true } }], {
      id: 'ASC',
      books: BY_ID,
    });
  });

  it('to many', async () => {
    await read(
      AuthorCacheManager,
      { books: true },
      [{ books: { title: true } }, { name: true, books: { size: { words: true } } }],
      { id: 'ASC', books: BY_ID },
    );
  });
});
