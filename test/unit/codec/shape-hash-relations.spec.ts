import { EntitySchema, type EntitySchemaOptions, type ObjectLiteral } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { metadataOf } from '../../fixtures/codec/metadata.js';

type Shape = Partial<EntitySchemaOptions<ObjectLiteral>>;
type Relation = NonNullable<Shape['relations']>[string];

const columns = { id: { type: Number, primary: true }, code: { type: Number, unique: true } } as const;

/** People and their documents, which they write and review; people know each other. */
async function release({ person = {}, document = {} }: { person?: Shape; document?: Shape } = {}) {
  const documents = new EntitySchema({
    name: 'document',
    columns,
    ...document,
    relations: {
      writer: { type: 'many-to-one', target: 'person' },
      reviewer: { type: 'many-to-one', target: 'person' },
      ...document.relations,
    },
  });
  const people = new EntitySchema({
    name: 'person',
    columns,
    relationIds: { known: { relationName: 'friends' } },
    ...person,
    relations: {
      documents: { type: 'one-to-many', target: 'document', inverseSide: 'writer' },
      friends: friends('from', 'to'),
      ...person.relations,
    },
  });
  return entityCodec(await metadataOf(people, [people, documents])).shapeHash;
}

function friends(mine: string, theirs: string): Relation {
  return {
    type: 'many-to-many',
    target: 'person',
    joinTable: { name: 'friends', joinColumn: { name: mine }, inverseJoinColumn: { name: theirs } },
  };
}

describe('a shape hash', () => {
  it.each<[string, Parameters<typeof release>[0]]>([
    [
      'a relation is read through another one',
      { person: { relations: { documents: { type: 'one-to-many', target: 'document', inverseSide: 'reviewer' } } } },
    ],
    ['a junction table is read the other way', { person: { relations: { friends: friends('to', 'from') } } }],
    [
      'a relation refers to another column',
      {
        document: {
          relations: {
            writer: {
              type: 'many-to-one',
              target: 'person',
              joinColumn: { name: 'writerId', referencedColumnName: 'code' },
            },
          },
        },
      },
    ],
    ['ids are those of another relation', { person: { relationIds: { known: { relationName: 'documents' } } } }],
    [
      'ids are chosen in another way',
      { person: { relationIds: { known: { relationName: 'friends', queryBuilderFactory: (builder) => builder } } } },
    ],
    ['the entity has an order of its own', { person: { orderBy: { code: 'DESC' } } }],
  ])('changes when %s', async (_, changed) => {
    expect(await release(changed)).not.toBe(await release());
  });
});
