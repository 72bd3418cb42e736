import { Injectable } from '@nestjs/common';
import { Column, type DataSourceOptions, Entity, PrimaryColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity()
class Volume {
  @PrimaryColumn()
  id: number;

  #shown: number;

  /** Shows another number than the database has. */
  @Column({ type: 'int' })
  get shelf(): number {
    return this.#shown;
  }

  set shelf(stored: number) {
    this.#shown = stored + 10;
  }

  @Column()
  score: number;
}

@Injectable()
class Volumes extends BaseCacheManager<Volume> {
  model = Volume;
}

describeDatabases('a row whose setter makes another value of a column', (database) => {
  it('is not known by what it shows', async () => {
    const { dataSource, get, settled } = await createTestApp({
      database: { ...(await database.options()), entities: [Volume], synchronize: true } as DataSourceOptions,
      managers: [Volumes],
    });
    const { manager } = dataSource;
    await manager.query('INSERT INTO volume (id, shelf, score) VALUES (1, 1, 9), (2, 1, 1)');
    const first = async () => {
      const [volume] = await get(Volumes).all().filter({ shelf: 1 }).orderBy({ score: 'DESC' }).limit(1).cache();
      await settled();
      return volume!.id;
    };
    expect(await first()).toBe(1);
    await get(Volumes).get(2);
    await settled();
    await manager.update(Volume, 2, { score: 99 });
    expect(await first()).toBe(2);
  });

  it('is no bound of a part by what it shows', async () => {
    const { dataSource, get, settled } = await createTestApp({
      database: { ...(await database.options()), entities: [Volume], synchronize: true } as DataSourceOptions,
      managers: [Volumes],
    });
    const { manager } = dataSource;
    await manager.query('INSERT INTO volume (id, shelf, score) VALUES (1, 5, 9), (2, 1, 1)');
    const last = async () => {
      const [volume] = await get(Volumes).all().orderBy({ shelf: 'DESC' }).limit(1).cache();
      await settled();
      return volume!.id;
    };
    expect(await last()).toBe(1);
    await manager.update(Volume, 2, { shelf: 7 });
    expect(await last()).toBe(2);
  });
});
