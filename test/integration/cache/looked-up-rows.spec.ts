import { Injectable } from '@nestjs/common';
import {
  ChildEntity,
  Column,
  type DataSourceOptions,
  DeleteDateColumn,
  Entity,
  type EntityManager,
  Index,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  TableInheritance,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { createTestApp, type TestApp } from '../../support/test-app.js';

@Entity()
class Card {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  title!: string;

  @Column()
  score!: number;

  @Index()
  @Column()
  board!: number;

  @Column({ default: 0, select: false })
  rank?: number;

  @DeleteDateColumn()
  deletedAt?: Date | null;
}

@Entity()
class Pin {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column()
  board!: number;

  @Column()
  isUp!: boolean;
}

@Entity()
class Seat {
  @PrimaryColumn()
  hall!: number;

  @PrimaryColumn()
  place!: number;

  @Column()
  price!: number;

  @Column({ type: 'int', nullable: true })
  guest!: number | null;
}

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
class Animal {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  cage!: number;

  @Column()
  age!: number;
}

@ChildEntity()
class Cat extends Animal {}

@ChildEntity()
class Dog extends Animal {}

const entities = [Card, Pin, Seat, Animal, Cat, Dog];

@Injectable()
class Cards extends BaseCacheManager<Card> {
  model = Card;
}

@Injectable()
class Pins extends BaseCacheManager<Pin> {
  model = Pin;
}

@Injectable()
class Seats extends BaseCacheManager<Seat> {
  model = Seat;
}

@Injectable()
class Cats extends BaseCacheManager<Cat> {
  model = Cat;
}

/** Cards 1 to 3 on board 1, of scores 30, 20, 10; 4 to 6 on board 2, of 3, 2, 1. */
async function open(database: TestDatabase): Promise<TestApp> {
  const app = await createTestApp({
    database: { ...(await database.options()), entities, synchronize: true } as DataSourceOptions,
    managers: [Cards, Pins, Seats, Cats],
  });
  const { manager } = app.dataSource;
  const card = (board: number, score: number) => ({ title: `card ${score}`, score, board });
  await manager.insert(Card, [card(1, 30), card(1, 20), card(1, 10), card(2, 3), card(2, 2), card(2, 1)]);
  return app;
}

const top = (app: TestApp, board = 1) =>
  app.get(Cards).all().filter({ board }).orderBy({ score: 'DESC' }).limit(2).cache();

const idsOf = (items: readonly { readonly id: number }[]) => items.map(({ id }) => id);

type Write = (manager: EntityManager) => Promise<unknown>;

describeDatabases('A row that a write has named by its key only', (database) => {
  it('is looked at by whoever is first to read a list it may be in, and known to all others', async () => {
    const app = await open(database);
    await top(app, 1);
    await top(app, 2);
    await app.settled();
    await app.dataSource.manager.update(Card, 6, { score: 99 });
    const { result, statements } = await app.statements.during(() => top(app));
    expect(idsOf(result)).toEqual([1, 2]);
    expect(statements).toEqual([expect.stringMatching(/^SELECT .*\bseen\b.*\bid\b/i)]);
    expect(idsOf(await app.statements.expect(0, () => top(app)))).toEqual([1, 2]);
    // Of its own board it is the first now, which is known by then.
    expect(idsOf(await app.statements.expect(1, () => top(app, 2)))).toEqual([6, 4]);
  });

  it('makes the list anew where it has come', async () => {
    const app = await open(database);
    await top(app);
    await app.settled();
    await app.dataSource.manager.update(Card, 3, { score: 99 });
    expect(idsOf(await app.statements.expect(2, () => top(app)))).toEqual([3, 1]);
  });

  it('is looked at once, with others, for all who read at once', async () => {
    const app = await open(database);
    await app.dataSource.manager.insert(
      Card,
      Array.from({ length: 20 }, (_, i) => ({ title: 'of others', score: 1, board: 3 + i })),
    );
    for (let board = 1; board < 20; board++) await top(app, board);
    await app.settled();
    for (const id of [4, 5, 6]) await app.dataSource.manager.update(Card, id, { score: 99 });
    const { statements } = await app.statements.during(async () => {
      await Promise.all(Array.from({ length: 50 }, () => top(app)));
    });
    expect(statements).toHaveLength(1);
    for (let board = 3; board < 20; board++) await app.statements.expect(0, () => top(app, board));
  });

  it.each<[string, Write]>([
    ['what the database has computed', (manager) => manager.increment(Card, { id: 6 }, 'score', 90)],
    ['one of an entity that was saved', (manager) => manager.save(Card, { id: 6, score: 99 })],
    [
      'one that is soft-deleted',
      (manager) => manager.softDelete(Card, 6).then(() => manager.update(Card, 6, { score: 9 })),
    ],
    [
      'one of several boards in turn',
      async (manager) => {
        await manager.update(Card, 6, { board: 1 });
        await manager.update(Card, 6, { score: 99 });
        await manager.update(Card, 6, { board: 2 });
      },
    ],
  ])('is not taken for what is shown: %s', async (_, write) => {
    const app = await open(database);
    await top(app);
    await app.settled();
    await write(app.dataSource.manager);
    expect(idsOf(await top(app))).toEqual([1, 2]);
    await app.settled();
    await app.dataSource.manager.update(Card, 6, { board: 1, score: 98 });
    expect(idsOf(await top(app))).toEqual(await currentTop(app));
    await app.settled();
    await app.dataSource.manager.restore(Card, 6);
    expect(idsOf(await top(app))).toEqual([6, 1]);
  });

  it('is none of a list once it was seen to be soft-deleted', async () => {
    const app = await open(database);
    const { manager } = app.dataSource;
    await manager.softDelete(Card, 6);
    await top(app);
    await app.settled();
    await manager.update(Card, 6, { board: 1, score: 99 });
    // Looked at, and not shown: there is nothing to load.
    expect(idsOf(await app.statements.expect(1, () => top(app)))).toEqual([1, 2]);
  });

  it('is loaded for where it is gone by the time somebody looks', async () => {
    const app = await open(database);
    await top(app);
    await app.settled();
    await app.dataSource.manager.update(Card, 3, { score: 99 });
    await app.dataSource.manager.delete(Card, 3);
    expect(idsOf(await top(app))).toEqual([1, 2]);
  });

  it('is never looked at for a column that is not shown unasked', async () => {
    const app = await open(database);
    const ranked = () => app.get(Cards).all().filter({ board: 1, rank: 0 }).orderBy({ id: 'ASC' }).cache();
    await ranked();
    await app.settled();
    await app.dataSource.manager.update(Card, 6, { rank: 0 });
    const { statements } = await app.statements.during(() => ranked());
    expect(statements).toEqual([expect.stringMatching(/\bseen\b.*\bboard\b/)]);
    expect(statements[0]).not.toMatch(/rank/);
  });

  it('is found by a uuid', async () => {
    const app = await open(database);
    const { manager } = app.dataSource;
    const up = (board: number) => () => app.get(Pins).all().filter({ board, isUp: true }).cache();
    const pins = await manager.save(
      Pin,
      [1, 2].map((board) => manager.create(Pin, { board, isUp: false })),
    );
    expect(await up(1)()).toEqual([]);
    expect(await up(2)()).toEqual([]);
    await app.settled();
    await manager.update(Pin, pins[1]!.id, { isUp: true });
    expect(await app.statements.expect(1, up(1))).toEqual([]);
    expect(await app.statements.expect(1, up(2))).toMatchObject([{ id: pins[1]!.id }]);
  });

  it('is found by a key of several columns', async () => {
    const app = await open(database);
    const { manager } = app.dataSource;
    await manager.insert(
      Seat,
      [1, 2].flatMap((hall) => [1, 2].map((place) => ({ hall, place, price: hall, guest: null }))),
    );
    const free = (price: number) => () =>
      app.get(Seats).all().filter({ price, guest: 7 }).orderBy({ hall: 'ASC', place: 'ASC' }).cache();
    expect(await free(1)()).toEqual([]);
    expect(await free(2)()).toEqual([]);
    await app.settled();
    await manager.update(Seat, { hall: 2, place: 1 }, { guest: 7 });
    await manager.update(Seat, { hall: 2, place: 2 }, { guest: 7 });
    expect(await app.statements.expect(1, free(1))).toEqual([]);
    expect(await app.statements.expect(1, free(2))).toMatchObject([{ place: 1 }, { place: 2 }]);
  });

  it('is found whatever class it is of', async () => {
    const app = await open(database);
    const { manager } = app.dataSource;
    await manager.insert(Cat, [{ cage: 1, age: 1 }]);
    await manager.insert(Dog, [{ cage: 1, age: 1 }]);
    const old = () => app.get(Cats).all().filter({ cage: 1, age: 9 }).cache();
    expect(await old()).toEqual([]);
    await app.settled();
    await manager.update(Animal, 2, { age: 9 });
    expect(await app.statements.expect(1, old)).toEqual([]);
    await manager.update(Animal, 1, { age: 9 });
    expect(await app.statements.expect(2, old)).toMatchObject([{ id: 1 }]);
  });
});

async function currentTop({ dataSource }: TestApp): Promise<number[]> {
  return idsOf(await dataSource.manager.find(Card, { where: { board: 1 }, order: { score: 'DESC' }, take: 2 }));
}
