import { Injectable } from '@nestjs/common';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { recordHydration } from '../../../lib/codec/hydration.js';
import { BaseCacheManager } from '../../../lib/index.js';
import { sqljs } from '../../fixtures/sqljs.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity('transformed')
class Transformed {
  @PrimaryColumn('int')
  id: number;

  @Column({ type: 'simple-json', transformer: { to: (value: unknown) => value, from: (value: unknown) => value } })
  json: unknown;
}

@Entity('behind')
class Behind {
  @PrimaryColumn('int')
  id: number;

  #json: unknown;

  @Column('simple-json')
  get json() {
    return this.#json;
  }

  set json(value: unknown) {
    this.#json = value;
  }
}

@Injectable()
class TransformedCacheManager extends BaseCacheManager<Transformed> {
  model = Transformed;
}

@Injectable()
class BehindCacheManager extends BaseCacheManager<Behind> {
  model = Behind;
}

/** Deeper than the stack, which JSON.parse does not need. */
const DEPTH = 50_000;

async function deep(database: TestDatabase) {
  const app = await createTestApp({
    database: { ...(await database.options()), entities: [Transformed, Behind], synchronize: true } as never,
    managers: [TransformedCacheManager, BehindCacheManager],
  });
  for (const table of ['transformed', 'behind']) {
    await app.dataSource.query(
      `INSERT INTO ${table} (id, json) VALUES (1, '${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}')`,
    );
  }
  return app;
}

describeDatabases(
  'Data nested deeper than the stack',
  (database) => {
    it.each([
      ['a transformer', TransformedCacheManager],
      ['a setter', BehindCacheManager],
    ] as const)('behind %s is served from the database, not cached', async (_, Manager) => {
      const { get, events, statements } = await deep(database);
      const manager = get<BaseCacheManager<Transformed | Behind>>(Manager as never);
      expect(await manager.all().filter({})).toHaveLength(1);
      expect(await manager.all()).toHaveLength(1);
      expect(await statements.expect(1, () => manager.all())).toHaveLength(1);
      expect(Array.isArray((await manager.get(1)).json)).toBe(true);
      expect(events).toContainEqual(expect.objectContaining({ name: 'entry:skipped', reason: 'unsupported' }));
    });
  },
  ['sqljs', 'postgres'],
);

describe('An application that finds such data while a manager loads', () => {
  it('finds it', async () => {
    const { dataSource } = await deep(sqljs);
    await recordHydration(dataSource, async () => {
      expect(await dataSource.manager.find(Transformed)).toHaveLength(1);
      expect(await dataSource.manager.find(Behind)).toHaveLength(1);
    });
  });
});
