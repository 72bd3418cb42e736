import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntitySubscriberInterface } from 'typeorm';
import { expect, it } from 'vitest';
import { QsCacheCore } from '../../../lib/qs-cache.core.js';
import { Example } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { FaultyStore } from '../../support/faulty-store.js';
import { isTypeOrm0 } from '../../support/typeorm.js';

const BUDGET_MS = 100;
const HOLD_MS = 1_000;

/** The application's own subscribers, which TypeORM calls beside the watch, and which may fail. */
describeDatabases('a subscriber of the application that fails', (database) => {
  const setUp = async (subscriber: EntitySubscriberInterface, isFirst = false) => {
    const app = await exampleApp(database, { options: { budgetMs: BUDGET_MS, holdMs: HOLD_MS } });
    const { subscribers } = app.dataSource;
    if (isFirst) subscribers.unshift(subscriber);
    else subscribers.push(subscriber);
    const store = new FaultyStore(app.get(QsCacheCore).store, BUDGET_MS);
    const examples = app.get(PlainExampleCacheManager);
    await examples.get(1);
    return { ...app, store, examples };
  };

  /** Refuses statements by a promise, so that the watch has been called by then. */
  const guard = {
    async beforeQuery({ query }: { query: string }) {
      await Promise.resolve();
      if (query.includes('forbidden')) throw new Error('forbidden');
    },
  };

  it('before a statement leaves no table uncached for good', async () => {
    const { dataSource, examples, statements } = await setUp(guard);
    await expect(dataSource.query(`UPDATE example SET title = 'forbidden' WHERE id = 1`)).rejects.toThrow('forbidden');
    await sleep(HOLD_MS * 1.5);
    // Another statement comes by, and the hold's deadline passes.
    await dataSource.query(`UPDATE company SET name = 'other'`);
    await sleep(HOLD_MS * 1.5);
    await examples.get(1);
    await statements.expect(0, () => examples.get(1));
  });

  it('before a statement does not make later transactions tell twice', async () => {
    const { dataSource, store } = await setUp(guard);
    const runner = dataSource.createQueryRunner();
    await expect(runner.query(`UPDATE example SET title = 'forbidden' WHERE id = 1`)).rejects.toThrow('forbidden');
    await runner.query('SELECT 1');
    await runner.query(`UPDATE company SET name = 'once'`);
    const told = store.count('advance');
    await runner.startTransaction();
    await runner.manager.update(Example, 2, { title: 'a' });
    await runner.manager.update(Example, 2, { title: 'b' });
    await runner.commitTransaction();
    await runner.release();
    expect(store.count('advance') - told).toBe(1);
  });

  it.for([true, false])(
    'after a statement keeps nobody from hearing of it (called first: %s)',
    async (isFirst, { skip }) => {
      skip(isTypeOrm0 && database.name === 'mariadb', 'TypeORM 0.3 never answers a statement whose subscriber throws');
      const broken = {
        afterQuery({ query }: { query: string }) {
          if (query.includes('clumsy')) throw new TypeError('clumsy');
        },
      };
      const { dataSource, examples, statements } = await setUp(broken, isFirst);
      await dataSource.query(`UPDATE example SET title = 'clumsy' WHERE id = 1`).catch(() => undefined);
      const stored = await dataSource.manager.findOneByOrFail(Example, { id: 1 });
      expect((await examples.get(1)).title).toBe(stored.title);
      await sleep(HOLD_MS * 1.5);
      await dataSource.query(`UPDATE company SET name = 'other'`);
      await sleep(HOLD_MS * 1.5);
      expect((await examples.get(1)).title).toBe(stored.title);
      await statements.expect(0, () => examples.get(1));
    },
  );
});

/** `dataSource.subscribers` is the application's list: it may do with it what it likes. */
describeDatabases('an application that changes the list of subscribers', (database) => {
  it.each<[string, (dataSource: DataSource, write: () => Promise<unknown>) => Promise<unknown>]>([
    [
      'empties it for a while',
      async ({ subscribers }, write) => {
        const saved = subscribers.splice(0);
        await write();
        subscribers.push(...saved);
      },
    ],
    [
      'puts another in its place',
      async (dataSource, write) => {
        Object.assign(dataSource, { subscribers: [] });
        await write();
      },
    ],
    [
      'takes a subscriber out in one of its events',
      async ({ subscribers }, write) => {
        const once = { afterQuery: () => void subscribers.splice(subscribers.indexOf(once), 1) };
        subscribers.unshift(once);
        await write();
      },
    ],
  ])('and %s is heard all the same', async (_name, change) => {
    const { dataSource, get } = await exampleApp(database);
    const examples = get(PlainExampleCacheManager);
    await examples.get(1);
    await change(dataSource, () => dataSource.manager.update(Example, 1, { title: 'changed' }));
    expect((await examples.get(1)).title).toBe('changed');
  });
});
