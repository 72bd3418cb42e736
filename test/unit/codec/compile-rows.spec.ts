import fc from 'fast-check';
import type { DataSource, EntityMetadata, ObjectLiteral } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { assembleRows } from '../../../lib/codec/assembled-rows.js';
import type { RowFactory } from '../../../lib/codec/compile-rows.js';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { generateRows } from '../../../lib/codec/generated-rows.js';
import { parsePayload } from '../../../lib/codec/payload-text.js';
import { RecordShape } from '../../../lib/codec/record-shape.js';
import { remember } from '../../../lib/codec/origins.js';
import { planRows } from '../../../lib/codec/row-plan.js';
import { tag } from '../../../lib/codec/values.js';
import { dataSourceOf } from '../../fixtures/codec/metadata.js';
import {
  Book,
  Category,
  Device,
  Money,
  Packaging,
  Product,
  shopEntities,
  Size,
} from '../../fixtures/codec/shop.entities.js';
import { expectSame } from '../../support/expect-same.js';

/** Whether this process was started with `--disallow-code-generation-from-strings`; see no-generated-code.spec.ts. */
const isForbidden = process.env['NODE_OPTIONS']?.includes('--disallow-code-generation-from-strings') ?? false;

/** What one of the two compilers makes of a payload. */
function read(compile: typeof generateRows, root: EntityMetadata, payload: string, fresh: boolean): ObjectLiteral[] {
  const sets = parsePayload(payload);
  const rows = (number: number, metadata: EntityMetadata): RowFactory[] => {
    const [order, blocks] = sets[number]!;
    const bound = blocks.map(([layout, kinds, columns, related]) => {
      const plan = planRows(RecordShape.of(metadata).family[Number.parseInt(layout)]!, layout, kinds);
      const others = related.map((to, place) => {
        const factories = rows(to, plan.related[place]!);
        return (row: number) => factories[row]!(row);
      });
      return compile(plan, fresh)(columns, others);
    });
    const places = typeof order === 'number' ? Array.from({ length: order }, () => 0) : order;
    const counts = blocks.map(() => 0);
    return places.map((block) => {
      const row = counts[block]!++;
      return () => bound[block]!(row);
    });
  };
  return rows(0, root).map((make, row) => make(row));
}

const fill = <T extends ObjectLiteral>(type: new () => T, fields: object): T => Object.assign(new type(), fields);

/** As a load fills it. */
function load({
  metadata,
  price,
  ...fields
}: {
  metadata: EntityMetadata;
  price?: Money | string | null;
}): ObjectLiteral {
  const entity = Object.assign(metadata.create(), fields) as ObjectLiteral;
  if (price === undefined) return entity;
  if (price !== 'set since')
    remember(entity, 'price', { value: price, cell: price && tag('transformed', String(price)) });
  return Object.assign(entity, { price });
}

const text = fc.string({ unit: 'binary', maxLength: 8 });
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const size = fc.record({ width: orNull(fc.integer()), height: fc.constant(undefined) }, { requiredKeys: [] });
const category = fc
  .record({ id: fc.nat(3), name: text }, { requiredKeys: ['id'] })
  .map((fields) => fill(Category, fields));

const product = fc
  .record(
    {
      id: fc.oneof(fc.integer(), fc.double()),
      name: orNull(text),
      price: orNull(
        fc.oneof(
          fc.nat().map((cents) => new Money(cents, 'EUR')),
          fc.constant('set since'),
        ),
      ),
      details: fc.oneof(
        fc.jsonValue(),
        fc.constantFrom(undefined, new Date(0), new Date(NaN), [Buffer.from('b')], 1n, -0, { $: [new Date(1)] }),
      ),
      packaging: fc.record(
        { outer: size.map((fields) => fill(Size, fields)), material: orNull(text) },
        { requiredKeys: ['outer'] },
      ),
      category: orNull(category),
      tags: fc.array(category, { maxLength: 3 }),
      tagIds: fc.array(fc.nat(), { maxLength: 3 }),
    },
    { requiredKeys: ['id', 'packaging'] },
  )
  .chain(({ packaging, ...fields }) =>
    fc.constantFrom(Product, Book, Device).map((type) => ({ type, ...fields, packaging: fill(Packaging, packaging) })),
  );

describe('the compilers of rows', () => {
  let dataSource: DataSource;
  let metadata: EntityMetadata;

  beforeAll(async () => {
    dataSource = await dataSourceOf(shopEntities);
    metadata = dataSource.getMetadata(Product);
  });

  // One of both, as this process is: each is run by CI.
  if (isForbidden) {
    it('are one where text may not become code', () => {
      expect(() => Reflect.construct(Function, ['return 1']) as unknown).toThrow(EvalError);
      const payload = entityCodec(metadata).encode([]);
      expect(entityCodec(metadata).decode(payload)).toEqual([]);
    });
  } else {
    it('make the same of every payload', () => {
      fc.assert(
        fc.property(fc.array(product, { maxLength: 5 }), fc.boolean(), (products, fresh) => {
          // So that there are columns of more than one kind.
          const all = products.flatMap((one) => ('price' in one ? [one, { ...one, price: 'set since' }] : [one]));
          const loaded = all.map(({ type, ...fields }) => load({ metadata: dataSource.getMetadata(type), ...fields }));
          const payload = entityCodec(metadata).encode(loaded);
          const generated = read(generateRows, metadata, payload, fresh);
          expectSame(read(assembleRows, metadata, payload, fresh), generated);
          expectSame(entityCodec(metadata).decode(payload), generated);
        }),
      );
    });
  }
});
