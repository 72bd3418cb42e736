import { DataSource, type ObjectLiteral } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { everyType } from '../../fixtures/codec/every-type.entities.js';
import { describeDatabases } from '../../support/databases.js';
import { expectSame } from '../../support/expect-same.js';

describeDatabases('EntityCodec on column types', (database) => {
  const { schema, rows } = everyType(database.name);
  let dataSource: DataSource;
  let found: ObjectLiteral[];

  beforeAll(async () => {
    dataSource = await new DataSource({
      ...(await database.options()),
      entities: [schema],
      synchronize: true,
    }).initialize();
    for (const row of rows) await dataSource.manager.insert(schema, row);
    found = await dataSource.manager.find(schema, { order: { id: 'ASC' } });
  });

  afterAll(() => dataSource?.destroy());

  it('brings back every column type in one list', () => {
    const codec = entityCodec(dataSource.getMetadata(schema));
    expect(found).toHaveLength(rows.length);
    expectSame(codec.decode(codec.encode(found)), found);
  });

  it.each(rows.map((row, index) => ({ column: Object.keys(row)[0] ?? 'nothing', index })))(
    'brings back $column on its own (row $index)',
    ({ column, index }) => {
      const codec = entityCodec(dataSource.getMetadata(schema));
      const row = found[index]!;
      if (column !== 'nothing') expect(row[column]).not.toBeNull();
      expectSame(codec.decode(codec.encode([row])), [row]);
    },
  );
});
