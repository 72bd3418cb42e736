import { Injectable } from '@nestjs/common';
import { Column, type DataSourceOptions, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { expect, it, vi } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity()
class Card {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  score!: number;

  @Column()
  board!: number;
}

@Injectable()
class Cards extends BaseCacheManager<Card> {
  model = Card;
}

/** How long the pool lets anybody wait, in milliseconds. */
const PATIENCE_MS = 500;

describeDatabases(
  'a list whose rows are to be looked at, while the pool has no connection left',
  (database) => {
    it('waits in the pool for its load alone, which fails as any would', async () => {
      const options = { ...(await database.options()), entities: [Card], synchronize: true };
      const busy = { poolSize: 1, extra: { connectionTimeoutMillis: PATIENCE_MS } };
      const { get, dataSource } = await createTestApp({
        database: { ...options, ...busy } as unknown as DataSourceOptions,
        managers: [Cards],
      });
      const cards = get(Cards);
      await dataSource.manager.insert(
        Card,
        [1, 2].map((board) => ({ board, score: board })),
      );
      const high = () => cards.all({ where: { board: 1, score: 100 } });
      expect(await high()).toEqual([]);
      await dataSource.manager.update(Card, 2, { score: 100 });
      const runner = dataSource.createQueryRunner();
      await runner.connect();
      try {
        const { master } = dataSource.driver as unknown as { master: { connect(): unknown } };
        const connect = vi.spyOn(master, 'connect');
        await expect(high()).rejects.toThrow('timeout exceeded when trying to connect');
        expect(connect).toHaveBeenCalledTimes(1);
      } finally {
        await runner.release();
      }
      expect(await high()).toEqual([]);
    });
  },
  ['postgres'],
);
