import { Column, ManyToOne, OneToMany, PrimaryColumn, type ColumnOptions, type ObjectLiteral } from 'typeorm';
import type { DatabaseName, SetMaker } from '../entity-set.js';
import { entityClass, property } from './decorate.js';
import { dataSourceOf } from '../../support/typeorm.js';

class Isbn {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

const dateType = { sqljs: 'datetime', postgres: 'timestamptz', mariadb: 'datetime' } as const;
const bytesType = { sqljs: 'blob', postgres: 'bytea', mariadb: 'varbinary' } as const;

/** Keys of unusual types, and three of each. */
const keys: Record<string, (database: DatabaseName) => readonly [ColumnOptions, ...unknown[]] | undefined> = {
  'texts made of numbers': () => [
    {
      type: 'int',
      transformer: {
        to: (id: string | null | undefined) => id && Number(id.slice(3)),
        from: (id: number | null) => id && `id-${id}`,
      },
    },
    'id-1',
    'id-2',
    'id-3',
  ],
  bigints: () => [
    {
      type: 'bigint',
      transformer: {
        to: (id: unknown) => (typeof id === 'bigint' ? String(id) : id),
        from: (id: string | number | null) => id && BigInt(id),
      },
    },
    1n,
    2n,
    3n,
  ],
  'value objects': () => [
    {
      type: 'varchar',
      length: 40,
      transformer: {
        to: (id: unknown) => (id instanceof Isbn ? id.text : id),
        from: (text: string | null) => text && new Isbn(text),
      },
    },
    new Isbn('a-1'),
    new Isbn('b-2'),
    new Isbn('c-3'),
  ],
  dates: (database) => [
    { type: dateType[database] },
    new Date('2024-02-29T00:00:00Z'),
    new Date('2024-03-01T12:00:00Z'),
    new Date('1999-12-31T23:59:59Z'),
  ],
  days: () => [{ type: 'date' }, '2024-02-29', '1999-12-31', '2000-01-01'],
  bytes: (database) => [
    { type: bytesType[database], ...(database === 'mariadb' && { length: 16 }) },
    Buffer.from([0, 1]),
    Buffer.from('6162'),
    Buffer.from('ab'),
  ],
  decimals: (database) =>
    database === 'sqljs' ? undefined : [{ type: 'decimal', precision: 10, scale: 2 }, '1.50', '-0.10', '0.00'],
  json: (database) =>
    database === 'postgres' ? [{ type: 'jsonb' }, { a: 1 }, { a: 2, b: 'x' }, { c: null }] : undefined,
};

/** The first key as SQL, where TypeORM does not transform a foreign key when it writes one. */
const forms: Record<string, string> = { 'texts made of numbers': '1', 'value objects': `'a-1'` };

/** Alone, and as what relations refer to: TypeORM's own joins by such keys are what they are. */
export const oddKeySets: SetMaker[] = Object.entries(keys).map(([kind, key]): SetMaker => (database) => {
  const [options, ...values] = key(database) ?? [];
  if (!options) return undefined;
  const owner = entityClass('Owned');
  const part = entityClass('Part');
  property(owner, 'id', PrimaryColumn(options as never));
  property(owner, 'name', Column({ type: 'varchar', length: 40 }));
  property(
    owner,
    'parts',
    OneToMany(() => part, 'owner'),
  );
  property(part, 'id', PrimaryColumn('int'));
  property(part, 'name', Column({ type: 'varchar', length: 40 }));
  property(
    part,
    'owner',
    ManyToOne(() => owner, 'parts', { createForeignKeyConstraints: false }),
  );
  return {
    name: `keys of ${kind}`,
    entities: [owner, part],
    managers: [
      { model: owner, details: 3 },
      { model: owner, joined: ['parts'] },
      { model: owner, prefetched: ['parts'] },
      { model: part, prefetched: ['owner'] },
    ],
    fill: async (manager) => {
      const owners: ObjectLiteral[] = values.map((id, i) => ({ id, name: `owner ${i}` }));
      await manager.insert(owner, owners);
      const form = forms[kind];
      const first = form ? null : owners[0];
      await manager.insert(part, [
        { id: 1, name: 'a', owner: first },
        { id: 2, name: 'b', owner: first },
        { id: 3, name: 'c', owner: null },
      ]);
      const { driver } = dataSourceOf(manager);
      if (form) await manager.query(`UPDATE part SET ${driver.escape('ownerId')} = ${form} WHERE id < 3`);
    },
  };
});
