import { Injectable } from '@nestjs/common';
import {
  Column,
  type DataSourceOptions,
  DeleteDateColumn,
  Entity,
  type EntityManager,
  IsNull,
  ManyToOne,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager, type QuerySet } from '../../../lib/index.js';
import { describeDatabases } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity()
class Club {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  rank!: number;

  @Column({ type: 'int', nullable: true })
  league!: number | null;

  @DeleteDateColumn()
  deletedAt?: Date | null;
}

@Entity()
class Player {
  @PrimaryGeneratedColumn()
  id!: number;

  @ManyToOne(() => Club, { nullable: false })
  club!: Relation<Club>;

  @ManyToOne(() => Club, { nullable: true, createForeignKeyConstraints: false })
  former!: Relation<Club> | null;
}

@Injectable()
class PlainPlayers extends BaseCacheManager<Player> {
  model = Player;
  override cacheKey = 'plain';
}

@Injectable()
class JoinedPlayers extends BaseCacheManager<Player> {
  model = Player;
  override cacheKey = 'joined';
  override relatedObjects = ['club', 'former'] as const;
}

type Players = QuerySet<Player>;
type Case = [what: string, read: (players: Players) => Players, write: (manager: EntityManager) => Promise<unknown>];

/** What a list shows is decided by related rows that it does not show. There are clubs 1 to 4, each with the player of its number. */
const CASES: Case[] = [
  [
    'a part by an optional row, and one behind it comes first',
    (all) => all.orderBy({ former: { rank: 'ASC' }, id: 'ASC' }).limit(2),
    (manager) => manager.update(Club, 4, { rank: 0 }),
  ],
  [
    'a part by a required row, and one behind it comes first',
    (all) => all.orderBy({ club: { rank: 'ASC' }, id: 'ASC' }).limit(2),
    (manager) => manager.update(Club, 4, { rank: 0 }),
  ],
  [
    'a part by a row, and one before it is soft-deleted',
    (all) =>
      all
        .orderBy({ former: { rank: 'ASC' }, id: 'ASC' })
        .limit(2)
        .offset(1),
    (manager) => manager.softDelete(Club, 1),
  ],
  [
    'a part by a row, and one before it goes behind',
    (all) =>
      all
        .orderBy({ club: { rank: 'ASC' }, id: 'ASC' })
        .limit(2)
        .offset(1),
    (manager) => manager.update(Club, 1, { rank: 9 }),
  ],
  [
    'a part by what rows hold, and one before it holds something else',
    (all) =>
      all
        .filter({ club: { league: 7 } })
        .orderBy({ id: 'ASC' })
        .limit(2)
        .offset(1),
    (manager) => manager.update(Club, 1, { league: 6 }),
  ],
  [
    'a part by what rows hold, and one before it is soft-deleted',
    (all) =>
      all
        .filter({ former: { league: 7 } })
        .orderBy({ id: 'ASC' })
        .limit(2)
        .offset(1),
    (manager) => manager.softDelete(Club, 1),
  ],
  [
    'those without a row, and one is soft-deleted',
    (all) => all.filter({ former: { rank: IsNull() } }).orderBy({ id: 'ASC' }),
    (manager) => manager.softDelete(Club, { rank: 1 }),
  ],
  [
    'those without a row, and one is deleted',
    (all) => all.filter({ former: { rank: IsNull() } }).orderBy({ id: 'ASC' }),
    (manager) => manager.delete(Club, { id: 5, rank: 5 }),
  ],
  [
    'those without a row, and one is there again',
    (all) => all.filter({ former: { league: IsNull() } }).orderBy({ id: 'ASC' }),
    (manager) => manager.restore(Club, { id: 6, league: 7 }),
  ],
];

describeDatabases('A list that is decided by rows it does not show', (database) => {
  it.each(CASES.flatMap(([...each]) => [PlainPlayers, JoinedPlayers].map((manager) => [...each, manager] as const)))(
    'is loaded anew: %s',
    async (_, read, write, managerClass) => {
      const app = await createTestApp({
        database: {
          ...(await database.options()),
          entities: [Club, Player],
          synchronize: true,
        } as DataSourceOptions,
        managers: [PlainPlayers, JoinedPlayers],
      });
      const { manager } = app.dataSource;
      await manager.insert(
        Club,
        [1, 2, 3, 4, 5, 6].map((rank) => ({ rank, league: 7 })),
      );
      const player = (club: number, former: number) => ({ club: { id: club }, former: { id: former } });
      await manager.insert(Player, [
        player(1, 1),
        player(2, 2),
        player(3, 3),
        player(4, 4),
        player(4, 5),
        player(4, 6),
      ]);
      await manager.softDelete(Club, 6);
      const players: BaseCacheManager<Player> = app.get(managerClass);
      const find = () => read(players.all() as Players);
      const before = await find().cache();
      await app.settled();

      await write(manager);

      const found = await find().cache();
      const expected = await find();
      expect(expected).not.toEqual(before);
      expect(found).toEqual(expected);
    },
  );

  it.each(['list', 'count'] as const)('is loaded anew, and so is how many there are (%s)', async (kind) => {
    const app = await createTestApp({
      database: { ...(await database.options()), entities: [Club, Player], synchronize: true } as DataSourceOptions,
      managers: [PlainPlayers],
    });
    const { manager } = app.dataSource;
    await manager.insert(Club, [{ rank: 1 }]);
    await manager.insert(Player, { club: { id: 1 }, former: { id: 1 } });
    const find = () =>
      app
        .get(PlainPlayers)
        .all()
        .filter({ former: { rank: IsNull() } });
    const count = async () => (kind === 'count' ? await find().cache().count() : (await find().cache()).length);
    expect(await count()).toBe(0);
    await app.settled();
    await manager.softDelete(Club, { rank: 1 });
    expect(await count()).toBe(1);
  });
});
