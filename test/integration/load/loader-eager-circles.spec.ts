import { Injectable } from '@nestjs/common';
import { Column, Entity, ManyToOne, OneToMany, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { expectSame } from '../../support/expect-same.js';
import { createTestApp } from '../../support/test-app.js';
import { isTypeOrm0 } from '../../support/typeorm.js';

@Entity('team')
class Team {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  name: string;

  @ManyToOne(() => Player, { eager: true, nullable: true })
  captain: Relation<Player> | null;

  @OneToMany(() => Player, (player) => player.second)
  substitutes: Relation<Player>[];
}

@Entity('player')
class Player {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  name: string;

  @ManyToOne(() => Team, { eager: true, nullable: true })
  team: Team | null;

  @ManyToOne(() => Team, (team) => team.substitutes, { nullable: true })
  second: Team | null;
}

/** Eager towards itself. */
@Entity('folder')
class Folder {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  name: string;

  @ManyToOne(() => Folder, { eager: true, nullable: true })
  parent: Relation<Folder> | null;
}

/** Outside of the circle, with a way into it. */
@Entity('game')
class Game {
  @PrimaryGeneratedColumn()
  id: number;

  @ManyToOne(() => Team)
  home: Team;

  @ManyToOne(() => Team)
  guest: Team;
}

@Injectable()
class TeamCacheManager extends BaseCacheManager<Team> {
  model = Team;
}

@Injectable()
class PlayerCacheManager extends BaseCacheManager<Player> {
  model = Player;
  relatedObjects = ['second'] as const;
  prefetchRelatedObjects = ['second.substitutes'] as const;
}

@Injectable()
class FolderCacheManager extends BaseCacheManager<Folder> {
  model = Folder;
}

@Injectable()
class GameCacheManager extends BaseCacheManager<Game> {
  model = Game;
  prefetchRelatedObjects = ['home', 'guest.substitutes'] as const;
}

async function setUp(database: TestDatabase) {
  const app = await createTestApp({
    database: { ...(await database.options()), entities: [Team, Player, Folder, Game], synchronize: true } as never,
    managers: [TeamCacheManager, PlayerCacheManager, FolderCacheManager, GameCacheManager],
  });
  const { manager } = app.dataSource;
  await manager.insert(Team, [{ name: 'reds' }, { name: 'blues' }]);
  const [reds, blues] = [{ id: 1 } as Team, { id: 2 } as Team];
  await manager.insert(Player, [
    { name: 'ann', team: reds, second: blues },
    { name: 'bob', team: blues },
    { name: 'cat', team: null, second: blues },
  ]);
  await manager.update(Team, 1, { captain: { id: 1 } as Player });
  await manager.update(Team, 2, { captain: { id: 3 } as Player });
  await manager.insert(Folder, { name: 'top' });
  await manager.insert(Folder, { name: 'middle', parent: { id: 1 } as Folder });
  await manager.insert(Folder, { name: 'bottom', parent: { id: 2 } as Folder });
  await manager.insert(Game, { home: reds, guest: blues });
  return { ...app, manager };
}

const BY_ID = { id: 'ASC' } as const;

describeDatabases('Eager relations in a circle', (database) => {
  it.for([
    ['of two entities', TeamCacheManager, {}, BY_ID],
    [
      'of two entities, with relations of their own',
      PlayerCacheManager,
      { second: { substitutes: true } },
      { id: 'ASC', second: { substitutes: BY_ID } },
    ],
    ['of one entity', FolderCacheManager, {}, BY_ID],
    [
      'below a prefetched relation',
      GameCacheManager,
      { home: true, guest: { substitutes: true } },
      { id: 'ASC', guest: { substitutes: BY_ID } },
    ],
  ] as const)('%s are loaded once round, as find does by queries', async ([, Manager, relations, order], { skip }) => {
    skip(isTypeOrm0, 'TypeORM 0.3 finds no end of eager relations in a circle');
    const { get, manager, statements } = await setUp(database);
    const entities = get<BaseCacheManager<{ id: number }>>(Manager as never);
    const expected = (await manager.find(
      entities.model as never,
      {
        relations,
        order,
        relationLoadStrategy: 'query',
      } as never,
    )) as { id: number }[];
    const list = () => entities.all().orderBy(order as never);
    expectSame(await list(), expected);
    expectSame(await list().cache('list'), expected);
    expectSame(await statements.expect(0, () => list().cache('list')), expected);
    expectSame(await entities.using(manager).get(1), expected[0]);
    expectSame(await entities.get(1), expected[0]);
    expectSame(await statements.expect(0, () => entities.get(1)), expected[0]);
    // A builder made of it can be asked as well.
    expect(await entities.all().createQueryBuilder('entity').getCount()).toBe(expected.length);
  });

  it('are fresh whoever of the circle is written', async () => {
    const { get, manager } = await setUp(database);
    const team = () => get(TeamCacheManager).get(1);
    expect((await team()).captain!.name).toBe('ann');
    await manager.update(Player, 1, { name: 'anna' });
    expect((await team()).captain!.name).toBe('anna');
    const folder = () => get(FolderCacheManager).get(3);
    expect((await folder()).parent!.name).toBe('middle');
    await manager.update(Folder, 2, { name: 'between' });
    expect((await folder()).parent!.name).toBe('between');
  });
});
