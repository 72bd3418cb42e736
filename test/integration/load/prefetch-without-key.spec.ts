import { Injectable } from '@nestjs/common';
import {
  Column,
  Entity,
  JoinColumn,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
  ViewColumn,
  ViewEntity,
} from 'typeorm';
import { describe, expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { expectReadsLikeFind } from '../../support/reads-like-find.js';
import { createTestApp } from '../../support/test-app.js';

@Entity('author')
class Author {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  name: string;

  @OneToMany(() => Book, (book) => book.author)
  books: Relation<Book>[];
}

@Entity('book')
class Book {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  title: string;

  @ManyToOne(() => Author, (author) => author.books)
  @JoinColumn({ name: 'author_id' })
  author: Author;
}

@ViewEntity({ name: 'title', expression: 'SELECT title, author_id FROM book', dependsOn: [] })
class Title {
  @ViewColumn()
  title: string;

  @ViewColumn({ name: 'author_id' })
  authorId: number;

  @ManyToOne(() => Author)
  @JoinColumn({ name: 'author_id' })
  author: Author;
}

@Entity('secret')
class Secret {
  @PrimaryColumn({ select: false })
  id: number;

  @ManyToOne(() => Author)
  author: Author;
}

async function setUp(...managers: (new () => BaseCacheManager<never>)[]) {
  const app = await createTestApp({
    database: { type: 'sqljs', entities: [Author, Book, Title, Secret], synchronize: true },
    managers: managers as never,
  });
  const { manager } = app.dataSource;
  const author = await manager.save(Author, { name: 'ann' });
  await manager.save(Book, [
    { title: 'a', author },
    { title: 'b', author },
  ]);
  return app;
}

describe('An owner without a key', () => {
  it('has no relations prefetched: the application does not start', async () => {
    @Injectable()
    class TitleCacheManager extends BaseCacheManager<Title> {
      model = Title;
      dependsOn = [Book];
      prefetchRelatedObjects = ['author'] as const;
    }
    await expect(setUp(TitleCacheManager as never)).rejects.toThrow(
      /TitleCacheManager\.prefetchRelatedObjects names "author", but Title has no primary key, .* Name the relation in relatedObjects/,
    );
  });

  it('nor has one that does not select its key', async () => {
    @Injectable()
    class SecretCacheManager extends BaseCacheManager<Secret> {
      model = Secret;
      prefetchRelatedObjects = ['author'] as const;
    }
    await expect(setUp(SecretCacheManager as never)).rejects.toThrow(/but Secret does not select its primary key/);
  });

  it('has them joined, and prefetched below what is joined', async () => {
    @Injectable()
    class TitleCacheManager extends BaseCacheManager<Title> {
      model = Title;
      dependsOn = [Book];
      relatedObjects = ['author'] as const;
      prefetchRelatedObjects = ['author.books'] as const;
    }
    const app = await setUp(TitleCacheManager as never);
    // The first load learns that the view reads its table under that name.
    await app.get(TitleCacheManager).all();
    await expectReadsLikeFind(
      app,
      TitleCacheManager,
      { relations: { author: { books: true } }, order: { title: 'ASC', author: { books: { id: 'ASC' } } } },
      2,
    );
  });
});
