import {
  ChildEntity,
  Entity,
  EntitySchema,
  ManyToOne,
  type EntityMetadata,
  type EntitySchemaColumnOptions,
  type EntitySchemaOptions,
  type ObjectLiteral,
  PrimaryColumn,
  TableInheritance,
} from 'typeorm';
import { describe, expect, it } from 'vitest';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { metadataOf } from '../../fixtures/codec/metadata.js';
import { dataSourceOf } from '../../../lib/peers/typeorm.js';

type Shape = Partial<EntitySchemaOptions<ObjectLiteral>>;

const id: EntitySchemaColumnOptions = { type: Number, primary: true };
const name: EntitySchemaColumnOptions = {
  type: 'varchar',
  transformer: { to: (value) => value, from: (value) => value },
};

/** A document with an owner; the two differ between releases as told. */
function release({ owner = {}, ...document }: Shape & { owner?: Shape } = {}) {
  const ownerSchema = new EntitySchema({ name: 'owner', columns: { id, name }, ...owner });
  const relations = { owner: { type: 'many-to-one', target: 'owner' } } as const;
  const schema = new EntitySchema({ name: 'document', columns: { id, name }, relations, ...document });
  return metadataOf(schema, [schema, ownerSchema]);
}

const back = { type: 'one-to-many', target: 'document', inverseSide: 'owner' } as const;
const many = { owner: { type: 'many-to-one', target: 'owner' } } as const;

const shapeHash = (metadata: EntityMetadata) => entityCodec(metadata).shapeHash;

describe('a shape hash', () => {
  it('is the same for the same shape', async () => {
    expect(shapeHash(await release())).toBe(shapeHash(await release()));
  });

  it.each<[string, Shape]>([
    ['a column is added', { columns: { id, name, more: { type: 'varchar' } } }],
    ['a column is gone', { columns: { id } }],
    ['a column has another type', { columns: { id, name: { ...name, type: 'text' } } }],
    ['a column has another scale', { columns: { id, name: { ...name, type: 'decimal', scale: 2 } } }],
    ['a column is read from another one', { columns: { id, name: { ...name, name: 'title' } } }],
    ['a column is no longer selected', { columns: { id, name: { ...name, select: false } } }],
    [
      'a transformer reads differently',
      { columns: { id, name: { ...name, transformer: { to: (v) => v, from: (v) => v ?? '' } } } },
    ],
    ['a transformer is added', { columns: { id, name: { ...name, transformer: [{ to: (v) => v, from: (v) => v }] } } }],
    [
      'a virtual column asks differently',
      { columns: { id, name: { type: 'int', virtualProperty: true, query: () => 'SELECT 2' } } },
    ],
    ['the table is another', { tableName: 'documents' }],
    ['a relation is gone', { relations: {} }],
    ['a relation became eager', { relations: { owner: { ...many.owner, eager: true } } }],
    ['a relation became lazy', { relations: { owner: { ...many.owner, lazy: true } } }],
  ])('changes when %s', async (_, shape) => {
    expect(shapeHash(await release(shape))).not.toBe(shapeHash(await release()));
  });

  it.each<[string, Parameters<typeof release>[0]]>([
    ['a related entity', { owner: { columns: { id, name, more: { type: 'varchar' } } } }],
    ['the transformer of a related entity', { owner: { columns: { id, name: { ...name, transformer: [] } } } }],
    ['what a related entity is related to', { owner: { relations: { documents: back } } }],
  ])('changes with %s', async (_, shape) => {
    expect(shapeHash(await release(shape))).not.toBe(shapeHash(await release()));
  });

  it('does not change with an entity that no relation leads to', async () => {
    const owner = async (document: Shape) => {
      return shapeHash(dataSourceOf(await release(document)).getMetadata('owner'));
    };
    expect(await owner({ columns: { id } })).toBe(await owner({}));
  });

  it('changes with a subclass, and with the order of subclasses', async () => {
    const family = async (names: readonly string[]) => {
      const base = class Base {};
      PrimaryColumn('int')(base.prototype, 'id');
      Entity()(base);
      TableInheritance({ column: { type: 'varchar', name: 'kind' } })(base);
      const children = names.map((each) => {
        const child = { [each]: class extends base {} }[each]!;
        ChildEntity()(child);
        return child;
      });
      // Its relations name one of them before their base.
      const holder = class Holder {};
      PrimaryColumn('int')(holder.prototype, 'id');
      ManyToOne(() => children[names.indexOf('B')]!)(holder.prototype, 'first');
      ManyToOne(() => base)(holder.prototype, 'second');
      Entity()(holder);
      return shapeHash(await metadataOf(holder, [holder, base, ...children]));
    };
    const hashes = [await family(['A', 'B']), await family(['B', 'A']), await family(['B'])];
    expect(new Set(hashes).size).toBe(3);
    expect(await family(['A', 'B'])).toBe(hashes[0]);
  });

  it('changes with a property that is kept out later, for all whose relations lead to it', async () => {
    const document = await release();
    const owner = dataSourceOf(document).getMetadata('owner');
    const before = [shapeHash(document), shapeHash(owner)];
    expect(entityCodec(owner).keepOut('nobody')).toBe(false);
    expect([shapeHash(document), shapeHash(owner)]).toEqual(before);
    expect(entityCodec(owner).keepOut('name')).toBe(true);
    const after = [shapeHash(document), shapeHash(owner)];
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    // The same as in a process that has known it from the beginning.
    const other = await release();
    entityCodec(dataSourceOf(other).getMetadata('owner')).keepOut('name');
    expect(shapeHash(other)).toBe(after[0]);
  });
});
