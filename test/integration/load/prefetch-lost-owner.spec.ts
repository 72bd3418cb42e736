import { Injectable } from '@nestjs/common';
import {
  Column,
  DeleteDateColumn,
  Entity,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
  RelationId,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { Pause } from '../../support/pause.js';
import { expectReadsLikeFind } from '../../support/reads-like-find.js';
import { createTestApp } from '../../support/test-app.js';

@Entity('label')
class Label {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  name: string;

  @DeleteDateColumn()
  deletedAt: Date | null;
}

@Entity('shelf')
class Shelf {
  @PrimaryGeneratedColumn()
  id: number;

  @OneToMany(() => Box, (box) => box.shelf)
  boxes: Relation<Box>[];

  @DeleteDateColumn()
  deletedAt: Date | null;
}

@Entity('box')
class Box {
  @PrimaryGeneratedColumn()
  id: number;

  @ManyToOne(() => Shelf, (shelf) => shelf.boxes, { onDelete: 'CASCADE' })
  shelf: Shelf;

  @ManyToMany(() => Label)
  @JoinTable({ name: 'box_labels' })
  labels: Label[];

  @RelationId((box: Box) => box.labels)
  labelIds: number[];
}

/** Its key is finer than a JavaScript date. */
@Entity('reading')
class Reading {
  @PrimaryColumn()
  sensor: number;

  @PrimaryColumn({ type: 'timestamp', precision: 6 })
  at: Date;

  @ManyToOne(() => Label)
  label: Label;

  @ManyToMany(() => Label)
  @JoinTable({ name: 'reading_labels' })
  labels: Label[];
}

@Injectable()
class ShelfCacheManager extends BaseCacheManager<Shelf> {
  model = Shelf;
  prefetchRelatedObjects = ['boxes.labels'] as const;
}

@Injectable()
class ReadingCacheManager extends BaseCacheManager<Reading> {
  model = Reading;
  prefetchRelatedObjects = ['label', 'labels'] as const;
}

async function setUp(database: TestDatabase) {
  const entities = [Label, Shelf, Box, ...(database.name === 'sqljs' ? [] : [Reading])];
  const app = await createTestApp({
    database: { ...(await database.options()), entities, synchronize: true } as never,
    managers: [ShelfCacheManager, ...(database.name === 'sqljs' ? [] : [ReadingCacheManager])],
  });
  const { manager } = app.dataSource;
  const labels = await manager.save(Label, [{ name: 'red' }, { name: 'blue' }]);
  const [shelf] = await manager.save(Shelf, [{}, {}]);
  await manager.save(Box, { shelf: shelf!, labels });
  return { ...app, manager, shelves: app.get(ShelfCacheManager) };
}

describeDatabases('An owner that goes between two statements of a load', (database) => {
  it('is gone from what is read when it was deleted, not stripped of its relations', async () => {
    const { dataSource, manager, shelves } = await setUp(database);
    const pause = new Pause(dataSource, /^SELECT .*FROM .shelf. .Shelf./);
    const loading = Promise.resolve(shelves.all());
    await pause.reached();
    await manager.delete(Shelf, 1);
    pause.release();
    expect((await loading).map(({ id, boxes }) => [id, boxes.length])).toEqual([[2, 0]]);
    expect((await shelves.all()).map(({ id }) => id)).toEqual([2]);
  });

  it('is shown as it was when it was soft-deleted, with what was prefetched below', async () => {
    const { dataSource, manager, shelves } = await setUp(database);
    const pause = new Pause(dataSource, /^SELECT .*FROM .shelf. .Shelf./);
    const loading = Promise.resolve(shelves.all());
    await pause.reached();
    await manager.softDelete(Shelf, 1);
    pause.release();
    expect((await loading).map(({ boxes }) => boxes.map((box) => box.labels.length))).toEqual([[2], []]);
    expect((await shelves.all()).map(({ id }) => id)).toEqual([2]);
  });

  it('shows no ids of soft-deleted rows below it, though it could be soft-deleted itself', async () => {
    const app = await setUp(database);
    await app.manager.softDelete(Label, 2);
    const [shelf] = await expectReadsLikeFind(app, ShelfCacheManager, {
      relations: { boxes: { labels: true } },
      order: { id: 'ASC' },
    });
    expect(shelf!.boxes[0]!.labelIds).toEqual([1]);
  });
});

describeDatabases(
  'An owner with a key finer than a date',
  (database) => {
    it('has its relations all the same: they are joined', async () => {
      const app = await setUp(database);
      const [at, label] = ['at', 'labelId'].map((name) => app.dataSource.driver.escape(name));
      await app.manager.query(
        `INSERT INTO reading (sensor, ${at}, ${label}) VALUES (1, '2026-01-02 03:04:05.123456', 1), (2, '2026-01-02 03:04:05.123456', 2)`,
      );
      await app.manager.query(
        `INSERT INTO reading_labels VALUES (1, '2026-01-02 03:04:05.123456', 1), (1, '2026-01-02 03:04:05.123456', 2)`,
      );
      const found = await expectReadsLikeFind(app, ReadingCacheManager, {
        relations: { label: true, labels: true },
        order: { sensor: 'ASC', labels: { id: 'ASC' } },
      });
      expect(found.map(({ label: { name }, labels }) => [name, labels.length])).toEqual([
        ['red', 2],
        ['blue', 0],
      ]);
      const selected = await app
        .get(ReadingCacheManager)
        .all()
        .select({ at: true, label: { name: true }, labels: { name: true } })
        .orderBy({ sensor: 'ASC' });
      expect(selected.map(({ label: { name }, labels }) => [name, labels.length])).toEqual([
        ['red', 2],
        ['blue', 0],
      ]);
    });
  },
  ['postgres', 'mariadb'],
);
