import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { type DataSourceOptions, EntitySchema, type EntitySchemaColumnOptions, type ObjectLiteral } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases } from '../../support/databases.js';
import { describeWith } from '../../support/services.js';
import { createTestApp } from '../../support/test-app.js';

type Columns = Record<string, EntitySchemaColumnOptions>;

const id: EntitySchemaColumnOptions = { type: 'int', primary: true };
const title: EntitySchemaColumnOptions = { type: 'varchar' };
const loud: EntitySchemaColumnOptions = {
  ...title,
  transformer: { to: (value: unknown) => value, from: (value: unknown) => `${String(value)}!` },
};

/** A book and its author, as two releases declare them. */
function release({ book = {}, author = {} }: { book?: Columns; author?: Columns }) {
  const authors = new EntitySchema({ name: 'author', columns: { id, title, ...author } });
  const books = new EntitySchema<ObjectLiteral>({
    name: 'book',
    columns: { id, title, ...book },
    relations: { author: { type: 'many-to-one', target: 'author' } },
  });
  @Injectable()
  class Books extends BaseCacheManager<ObjectLiteral> {
    model = books;
    override relatedObjects = ['author'];
  }
  return { Books, entities: [books, authors] };
}

describeWith('redis', 'A release reads no entry of other entities', (redisUrl) => {
  describeDatabases(
    'that a former one stored',
    (database) => {
      it.each<[string, Parameters<typeof release>[0], object]>([
        ['a property is added', { book: { more: { type: 'int', nullable: true } } }, { title: 'a', more: null }],
        ['a transformer is added', { book: { title: loud } }, { title: 'a!' }],
        ['a column is no longer selected', { book: { title: { ...title, select: false } } }, { id: 1 }],
        ['a related entity has another property', { author: { more: { ...title, nullable: true } } }, { title: 'a' }],
        ['a related entity has a transformer', { author: { title: loud } }, { author: { id: 1, title: 'x!' } }],
      ])('%s', async (_, change, shown) => {
        const options = { ...(await database.options()), synchronize: true };
        const namespace = `test-${randomUUID()}`;
        const open = async ({ Books, entities }: ReturnType<typeof release>) => {
          const app = await createTestApp({
            database: { ...options, entities } as DataSourceOptions,
            managers: [Books],
            store: 'ioredis-yet',
            redisUrl,
            options: { namespace },
          });
          return { ...app, books: app.get(Books) };
        };
        const before = await open(release({}));
        await before.dataSource.query(`INSERT INTO author (id, title) VALUES (1, 'x')`);
        await before.dataSource.query(`INSERT INTO book (id, title, "authorId") VALUES (1, 'a', 1)`);
        const same = await open(release({}));
        const after = await open(release(change));
        for (const read of [
          ({ books }: typeof before) => books.get(1),
          async ({ books }: typeof before) => (await books.all())[0],
        ]) {
          await read(before);
          await before.settled();
          await same.statements.expect(0, () => read(same));
          after.events.splice(0);
          const { result, statements } = await after.statements.during(() => read(after));
          expect(statements).toHaveLength(1);
          expect(result).toMatchObject(shown);
          // Its payload has not been looked at.
          const names = after.events.map(({ name }) => name);
          expect(names).toContain('entry:mismatched');
          expect(names).not.toContain('entry:corrupt');
        }
      });
    },
    ['postgres'],
  );
});
