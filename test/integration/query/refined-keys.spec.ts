import { Injectable } from '@nestjs/common';
import {
  ChildEntity,
  Column,
  type DataSourceOptions,
  DeleteDateColumn,
  Entity,
  In,
  IsNull,
  JoinColumn,
  ManyToOne,
  MoreThan,
  type ObjectLiteral,
  OneToMany,
  PrimaryColumn,
  Raw,
  type Relation,
  TableInheritance,
  ViewColumn,
  ViewEntity,
  VirtualColumn,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager, InvalidQueryError, type QuerySet, type Where } from '../../../lib/index.js';
import { UserId } from '../../fixtures/entities/value-keys.entities.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

class Code {
  @PrimaryColumn('varchar', { length: 20 })
  text: string;
}

/** Its key is inside of an embedded object. */
@Entity('shelf')
class Shelf {
  @Column(() => Code)
  code: Code;

  @OneToMany(() => Box, (box) => box.shelf)
  boxes: Relation<Box[]>;
}

/** Its key goes through a transformer, its order is its own, and it may be soft-deleted. */
@Entity('box', { orderBy: { label: 'DESC' } })
class Box {
  @PrimaryColumn('varchar', {
    length: 20,
    transformer: {
      to: (value: unknown) => (value instanceof UserId ? `b-${value.id}` : value),
      // TypeORM asks of rows that there are none as well.
      from: (form: string | null) => form && new UserId(form.slice(2)),
    },
  })
  id: UserId;

  @Column()
  label: string;

  @VirtualColumn({ query: (alias) => `SELECT COUNT(*) FROM thing t WHERE t.box_id = ${alias}.id` })
  load: number;

  @ManyToOne(() => Shelf, (shelf) => shelf.boxes, { nullable: true })
  shelf: Relation<Shelf> | null;

  @OneToMany(() => Thing, (thing) => thing.box)
  things: Relation<Thing[]>;

  @DeleteDateColumn()
  deletedAt: Date | null;
}

@Entity('thing')
@TableInheritance({ column: { type: 'varchar', name: 'kind', length: 20 } })
class Thing {
  @PrimaryColumn()
  id: number;

  @ManyToOne(() => Box, (box) => box.things, { nullable: true })
  @JoinColumn({ name: 'box_id' })
  box: Relation<Box> | null;
}

@ChildEntity()
class Pen extends Thing {
  @Column('varchar', { length: 20, nullable: true })
  color: string | null;
}

@ChildEntity()
class Cup extends Thing {}

const PILES = 'SELECT box_id, COUNT(*) AS total FROM thing GROUP BY box_id';

/** What it calls its key is NULL in one row. */
@ViewEntity({ name: 'pile', expression: PILES })
class Pile {
  @PrimaryColumn('varchar', { name: 'box_id' })
  boxId: string | null;

  @ViewColumn()
  total: number;

  @ManyToOne(() => Box)
  @JoinColumn({ name: 'box_id' })
  box: Relation<Box> | null;
}

/** It has no key. */
@ViewEntity({ name: 'heap', expression: PILES })
class Heap {
  @ViewColumn({ name: 'box_id' })
  boxId: string | null;

  @ViewColumn()
  total: number;

  @ManyToOne(() => Box)
  @JoinColumn({ name: 'box_id' })
  box: Relation<Box> | null;
}

@Injectable()
class ShelfCacheManager extends BaseCacheManager<Shelf> {
  model = Shelf;
}

@Injectable()
class BoxCacheManager extends BaseCacheManager<Box> {
  model = Box;
  relatedObjects = ['shelf'] as const;
}

@Injectable()
class ThingCacheManager extends BaseCacheManager<Thing> {
  model = Thing;
}

@Injectable()
class PenCacheManager extends BaseCacheManager<Pen> {
  model = Pen;
  relatedObjects = ['box'] as const;
}

@Injectable()
class PileCacheManager extends BaseCacheManager<Pile> {
  model = Pile;
  dependsOn = [Thing];
}

@Injectable()
class HeapCacheManager extends BaseCacheManager<Heap> {
  model = Heap;
  dependsOn = [Thing];
}

async function setUp(database: TestDatabase) {
  const entities = [Shelf, Box, Thing, Pen, Cup, Pile, Heap];
  const app = await createTestApp({
    database: { ...(await database.options()), entities, synchronize: true } as DataSourceOptions,
    managers: [
      ShelfCacheManager,
      BoxCacheManager,
      ThingCacheManager,
      PenCacheManager,
      PileCacheManager,
      HeapCacheManager,
    ],
  });
  const { manager } = app.dataSource;
  await manager.insert(
    Shelf,
    ['a', 'b', 'c'].map((text) => ({ code: { text } })),
  );
  const boxes = [1, 2, 3, 4, 5].map((i) => ({
    id: new UserId(String(i)),
    label: i % 2 ? 'odd' : 'even',
    shelf: i < 5 ? { code: { text: 'aab'[i % 3]! } } : null,
    deletedAt: i === 4 ? new Date() : null,
  }));
  await manager.insert(Box, boxes);
  // A foreign key goes through no transformer.
  const box = (i: number) => (i % 6 < 5 ? { id: `b-${(i % 6) + 1}` as never } : null);
  const ids = Array.from({ length: 12 }, (_, id) => id);
  await manager.insert(
    Pen,
    ids.filter((id) => id % 3).map((id) => ({ id, box: box(id), color: ['red', 'blue', null][id % 4] ?? null })),
  );
  await manager.insert(
    Cup,
    ids.filter((id) => id % 3 === 0).map((id) => ({ id, box: box(id) })),
  );
  return app;
}

describeDatabases('A refinement of rows', (database) => {
  /** Any two of the filters, by what each finds alone. */
  async function check<T extends ObjectLiteral>(
    { dataSource }: Awaited<ReturnType<typeof setUp>>,
    managed: BaseCacheManager<T>,
    wheres: readonly (() => unknown)[],
    /** TypeORM neither counts rows without a key nor has them on a page. */
    hasKeys = true,
  ): Promise<void> {
    const name = (row: T) =>
      JSON.stringify(
        dataSource.getMetadata(managed.model).primaryColumns.map((column) => column.getEntityValue(row) as unknown),
      );
    const names = (found: readonly T[]) => found.map(name).sort();
    const find = async (where: unknown) =>
      names(await dataSource.manager.find(managed.model, { where: where as Where<T> }));
    const everything = names(await dataSource.manager.find(managed.model));
    const expectOf = async (what: string, set: () => QuerySet<T>, expected: string[]) => {
      expect([what, ...names(await set())]).toEqual([what, ...expected]);
      expect([what, ...names(await set().cache())]).toEqual([what, ...expected]);
      if (!hasKeys) return;
      expect([what, await set().count()]).toEqual([what, expected.length]);
      expect([what, (await set().limit(2)).length]).toEqual([what, Math.min(2, expected.length)]);
    };
    for (const [i, a] of wheres.entries()) {
      const first = new Set(await find(a()));
      // Neither all of them nor none, or it shows nothing.
      expect([i, first.size > 0 && first.size < everything.length]).toEqual([i, true]);
      for (const [j, b] of wheres.entries()) {
        const second = new Set(await find(b()));
        const left = (one: boolean, other: boolean) =>
          everything.filter((each) => first.has(each) === one && second.has(each) === other);
        const [A, B] = [a() as Where<T>, b() as Where<T>];
        const all = () => managed.all();
        await expectOf(`${i} and ${j}`, () => all().filter(A).filter(B), left(true, true));
        await expectOf(`${i} and not ${j}`, () => all().filter(A).exclude(B), left(true, false));
        await expectOf(`neither ${i} nor ${j}`, () => all().exclude(A).exclude(B), left(false, false));
      }
    }
  }

  it('finds them again by a key inside of an embedded object', async () => {
    const app = await setUp(database);
    await check(app, app.get(ShelfCacheManager), [
      () => ({ code: { text: In(['a', 'c']) } }),
      () => ({ boxes: { label: 'odd' } }),
      () => ({ boxes: { things: { id: MoreThan(6) } } }),
      () => ({ boxes: [{ id: new UserId('2') }, { label: 'none' }] }),
    ]);
  });

  it('finds them again by a key behind a transformer, where rows are ordered, may be deleted and have virtual columns', async () => {
    const app = await setUp(database);
    await check(app, app.get(BoxCacheManager), [
      () => ({ id: In([new UserId('1'), new UserId('2')]) }),
      () => ({ shelf: { code: { text: 'a' } } }),
      () => ({ things: { id: MoreThan(7) } }),
      () => ({ things: { id: MoreThan(0) }, load: 2, label: 'odd' }),
      () => [{ things: { id: 1 } }, { shelf: { boxes: { label: 'odd' } } }],
    ]);
    // The builder may be told to show deleted rows: then it is told so of all of it.
    const all = async (set: QuerySet<Box>) => {
      const found = await set.createQueryBuilder('b').withDeleted().getMany();
      return found.map(({ id }) => id.id).sort();
    };
    const boxes = app.get(BoxCacheManager).all();
    const used = { things: { id: MoreThan(2) } };
    expect(await all(boxes)).toEqual(['1', '2', '3', '4', '5']);
    expect(await all(boxes.exclude(used))).toEqual([]);
    expect(await all(boxes.filter({ label: 'even' }).filter(used).filter(used))).toEqual(['2', '4']);
  });

  it('finds those of a subclass again, and those of its base', async () => {
    const app = await setUp(database);
    const wheres = [
      () => ({ id: MoreThan(4) }),
      () => ({ box: { label: 'odd' } }),
      () => ({ box: { shelf: { code: { text: 'a' } } } }),
      () => ({ box: { things: { id: 4 } } }),
    ];
    await check(app, app.get(ThingCacheManager), wheres);
    await check(app, app.get(PenCacheManager), [
      ...wheres,
      () => ({ color: 'red' }),
      () => [{ color: 'blue' }, { box: { label: 'even' } }],
    ]);
  });

  it('finds those of a view again, whose key may be NULL', async () => {
    const app = await setUp(database);
    const filters = [
      () => ({ boxId: 'b-1' }),
      () => ({ box: { label: 'odd' } }),
      () => [{ box: { label: 'even' } }, { boxId: IsNull() }],
    ];
    await check(app, app.get(PileCacheManager), filters, false);
  });

  it('of a view without a key is about its own columns, or the only filter on a relation', async () => {
    const { get } = await setUp(database);
    const heaps = get(HeapCacheManager).all();
    const ids = async (set: QuerySet<Heap>) => (await set).map(({ boxId }) => String(boxId)).sort();
    const known = { boxId: Raw((key) => `${key} > :least`, { least: 'b-2' }) };
    expect(await ids(heaps)).toHaveLength(6);
    expect(await ids(heaps.exclude(known))).toEqual(['b-1', 'b-2', 'null']);
    expect(
      await ids(
        heaps
          .exclude(known)
          .filter({ boxId: 'b-1' })
          .filter({ boxId: In(['b-1', 'b-2']) }),
      ),
    ).toEqual(['b-1']);
    expect(await ids(heaps.filter({ box: { label: 'odd' } }).filter({ boxId: 'b-1' }))).toEqual(['b-1']);
    expect(
      await ids(heaps.filter({ box: { label: 'odd' } }).filter({ box: { shelf: { code: { text: 'a' } } } })),
    ).toEqual(['b-1', 'b-3']);
    const refused = expect.objectContaining({
      code: 'QSCACHE_FILTER_WITHOUT_KEY',
      message: expect.stringMatching(/^Heap has no primary key, so .*@PrimaryColumn\(\)/) as string,
    }) as Error;
    expect(() => heaps.exclude({ box: { label: 'odd' } })).toThrow(refused);
    expect(await ids(heaps.exclude({ box: IsNull() }).filter({ boxId: 'b-1' }))).toEqual(['b-1']);
    const odd = heaps.filter({ box: { label: 'odd' } });
    expect(() => odd.filter([{ box: { label: 'even' } }, { boxId: 'b-2' }])).toThrow(refused);
    expect(() => odd.filter({ box: { label: 'even' } })).toThrow(refused);
    expect(
      await ids(
        heaps.filter({ boxId: In(['b-1', 'b-2', 'b-3']) }).filter([{ box: { label: 'odd' } }, { boxId: 'b-2' }]),
      ),
    ).toEqual(['b-1', 'b-2', 'b-3']);
    expect(() => heaps.exclude({ box: { label: 'odd' } })).toThrow(InvalidQueryError);
  });
});
