import { Injectable } from '@nestjs/common';
import {
  And,
  Column,
  Entity,
  In,
  JoinColumn,
  ManyToOne,
  Not,
  OneToMany,
  PrimaryGeneratedColumn,
  Raw,
  VirtualColumn,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity()
class Author {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  name: string;

  @VirtualColumn({ query: (alias) => `SELECT COUNT(*) FROM book WHERE book.author_id = ${alias}.id` })
  books: number;

  @VirtualColumn({ query: (alias) => `SELECT COUNT(*) FROM author a WHERE a.name <= ${alias}.name` })
  place: number;

  @OneToMany(() => Book, (book) => book.author)
  written: Book[];

  @ManyToOne(() => Book, { nullable: true })
  favourite: Book | null;
}

@Entity()
class Book {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  title: string;

  @Column({ name: 'author_id', nullable: true })
  authorId: number;

  @ManyToOne(() => Author, (author) => author.written, { nullable: true })
  @JoinColumn({ name: 'author_id' })
  author: Author;
}

@Entity()
class Visit {
  @PrimaryGeneratedColumn()
  id: number;

  /** Named like what it is not. */
  @Column({ default: 'x' })
  now: string;

  @VirtualColumn({ query: () => 'SELECT CURRENT_TIMESTAMP' })
  readAt: Date;
}

@Injectable()
class AuthorCacheManager extends BaseCacheManager<Author> {
  model = Author;
  relatedObjects = ['favourite'] as const;
}

@Injectable()
class BookCacheManager extends BaseCacheManager<Book> {
  model = Book;
  relatedObjects = ['author'] as const;
}

@Injectable()
class VisitCacheManager extends BaseCacheManager<Visit> {
  model = Visit;
}

@Injectable()
class LastingVisitCacheManager extends BaseCacheManager<Visit> {
  model = Visit;
  cacheKey = 'lasting';
  cacheVolatile = true;
}

async function library(database: TestDatabase) {
  const options = { ...(await database.options()), entities: [Author, Book, Visit], synchronize: true };
  const managers = [AuthorCacheManager, BookCacheManager, VisitCacheManager, LastingVisitCacheManager];
  const app = await createTestApp({ database: options as never, managers });
  const { manager } = app.dataSource;
  const ann = await manager.save(Author, { name: 'ann' });
  const book = await manager.save(Book, { title: 'one', authorId: ann.id });
  await manager.update(Author, ann.id, { favourite: book });
  return { ...app, manager, ann, book, authors: app.get(AuthorCacheManager), books: app.get(BookCacheManager) };
}

describeDatabases('what a subquery reads', (database) => {
  it('makes an entry depend on the whole table, although single rows of it are shown', async () => {
    const { manager, authors, books, ann, statements } = await library(database);
    const shown = async () => {
      const { books: count, place } = await authors.get(ann.id);
      return [Number(count), Number(place)];
    };
    expect(await shown()).toEqual([1, 1]);
    await shown();
    await statements.expect(0, shown);
    await books.all();
    await manager.save(Book, { title: 'two', authorId: ann.id });
    expect(await shown()).toEqual([2, 1]);
    await manager.save(Author, { name: 'abe' });
    expect(await shown()).toEqual([2, 2]);
    await manager.delete(Book, { title: 'two' });
    expect(await shown()).toEqual([1, 2]);
  });

  it.each([
    ['Raw', (sql: string) => Raw((alias) => `${alias} IN (${sql})`)],
    ['Raw inside of Not', (sql: string) => Not(Raw((alias) => `${alias} NOT IN (${sql})`))],
    [
      'Raw inside of And',
      (sql: string) =>
        And(
          In([1, 2]),
          Raw((alias) => `${alias} IN (${sql})`),
        ),
    ],
  ])('%s counts, beside a key that pins the row, for rows that are not shown', async (_, raw) => {
    const { manager, books, book, statements } = await library(database);
    await manager.save(Author, { name: 'bea' });
    const sql = `SELECT a.id FROM author a WHERE EXISTS (SELECT 1 FROM author b WHERE b.name = 'bea')`;
    const find = () => books.get('while-bea', { where: { id: book.id, authorId: raw(sql) }, raiseException: false });
    expect((await find())!.author.name).toBe('ann');
    await find();
    await statements.expect(0, find);
    await manager.update(Author, 2, { name: 'beatrice' });
    expect(await find()).toBeNull();
  });
});

describeDatabases('an answer that changes without a write', (database) => {
  it('is not cached, and the log says why, unless the manager asks for it', async () => {
    const { get, manager, events, statements } = await library(database);
    const { id } = await manager.save(manager.create(Visit));
    const visits = get(VisitCacheManager);
    for (const read of [() => visits.get(id), () => visits.all()] as (() => PromiseLike<unknown>)[]) {
      await read();
      await statements.expect(1, read);
    }
    expect(events).toContainEqual(
      expect.objectContaining({
        name: 'entry:skipped',
        reason: 'volatile',
        detail: expect.stringMatching(/CURRENT_TIMESTAMP/i),
      }),
    );
    const lasting = get(LastingVisitCacheManager);
    const { readAt } = await lasting.get(id);
    expect((await statements.expect(0, () => lasting.get(id))).readAt).toEqual(readAt);
    await manager.update(Visit, id, { now: 'y' });
    expect((await lasting.get(id)).now).toBe('y');
  });

  it('is recognised in a filter', async () => {
    const { get, manager, statements } = await library(database);
    await manager.save(manager.create(Visit));
    const lasting = get(BookCacheManager);
    const chance = { postgres: 'random()', mariadb: 'rand()', sqljs: 'random()' }[database.name];
    const read = () => lasting.all({ suffix: 'lucky', where: { id: Raw((alias) => `${alias} > ${chance} - 2`) } });
    await read();
    await statements.expect(1, read);
  });
});
