import { DataSource, type FindManyOptions, type ObjectLiteral } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import {
  AuthorSchema,
  Book,
  Category,
  Device,
  Money,
  NoteSchema,
  Product,
  Review,
  shopEntities,
  type Note,
} from '../../fixtures/codec/shop.entities.js';
import { find } from '../../fixtures/codec/find.js';
import { describeDatabases } from '../../support/databases.js';
import { expectSame } from '../../support/expect-same.js';

describeDatabases('EntityCodec on entity graphs', (database) => {
  describe.each([{ entitySkipConstructor: false }, { entitySkipConstructor: true }, { typename: '__typename' }])(
    '%o',
    (extra) => {
      let dataSource: DataSource;

      beforeAll(async () => {
        const options = { ...(await database.options()), ...extra, entities: shopEntities, synchronize: true };
        dataSource = await new DataSource(options as typeof options & { type: 'sqljs' }).initialize();
        await fill(dataSource);
      });

      afterAll(() => dataSource?.destroy());

      /** What TypeORM finds, and what the codec makes of it. */
      async function roundTrip<T extends ObjectLiteral>(target: new () => T, options: FindManyOptions<T>) {
        const found = await find(dataSource, target, options);
        const codec = entityCodec(dataSource.getMetadata(target));
        const decoded = codec.decode(codec.encode(found)) as T[];
        expect(found).not.toEqual([]);
        expectSame(decoded, found);
        return decoded;
      }

      it.each<[string, FindManyOptions<Product>]>([
        ['without relations', { order: { id: 'ASC' } }],
        ['with a to-one relation', { relations: { category: true } }],
        ['with nested to-one relations', { relations: { category: { parent: true } } }],
        ['with a many-to-many relation', { relations: { tags: true } }],
        ['with to-many inside to-many', { relations: { tags: { children: true } } }],
        ['with a lazy relation loaded', { relations: { reviews: true } }],
        [
          'with everything',
          { relations: { category: { parent: true, children: true }, tags: { children: true }, reviews: true } },
        ],
        [
          'with relations by separate queries',
          { relations: { category: true, tags: true }, relationLoadStrategy: 'query' },
        ],
        ['with a few columns', { select: { id: true, packaging: { outer: { width: true } } } }],
        ['with a column that is not selected by default', { select: { id: true, secret: true } }],
        [
          'with a few columns of a relation',
          { select: { id: true, category: { name: true } }, relations: { category: true } },
        ],
      ])('brings back products %s', async (_, options) => {
        await roundTrip(Product, options);
      });

      it('brings back ids in place of relations', async () => {
        await roundTrip(Book, { loadRelationIds: true });
      });

      it('makes each row the subclass it is', async () => {
        const products = await roundTrip(Product, { order: { id: 'ASC' } });
        expect(products.map((product) => product.constructor)).toEqual([Book, Device, Book, Product]);
        expect(products[0]!.label()).toBe('TypeORM (1999 EUR)');
        expect(products[0]!.packaging.outer.area).toBe(200);
        await roundTrip(Book, {});
        await roundTrip(Device, { relations: { spareParts: true } });
      });

      it('brings back trees', async () => {
        await roundTrip(Category, {
          relations: { parent: { parent: true }, children: { children: { children: true } } },
        });
      });

      it('brings back composite keys and lazy to-one relations', async () => {
        await roundTrip(Review, { relations: { product: { category: true } } });
      });

      it('gives a loaded lazy relation without a query, and leaves the other to be loaded', async () => {
        const [book] = await roundTrip(Product, { where: { id: 1 }, relations: { reviews: true } });
        const reviews = await book!.reviews;
        expect(new Set(reviews.map(({ stars }) => stars))).toEqual(new Set([3, 5]));
        const [unloaded] = await roundTrip(Product, { where: { id: 1 } });
        expect(await unloaded!.reviews).toHaveLength(2);
      });

      it('brings back entities without a class', async () => {
        const found = await dataSource.getRepository<Note>(NoteSchema).find({ relations: { author: { notes: true } } });
        const codec = entityCodec(dataSource.getMetadata(NoteSchema));
        expectSame(codec.decode(codec.encode(found)), found);
        expect(found[0]!.author!.notes).toHaveLength(1);
      });
    },
  );
});

async function fill({ manager }: DataSource): Promise<void> {
  const root = await manager.save(manager.create(Category, { name: 'All' }));
  const books = await manager.save(manager.create(Category, { name: 'Books', parent: root }));
  const novels = await manager.save(manager.create(Category, { name: 'Novels', parent: books }));
  const packaging = { outer: { width: 10, height: 20 }, material: 'paper' };
  const typeorm = {
    name: 'TypeORM',
    price: new Money(1999, 'EUR'),
    details: { a: [1, { b: null }] },
    secret: 'x',
    packaging,
  };
  await manager.save(manager.create(Book, { ...typeorm, pages: 300, category: books, tags: [books, novels] }));
  await manager.save(
    manager.create(Device, { name: 'Lamp', volts: 230, category: root, spareParts: novels, tags: [books] }),
  );
  await manager.save(manager.create(Book, { name: 'Untagged', details: 'text', pages: null, category: books }));
  await manager.save(manager.create(Product, { name: 'Thing' }));
  await manager.save(manager.create(Review, { productId: 1, reviewer: 'Ann', stars: 5 }));
  await manager.save(manager.create(Review, { productId: 1, reviewer: 'Bob', stars: 3 }));
  const author = await manager.save(AuthorSchema, { name: 'Ann' });
  await manager.save(NoteSchema, [{ text: 'signed', author }, { text: 'anonymous' }]);
}
