import { Injectable } from '@nestjs/common';
import { type ColumnOptions, EntitySchema, type ObjectLiteral } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases } from '../../support/databases.js';
import { expectReadsLikeFind } from '../../support/reads-like-find.js';
import { createTestApp } from '../../support/test-app.js';

/** A type of PostgreSQL that can be a key, as SQL literals of two of them. */
const KEYS: [name: string, ColumnOptions, one: string, other: string][] = [
  ['jsonb objects', { type: 'jsonb' }, `'{"a": [1, null], "b": "x"}'`, `'{}'`],
  ['jsonb arrays', { type: 'jsonb' }, `'[1, "x", {}]'`, `'[]'`],
  ['jsonb texts', { type: 'jsonb' }, `'"it''s"'`, `'"1"'`],
  ['jsonb scalars', { type: 'jsonb' }, `'1.5'`, `'true'`],
];

const OTHERS: typeof KEYS = [
  ['intervals', { type: 'interval' }, `'1 year 2 mons -3 days 04:05:06.789'`, `'-1 day'`],
  ['bytes', { type: 'bytea' }, `'\\x00ff'`, `'\\x27'`],
  ['dates', { type: 'date' }, `'2026-01-02'`, `'1969-12-31'`],
  ['times', { type: 'time' }, `'01:02:03.000004'`, `'23:59:59'`],
  ['moments', { type: 'timestamptz', precision: 3 }, `'2026-01-02 03:04:05.678+00'`, `'1969-12-31 23:59:59+00'`],
  ['numerics', { type: 'numeric' }, `'1.10'`, `'NaN'`],
  ['floats', { type: 'float8' }, `'0.1'`, `'Infinity'`],
  ['booleans', { type: 'boolean' }, `true`, `false`],
  ['money', { type: 'money' }, `'1.10'`, `'-2'`],
  ['bits', { type: 'bit', length: '3' } as never, `'101'`, `'000'`],
  ['ranges', { type: 'int4range' }, `'[1,3)'`, `'empty'`],
  ['addresses', { type: 'inet' }, `'10.0.0.1'`, `'::1/64'`],
  ['networks', { type: 'cidr' }, `'10.0.0.0/8'`, `'::/0'`],
  ['search vectors', { type: 'tsvector' }, `'a:1 b:2'`, `'c'`],
  ['lists of jsonb', { type: 'jsonb', array: true }, `ARRAY['{"a": 1}', '"x"']::jsonb[]`, `ARRAY['[1]', '2']::jsonb[]`],
  ['lists of numbers', { type: 'int', array: true }, `'{1,2}'`, `'{}'`],
  ['lists of texts', { type: 'text', array: true }, `'{"a,b","\\"c\\""}'`, `'{NULL,x}'`],
  ['lists of dates', { type: 'date', array: true }, `'{2026-01-02}'`, `'{1969-12-31}'`],
  [
    'lists of moments',
    { type: 'timestamptz', array: true },
    `'{2026-01-02 03:04:05.678+00}'`,
    `'{1969-12-31 00:00+00}'`,
  ],
];

const tag = new EntitySchema<ObjectLiteral>({
  name: 'tag',
  columns: { id: { type: 'int', primary: true }, name: { type: 'text' } },
});

/** Rows with such a key, each with a parent and with children. */
function schemasOf(key: ColumnOptions): EntitySchema[] {
  const row = new EntitySchema<ObjectLiteral>({
    name: 'row',
    columns: { id: { ...key, primary: true } as never },
    relations: {
      tag: { type: 'many-to-one', target: 'tag', nullable: true },
      parts: { type: 'one-to-many', target: 'part', inverseSide: 'row' },
      tags: { type: 'many-to-many', target: 'tag', joinTable: { name: 'row_tags' } },
    },
  });
  const part = new EntitySchema<ObjectLiteral>({
    name: 'part',
    columns: { no: { type: 'int', primary: true } },
    relations: { row: { type: 'many-to-one', target: 'row', inverseSide: 'parts' } },
  });
  return [tag, row, part];
}

/** The key beside another one; without foreign keys to it, which TypeORM does not make of a list. */
function pairOf(name: string, key: ColumnOptions): EntitySchema {
  return new EntitySchema<ObjectLiteral>({
    name,
    columns: { no: { type: 'int', primary: true }, id: { ...key, primary: true } as never },
    relations: { tag: { type: 'many-to-one', target: 'tag', nullable: true } },
  });
}

function managerOf(name: string) {
  @Injectable()
  class PairCacheManager extends BaseCacheManager<ObjectLiteral> {
    model = name;
    override prefetchRelatedObjects = ['tag'] as never;
  }
  return PairCacheManager;
}

@Injectable()
class RowCacheManager extends BaseCacheManager<ObjectLiteral> {
  model = 'row';
  override prefetchRelatedObjects = ['tag', 'parts', 'tags'] as never;
}

describeDatabases(
  'A prefetched relation finds owners by keys that are',
  (database) => {
    it.each(KEYS)('%s', async (_, key, one, other) => {
      const app = await createTestApp({
        database: { ...(await database.options()), entities: schemasOf(key), synchronize: true } as never,
        managers: [RowCacheManager],
      });
      const { manager } = app.dataSource;
      await manager.query(`INSERT INTO tag VALUES (1, 'red'), (2, 'blue')`);
      await manager.query(`INSERT INTO "row" (id, "tagId") VALUES (${one}, 1), (${other}, 2)`);
      await manager.query(`INSERT INTO part (no, "rowId") VALUES (1, ${one}), (2, ${one}), (3, ${other})`);
      await manager.query(`INSERT INTO row_tags VALUES (${one}, 1), (${other}, 1), (${other}, 2)`);
      const rows = await expectReadsLikeFind(
        app,
        RowCacheManager,
        {
          relations: { tag: true, parts: true, tags: true },
          order: { id: 'ASC', parts: { no: 'ASC' }, tags: { id: 'ASC' } },
        },
        4,
      );
      expect(rows.map(({ tag, parts }) => `${tag.name} ${parts.length}`).sort()).toEqual(['blue 1', 'red 2']);
    });

    it('of any type, beside another column', async () => {
      const pairs = [...KEYS, ...OTHERS].map(([, key, one, other], i) => {
        const name = `pair_${i}`;
        return { name, one, other, schema: pairOf(name, key), Manager: managerOf(name) };
      });
      const entities = [tag, ...pairs.map(({ schema }) => schema)];
      const app = await createTestApp({
        database: { ...(await database.options()), entities, synchronize: true } as never,
        managers: pairs.map(({ Manager }) => Manager),
      });
      const { manager } = app.dataSource;
      await manager.query(`INSERT INTO tag VALUES (1, 'red'), (2, 'blue')`);
      for (const { name, one, other, Manager } of pairs) {
        await manager.query(`INSERT INTO ${name} (no, id, "tagId") VALUES (1, ${one}, 1), (1, ${other}, 2)`);
        await expectReadsLikeFind(app, Manager, { relations: { tag: true }, order: { id: 'ASC' } }, 2);
      }
    });
  },
  ['postgres'],
);
