import { readFile } from 'node:fs/promises';
import { EntitySchema, type EntityMetadata, type ObjectLiteral } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { ENTRY_FORMAT, formatEntry, parseEntry, payloadOf } from '../../../lib/cache/entry.js';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { metadataOf } from '../../fixtures/codec/metadata.js';
import { expectSame } from '../../support/expect-same.js';

const path = `${import.meta.dirname}/../../fixtures/codec/golden.${ENTRY_FORMAT}.txt`;

const remedy =
  'The format of entries changed, so releases before and after this one would misread each other. Raise ENTRY_FORMAT in ' +
  'lib/cache/entry.ts, then run: npx vitest run test/unit/codec/golden.spec.ts -u';

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
  ...[0, 90_000, null, -60_000, 7].map((later, i) => ({
    id: 4 + i,
    takenAt: later === null ? null : new Date(1_700_000_000_000 + later * 1_000),
  })),
];

const header = {
  kind: 'list' as const,
  fingerprint: 'query',
  epoch: 'history',
  dependencies: [
    { clock: 'photo', asOf: 1_700_000_000_000_000, rows: ['1', '2', '3'] },
    { clock: 'user', asOf: 0, isJournaled: true },
  ],
  footprints: '[0,[[[["id","i"]],["1"],["name"],[],[],0,0,1]]]',
  freshUntil: 1_700_000_060_000,
};

describe('the format of entries', () => {
  let metadata: EntityMetadata;

  beforeAll(async () => {
    metadata = await metadataOf(photo, [photo, user]);
  });

  it('still reads what this format wrote before', async () => {
    const written = await readFile(path, 'utf8');
    const entry = parseEntry(written);
    expect(entry, remedy).toMatchObject(header);
    const payload = payloadOf(entry!);
    expect(() => entityCodec(metadata).decode(payload), remedy).not.toThrow();
    expectSame(entityCodec(metadata).decode(payload), rows);
  });

  it('is still written the same', async () => {
    const payload = entityCodec(metadata).encode(rows);
    await expect(formatEntry({ ...header, payload }, 'abcdefghijkl'), remedy).toMatchFileSnapshot(path);
  });
});
