import { EntitySchema, type EntitySchemaColumnOptions, type EntitySchemaOptions, type ObjectLiteral } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { fingerprint } from '../../../lib/codec/fingerprint.js';
import { ShapeMismatchError } from '../../../lib/codec/payload-errors.js';
import { metadataOf } from '../../fixtures/codec/metadata.js';

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

const many = { owner: { type: 'many-to-one', target: 'owner' } } as const;

describe('a fingerprint', () => {
  it('is the same for the same shape', async () => {
    expect(fingerprint(await release())).toBe(fingerprint(await release()));
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
    expect(fingerprint(await release(shape))).not.toBe(fingerprint(await release()));
  });

  it('of an entity in the payload decides, related ones included', async () => {
    const codec = async (shape?: Parameters<typeof release>[0]) => entityCodec(await release(shape));
    const more = { columns: { id, name, more: { type: 'varchar' } as const } };
    const alone = (await codec()).encode([{ id: 1, name: 'a' }]);
    const owned = (await codec()).encode([{ id: 1, name: 'a', owner: { id: 2, name: 'b' } }]);
    expect((await codec()).decode(owned)).toEqual([{ id: 1, name: 'a', owner: { id: 2, name: 'b' } }]);
    expect((await codec({ owner: more })).decode(alone)).toEqual([{ id: 1, name: 'a' }]);
    await expect(codec({ owner: more }).then((next) => next.decode(owned))).rejects.toThrow(ShapeMismatchError);
    await expect(codec(more).then((next) => next.decode(alone))).rejects.toThrow(ShapeMismatchError);
  });
});
