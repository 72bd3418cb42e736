import { Injectable } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { Column, DataSource, type DataSourceOptions, Entity, PrimaryColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager, QsCacheModule } from '../../../lib/index.js';
import { describeDatabases } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity('card')
class Card {
  @PrimaryColumn()
  id!: number;

  @Column()
  board!: number;

  @Column({ default: 0 })
  stars!: number;
}

/** Another table, which has the same clock: names of clocks are in lower case. */
@Entity('Card')
class OldCard {
  @PrimaryColumn()
  id!: number;

  @Column()
  board!: number;

  @Column({ default: 0 })
  stars!: number;
}

@Injectable()
class Cards extends BaseCacheManager<Card> {
  model = Card;
  override cacheKey = 'new-card';
}

@Injectable()
class OldCards extends BaseCacheManager<OldCard> {
  model = OldCard;
  override cacheKey = 'old-card';
}

describeDatabases(
  'Two tables that have one clock',
  (database) => {
    it('say nothing of rows of each other', async () => {
      const app = await createTestApp({
        database: { ...(await database.options()), entities: [Card, OldCard], synchronize: true } as DataSourceOptions,
        managers: [Cards, OldCards],
      });
      const { manager } = app.dataSource;
      await manager.insert(Card, { id: 5, board: 1 });
      await manager.insert(OldCard, { id: 5, board: 2 });
      const read = () => app.get(OldCards).all().filter({ board: 2, stars: 3 }).cache('starred');
      expect(await read()).toEqual([]);
      await app.settled();
      await manager.update(OldCard, 5, { stars: 3 });
      expect(await read()).toEqual([{ id: 5, board: 2, stars: 3 }]);
    });
  },
  ['postgres', 'mariadb'],
);

@Injectable()
class CardsThere extends BaseCacheManager<Card> {
  model = Card;
  override cacheKey = 'card-there';
}

// As two servers have that each call their database alike: a clock does not say which server it is of.
describeDatabases(
  'Two databases that have one clock',
  (database) => {
    it('say nothing of rows of each other', async () => {
      const options = await database.options();
      const name = String(options.database).toUpperCase();
      const here = { ...options, entities: [Card], synchronize: true } as DataSourceOptions;
      const there = { ...here, name: 'there', database: name } as unknown as DataSourceOptions;
      const maker = await new DataSource(options).initialize();
      const quoted = maker.driver.escape(name);
      await maker.query(`CREATE DATABASE ${quoted}`);
      try {
        const app = await createTestApp({
          database: here,
          managers: [Cards],
          imports: [TypeOrmModule.forRoot(there as never), QsCacheModule.forFeature([CardsThere], 'there')],
        });
        const other = app.module.get<DataSource>(getDataSourceToken('there'));
        await app.dataSource.manager.insert(Card, { id: 5, board: 1 });
        await other.manager.insert(Card, { id: 5, board: 2 });
        const boardHere = () => app.get(Cards).all().filter({ board: 1 }).cache('one');
        const read = () => app.get(CardsThere).all().filter({ board: 2, stars: 3 }).cache('starred');
        expect(await read()).toEqual([]);
        await boardHere();
        await app.settled();
        await other.manager.update(Card, 5, { stars: 3 });
        expect(await read()).toEqual([{ id: 5, board: 2, stars: 3 }]);
        await app.close();
      } finally {
        await maker.query(`DROP DATABASE ${quoted}${database.name === 'postgres' ? ' WITH (FORCE)' : ''}`);
        await maker.destroy();
      }
    });
  },
  ['postgres', 'mariadb'],
);
