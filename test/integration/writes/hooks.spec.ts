import { setTimeout as sleep } from 'node:timers/promises';
import { type EntitySubscriberInterface, EventSubscriber } from 'typeorm';
import type { AfterQueryEvent, BeforeQueryEvent } from 'typeorm/subscriber/event/QueryEvent.js';
import { expect, it } from 'vitest';
import { QsCacheCore } from '../../../lib/qs-cache.core.js';
import { Example, User } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager, PlainExampleCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { type Fault, FaultyStore } from '../../support/faulty-store.js';
import { isTypeOrm0 } from '../../support/typeorm.js';

/** Short enough to wait for, long enough to tell from nothing. */
const BUDGET_MS = 120;

const FAULTS: Fault[] = ['throws', 'throws synchronously', 'hangs', 'lies'];

@EventSubscriber()
class Throwing implements EntitySubscriberInterface {
  afterQuery({ query }: AfterQueryEvent): void {
    if (query.includes('thrown at')) throw new Error('after the fact');
  }
}

describeDatabases('the hooks on writes', (database) => {
  async function setUp() {
    const app = await exampleApp(database, { options: { budgetMs: BUDGET_MS } });
    return {
      ...app,
      examples: app.get(PlainExampleCacheManager),
      store: new FaultyStore(app.get(QsCacheCore).store, BUDGET_MS),
    };
  }

  it.each(['throws', 'rejects'])('release what they hold when another subscriber %s', async (how) => {
    const { dataSource, examples, statements } = await setUp();
    const refuse = ({ query }: BeforeQueryEvent) => {
      if (query.includes('forbidden')) throw new Error('not allowed');
    };
    dataSource.subscribers.push({
      beforeQuery: how === 'throws' ? refuse : async (event: BeforeQueryEvent) => refuse(event),
    });
    await examples.all();
    const forbidden = dataSource.query(`UPDATE example SET title = 'forbidden' WHERE id = 1`);
    await expect(forbidden).rejects.toThrow('not allowed');
    // By then a hold would block.
    await sleep(2 * BUDGET_MS);
    await statements.expect(0, () => examples.all());
  });

  it("hear of a statement although another subscriber's afterQuery throws", async ({ skip }) => {
    skip(isTypeOrm0 && database.name === 'mariadb', 'TypeORM 0.3 never answers a statement whose subscriber throws');
    const { dataSource, get } = await exampleApp(database, { database: { subscribers: [Throwing] } as never });
    const examples = get(PlainExampleCacheManager);
    expect((await examples.get(1)).title).toBe('one');
    const failing = dataSource.query(`UPDATE example SET title = 'thrown at' WHERE id = 1`);
    await expect(failing).rejects.toThrow('after the fact');
    expect((await examples.get(1)).title).toBe('thrown at');
  });

  it.each(FAULTS)('never fail, undo or hold up a write when the store %s', async (fault) => {
    const { dataSource, store, events } = await setUp();
    store.break(fault, 'hold', 'release', 'advance', 'read', 'touch', 'put', 'remove');
    const started = performance.now();
    await dataSource.manager.save(Example, { id: 1, title: 'saved' });
    await dataSource.manager.update(Example, 2, { title: 'updated' });
    await dataSource.transaction(async (manager) => {
      await manager.insert(Example, { title: 'inserted' });
      await manager.query(`UPDATE example SET title = 'raw' WHERE id = 3`);
    });
    const spent = performance.now() - started;
    const found = await dataSource.manager.find(Example, { order: { id: 'ASC' } });
    expect(found.map(({ title }) => title)).toEqual(['saved', 'updated', 'raw', 'inserted']);
    // Three commits, each with one patience; the databases' own time comes on top.
    expect(spent).toBeLessThan(3 * BUDGET_MS * 2.5 + 500);
    if (fault !== 'lies') expect(events.some(({ name }) => name === 'store:failed')).toBe(true);
  });

  it('let a failed statement fail as the database put it, whatever the store does', async () => {
    const { dataSource, store } = await setUp();
    store.break('throws', 'hold', 'release', 'advance');
    await expect(dataSource.manager.insert(User, { username: 'ann' })).rejects.toMatchObject({
      name: 'QueryFailedError',
    });
  });

  it('acknowledge a write whose advance failed only once its hold blocks readers', async () => {
    const { dataSource, store, examples } = await setUp();
    await examples.get(1);
    store.break('throws', 'advance');
    await dataSource.manager.update(Example, 1, { title: 'changed' });
    expect((await examples.get(1)).title).toBe('changed');
    store.mend();
    expect((await examples.get(1)).title).toBe('changed');
  });

  it('hold and settle a transaction with one call each, however many rows it wrote', async () => {
    const { dataSource, store } = await setUp();
    await dataSource.transaction(async (manager) => {
      for (let i = 0; i < 50; i++) await manager.insert(Example, { title: `row ${i}` });
      await manager.update(User, 1, { username: 'anne' });
    });
    expect([store.count('hold'), store.count('advance'), store.count('release')]).toEqual([1, 1, 0]);
  });

  it('release the hold of a write that fails', async () => {
    const { dataSource, store, examples, statements } = await setUp();
    await examples.all();
    await expect(dataSource.manager.insert(User, { username: 'ann' })).rejects.toThrow();
    expect([store.count('hold'), store.count('advance'), store.count('release')]).toEqual([1, 0, 1]);
    await sleep(BUDGET_MS * 1.5);
    await statements.expect(0, () => examples.all());
  });

  it('hold nothing any more when a transaction has ended, some of whose statements were sent together', async () => {
    const { dataSource, examples, statements } = await setUp();
    await examples.all();
    await dataSource.transaction(async (manager) => {
      await manager.insert(Example, { title: 'before' });
      await Promise.all(['anne', 'anna'].map((username) => manager.update(User, 1, { username })));
    });
    await examples.all();
    // By then a hold would block.
    await sleep(BUDGET_MS * 1.5);
    await statements.expect(0, () => examples.all());
  });

  it('leave reads alone: for none a clock is held', async () => {
    const { dataSource, store, examples } = await setUp();
    await dataSource.manager.find(Example);
    await examples.all();
    expect(store.count('hold')).toBe(0);
  });
});

describeDatabases('a read when the store fails', (database) => {
  it.each(FAULTS)('is answered by the database in time when the store %s', async (fault) => {
    const { get, ...app } = await exampleApp(database, { options: { budgetMs: BUDGET_MS } });
    const store = new FaultyStore(get(QsCacheCore).store, BUDGET_MS);
    const examples = get(ExampleCacheManager);
    for (const operation of ['read', 'touch', 'put'] as const) {
      store.mend();
      store.break(fault, operation);
      await app.dataSource.manager.update(Example, 1, { title: `changed during ${operation}` });
      expect((await examples.get(1)).title).toBe(`changed during ${operation}`);
      expect(await examples.all()).toHaveLength(3);
      expect(await examples.getMany([1, 2])).toHaveLength(2);
    }
    store.mend();
    expect((await examples.get(1)).title).toBe('changed during put');
  });
});

describeDatabases(
  'a statement that is no text',
  (database) => {
    it('runs as it does without us, and may have written anything', async () => {
      const { dataSource, get, statements } = await exampleApp(database);
      const examples = get(PlainExampleCacheManager);
      await examples.get(1);
      const update = { text: `UPDATE example SET title = 'by configuration' WHERE id = 1` };
      await dataSource.query(update as never);
      expect((await statements.expect(1, () => examples.get(1))).title).toBe('by configuration');
    });
  },
  ['postgres'],
);
