import { readFile } from 'node:fs/promises';
import { EntitySchema, type EntityMetadata, type ObjectLiteral } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { PAYLOAD_FORMAT } from '../../../lib/codec/envelope.js';
import { metadataOf } from '../../fixtures/codec/metadata.js';
import { expectSame } from '../../support/expect-same.js';

const path = `${import.meta.dirname}/../../fixtures/codec/golden.v${PAYLOAD_FORMAT}.txt`;

const remedy =
  'The payload format changed, so releases before and after this one would misread each other. Raise PAYLOAD_FORMAT in ' +
  'lib/codec/envelope.ts, then run: npx vitest run test/unit/codec/golden.spec.ts -u';

const user = new EntitySchema<ObjectLiteral>({
  name: 'user',
  columns: { id: { type: Number, primary: true }, profile: { type: 'simple-json' } },
});

const photo = new EntitySchema<ObjectLiteral>({
  name: 'photo',
  columns: {
    id: { type: Number, primary: true },
    title: { type: String },
    takenAt: { type: Date },
    meta: { type: 'simple-json' },
    mixed: { type: 'simple-json' },
    views: { type: 'bigint' },
    ratio: { type: 'float' },
    thumbnail: { type: 'blob' },
    raw: { type: 'blob' },
  },
  relations: {
    owner: { type: 'many-to-one', target: 'user' },
    likedBy: { type: 'many-to-many', target: 'user', joinTable: true },
  },
});

const ann = { id: 1, profile: { langs: ['de', 'en'] } };
const bob = { id: 2, profile: { since: new Date(0) } };

const rows = [
  {
    id: 1,
    title: '"Quoted" \u2028 🙂',
    takenAt: new Date(1_700_000_000_000),
    meta: { $: ['date', 0], list: [1, null] },
    mixed: 1,
    views: 2n ** 63n,
    ratio: NaN,
    thumbnail: Buffer.from([0, 255]),
    raw: new Uint8Array([1, 2]),
    owner: ann,
    likedBy: [ann, bob],
  },
  {
    id: 2,
    title: null,
    takenAt: new Date(NaN),
    meta: [new Date(1)],
    mixed: new Date(2),
    views: 0n,
    ratio: -0,
    owner: bob,
    likedBy: [],
  },
  { id: 3, title: undefined, mixed: null, owner: null },
];

describe('the payload format', () => {
  let metadata: EntityMetadata;

  beforeAll(async () => {
    metadata = await metadataOf(photo, [photo, user]);
  });

  it('still reads what this format wrote before', async () => {
    const written = await readFile(path, 'utf8');
    expect(() => entityCodec(metadata).decode(written), remedy).not.toThrow();
    expectSame(entityCodec(metadata).decode(written), rows);
  });

  it('is still written the same', async () => {
    await expect(entityCodec(metadata).encode(rows), remedy).toMatchFileSnapshot(path);
  });
});
