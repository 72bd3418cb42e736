import { Injectable } from '@nestjs/common';
import { Column, type DataSourceOptions, Entity, ManyToOne, OneToMany, PrimaryColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { type DatabaseName, describeDatabases } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity()
class Town {
  @PrimaryColumn()
  id: number;

  @Column()
  name: string;
}

@Entity()
class Team {
  @PrimaryColumn()
  id: number;

  @OneToMany(() => Player, (player) => player.team)
  players: Player[];
}

@Entity()
class Player {
  @PrimaryColumn()
  id: number;

  @ManyToOne(() => Team, (team) => team.players)
  team: Team;

  @ManyToOne(() => Town)
  town: Town;
}

@Injectable()
class Teams extends BaseCacheManager<Team> {
  model = Team;
  prefetchRelatedObjects = ['players', 'players.town'] as const;
}

/** As many rows of one table as an entry has clocks for. */
const MOST = 32;

/** Of a table that has one nothing is told but which rows were written, so that their clocks decide. */
const TRIGGER: Readonly<Record<DatabaseName, readonly string[]>> = {
  postgres: [
    'CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$',
    'CREATE TRIGGER does AFTER DELETE ON town FOR EACH ROW EXECUTE FUNCTION nothing()',
  ],
  mariadb: ['CREATE TRIGGER does AFTER DELETE ON town FOR EACH ROW SET @a = 1'],
  sqljs: ['CREATE TRIGGER does AFTER DELETE ON town BEGIN SELECT 1; END'],
};

describeDatabases('a detail that shows many rows of a table', (database) => {
  it.each([
    ['depends on those rows while it has clocks for them', MOST, 0],
    ['depends on the whole table beyond that', MOST + 1, 1],
  ])('%s', async (_, count, misses) => {
    const { dataSource, get, events, settled } = await createTestApp({
      database: {
        ...(await database.options()),
        entities: [Team, Player, Town],
        synchronize: true,
      } as DataSourceOptions,
      managers: [Teams],
      // Writes without holds tell nothing of what they changed, or this one would be judged by that.
      options: { holdMs: 0 },
    });
    const { manager } = dataSource;
    for (const sql of TRIGGER[database.name]) await manager.query(sql);
    const numbers = Array.from({ length: count }, (_each, i) => i + 1);
    await manager.insert(Team, { id: 1 });
    await manager.insert(
      Town,
      [...numbers, 99].map((id) => ({ id, name: `town ${id}` })),
    );
    await manager.insert(
      Player,
      numbers.map((id) => ({ id, team: { id: 1 }, town: { id } })),
    );
    const read = async () => {
      events.splice(0);
      const { players } = await get(Teams).get(1);
      await settled();
      return {
        names: players.map(({ town }) => town.name).sort(),
        misses: events.filter(({ name }) => name === 'entry:missed').length,
      };
    };

    await read();
    expect((await read()).misses).toBe(0);
    await manager.update(Town, 99, { name: 'shown by nobody' });
    expect((await read()).misses).toBe(misses);
    expect((await read()).misses).toBe(0);
    await manager.update(Town, count, { name: 'changed' });
    expect((await read()).names).toContain('changed');
  });
});
