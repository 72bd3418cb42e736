import { Buffer } from 'node:buffer';
import { Column, Entity, ManyToOne, PrimaryColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { find, storedIn } from '../../fixtures/codec/find.js';

@Entity()
class Author {
  @PrimaryColumn()
  id: number;

  @Column()
  username: string;

  @Column('datetime')
  joinedAt: Date;
}

@Entity()
class Article {
  @PrimaryColumn()
  id: number;

  @Column()
  title: string;

  @Column('boolean')
  isActive: boolean;

  @Column('datetime')
  createdAt: Date;

  @ManyToOne(() => Author)
  author: Author;
}

const ROWS = 1_000;
const AUTHORS = 50;
const at = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 86_400_000).toISOString().replace('T', ' ').slice(0, 19);
const authors = Array.from({ length: AUTHORS }, (_, i) => {
  return [Author, { id: i + 1, username: `author-${i + 1}`, joinedAt: at(i) }] as const;
});
const articles = Array.from({ length: ROWS }, (_, i) => {
  const row = { id: i + 1, title: `Article ${i + 1}`, isActive: 1, createdAt: at(i), authorId: 1 + (i % AUTHORS) };
  return [Article, row] as const;
});

// What is stored of a row crosses the wire at every read that has nothing in hand.
it('a list is stored in about a quarter of the bytes of its rows as JSON', async () => {
  const dataSource = await storedIn([Author, Article], [...authors, ...articles]);
  const found = await find(dataSource, Article, { relations: { author: true } });
  expect(found).toHaveLength(ROWS);
  const bytes = Buffer.byteLength(entityCodec(dataSource.getMetadata(Article)).encode(found)) / ROWS;
  const plain = Buffer.byteLength(JSON.stringify(found)) / ROWS;
  expect(bytes).toBeLessThan(43);
  expect(bytes / plain).toBeLessThan(0.26);
});
