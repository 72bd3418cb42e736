import { Injectable } from '@nestjs/common';
import { AfterLoad, Column, Entity, ManyToOne, PrimaryColumn } from 'typeorm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BaseCacheManager, type CacheManagerClass } from '../../../lib/index.js';
import { describeWith, services } from '../../support/services.js';
import { createTestApp, type StoreKind } from '../../support/test-app.js';

class Size {
  @Column({ type: 'int' })
  width: number;
}

@Entity()
class Owner {
  @PrimaryColumn()
  id: number;

  @Column({ type: 'varchar' })
  name: string;
}

@Entity()
class Piece {
  @PrimaryColumn()
  id: number;

  @Column({ type: 'simple-json' })
  data: { list: { a: number }[] };

  @Column({ type: 'datetime' })
  at: Date;

  @Column(() => Size)
  size: Size;

  @ManyToOne(() => Owner)
  owner: Owner;
}

@Injectable()
class Pieces extends BaseCacheManager<Piece> {
  model = Piece;
  relatedObjects = ['owner'] as const;
  override shared = true;
}

@Entity()
class Told {
  @PrimaryColumn()
  id: number;

  @Column({ type: 'varchar', nullable: true })
  name: string | null;

  @AfterLoad()
  shout(): void {
    this.name = `${this.name}!`;
  }
}

@Injectable()
class ToldOnes extends BaseCacheManager<Told> {
  model = Told;
  override shared = true;
}

@Entity()
class Hidden {
  @PrimaryColumn()
  id: number;

  #name = '';

  @Column({ type: 'varchar' })
  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    this.#name = name;
  }
}

@Injectable()
class HiddenOnes extends BaseCacheManager<Hidden> {
  model = Hidden;
  override shared = true;
}

@Entity()
class OfHidden {
  @PrimaryColumn()
  id: number;

  @ManyToOne(() => Hidden)
  hidden: Hidden;
}

@Injectable()
class OnesOfHidden extends BaseCacheManager<OfHidden> {
  model = OfHidden;
  relatedObjects = ['hidden'] as const;
  override shared = true;
}

const { redis } = services;

function open(
  managers: readonly CacheManagerClass[],
  entities: readonly (new () => object)[],
  store: StoreKind = 'memory',
) {
  return createTestApp({
    database: { type: 'sqljs', entities: [...entities], synchronize: true },
    managers,
    store,
    ...('url' in redis && { redisUrl: redis.url }),
  });
}

async function setUp(store: StoreKind) {
  const app = await open([Pieces], [Piece, Owner], store);
  const { manager } = app.dataSource;
  await manager.insert(Owner, { id: 1, name: 'first' });
  const at = new Date(0);
  await manager.insert(
    Piece,
    [1, 2].map((id) => ({ id, data: { list: [{ a: 1 }] }, at, size: { width: 1 }, owner: { id: 1 } })),
  );
  const pieces = app.get(Pieces);
  const readAndSettle = async <T>(read: () => PromiseLike<T>): Promise<T> => {
    const result = await read();
    await app.settled();
    return result;
  };
  return {
    ...app,
    pieces,
    detail: () => readAndSettle(() => pieces.get(1)),
    list: () => readAndSettle(() => pieces.all()),
  };
}

function suite(store: StoreKind): void {
  it('are the same for every hit, also in one turn', async () => {
    const { detail, list, pieces, statements } = await setUp(store);
    for (const read of [detail, list]) {
      await read();
      await read();
      const [one, two] = await statements.expect(0, async () => [await read(), await read()]);
      expect(one).toBe(two);
    }
    const [first, second] = await statements.expect(0, () => Promise.all([pieces.get(1), pieces.get(1)]));
    expect(first).toBe(second);
  });

  it.each(['miss', 'hit', 'near hit'])('refuse to be written to, as a %s', async (kind) => {
    const { detail, list } = await setUp(store);
    for (let times = 0; times < ['miss', 'hit', 'near hit'].indexOf(kind); times++)
      await Promise.all([detail(), list()]);
    const [one, all] = [await detail(), await list()];
    for (const piece of [one, ...all]) {
      for (const write of [
        () => (piece.id = 7),
        () => (piece.size.width = 7),
        () => (piece.owner.name = 'mine'),
        () => piece.data.list.push({ a: 2 }),
        () => (piece.data.list[0]!.a = 2),
        () => piece.at.setTime(7),
        () => Object.assign(piece, { more: 1 }),
      ]) {
        expect(write, String(write)).toThrow(TypeError);
      }
    }
    expect(() => all.pop()).toThrow(TypeError);
    expect(() => all.sort(() => 1)).toThrow(TypeError);
  });

  it('refuse it as what joined readers get', async () => {
    const { pieces, settled } = await setUp(store);
    const joined = await Promise.all([pieces.get(1), pieces.get(1), pieces.get(1)]);
    await settled();
    for (const piece of joined) expect(() => (piece.owner.name = 'mine')).toThrow(TypeError);
  });

  // So far each of them reads the payload of the load for themselves.
  it('are the same for all who joined a load', async () => {
    const { pieces, settled } = await setUp(store);
    const joined = await Promise.all([pieces.get(1), pieces.get(1)]);
    await settled();
    expect(joined[0]).toBe(joined[1]);
  });

  it('are others once the row is written', async () => {
    const { dataSource, detail } = await setUp(store);
    await detail();
    await detail();
    const before = await detail();
    await dataSource.manager.update(Owner, 1, { name: 'second' });
    const after = await detail();
    expect([before.owner.name, after.owner.name]).toEqual(['first', 'second']);
  });

  it('are copies where a subscriber writes to what is loaded', async () => {
    const { dataSource, detail } = await setUp(store);
    const afterLoad = vi.fn<(piece: Piece) => void>((piece) => void (piece.size = { width: 7 }));
    dataSource.subscribers.push({ listenTo: () => Piece, afterLoad });
    const [one, two, three] = [await detail(), await detail(), await detail()];
    expect(afterLoad).toHaveBeenCalledTimes(3);
    for (const piece of [one, two, three]) expect(piece.size.width).toBe(7);
    two.owner.name = 'mine';
    expect(three).not.toBe(two);
    expect(three.owner.name).toBe('first');
  });
}

describe('Shared instances', () => {
  afterEach(() => void vi.restoreAllMocks());

  describe('over memory', () => suite('memory'));
  describeWith('redis', 'over Redis', () => suite('ioredis-yet'));

  it.each<[string, CacheManagerClass, readonly (new () => object)[], RegExp]>([
    ['an @AfterLoad', ToldOnes, [Told], /ToldOnes is shared, and Told\.shout\(\) is an @AfterLoad.*Leave shared out/],
    ['a setter', HiddenOnes, [Hidden], /HiddenOnes is shared, and Hidden\.name has a setter.*Leave shared out/],
    [
      'a setter of a relation',
      OnesOfHidden,
      [OfHidden, Hidden],
      /OnesOfHidden is shared, and Hidden\.name has a setter/,
    ],
  ])('keep an application from booting with %s', async (_, manager, entities, says) => {
    await expect(open([manager], entities)).rejects.toThrow(says);
  });
});
