import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Column, type DataSourceOptions, Entity, ManyToOne, PrimaryColumn } from 'typeorm';
import type { BeforeQueryEvent } from 'typeorm/subscriber/event/QueryEvent.js';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { Example } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { sqljs } from '../../fixtures/sqljs.js';
import { exampleApp } from '../../support/example-app.js';
import { createTestApp } from '../../support/test-app.js';

const open = async () => {
  const app = await exampleApp(sqljs);
  const examples = app.get(PlainExampleCacheManager);
  expect((await examples.get(1)).title).toBe('one');
  await examples.all();
  const runner = app.dataSource.createQueryRunner();
  const shown = async () => [(await examples.get(1)).title, (await examples.all()).find(({ id }) => id === 1)!.title];
  return { ...app, examples, runner, shown };
};

it("another request's acknowledged write is read while somebody's transaction is open on the one connection", async () => {
  const { dataSource, runner, shown, events, statements } = await open();
  await runner.startTransaction();
  await dataSource.manager.update(Example, 1, { title: 'acknowledged' });
  expect(await shown()).toEqual(['acknowledged', 'acknowledged']);
  expect(events).toContainEqual(expect.objectContaining({ name: 'entry:missed', reason: 'transaction' }));
  await runner.commitTransaction();
  expect(await shown()).toEqual(['acknowledged', 'acknowledged']);
  await statements.expect(0, shown);
});

it.each([
  [
    'INSERT OR ROLLBACK that meets its row',
    ['BEGIN'],
    `INSERT OR ROLLBACK INTO example (id, title) VALUES (1, 'again')`,
  ],
  ['an outermost savepoint that is released', [], 'SAVEPOINT s'],
])('a transaction that ends unseen by %s: what is written afterwards is heard', async (_, before, last) => {
  const { dataSource, runner, shown } = await open();
  for (const statement of before) await runner.query(statement);
  await runner.query(`UPDATE example SET title = 'first' WHERE id = 1`);
  await runner.query(last).catch(() => undefined);
  if (last.startsWith('SAVEPOINT')) await runner.query('RELEASE S');
  await dataSource.manager.update(Example, 1, { title: 'afterwards' });
  expect(await shown()).toEqual(['afterwards', 'afterwards']);
});

it('a row that was uncommitted behind nested savepoints of one name is not kept', async () => {
  const { runner, shown } = await open();
  await runner.query('SAVEPOINT s');
  await runner.query('SAVEPOINT S');
  await runner.query(`UPDATE example SET title = 'uncommitted' WHERE id = 1`);
  await runner.query('RELEASE s');
  expect(await shown()).toEqual(['uncommitted', 'uncommitted']);
  await runner.query('ROLLBACK');
  expect(await shown()).toEqual(['one', 'one']);
});

it('a row a load saw that began while a BEGIN was on its way is not kept', async () => {
  const { dataSource, examples, runner, shown } = await open();
  await dataSource.manager.update(Example, 1, { title: 'committed' });
  const begun = gate();
  const updated = gate();
  dataSource.subscribers.push({
    beforeQuery: ({ query }: BeforeQueryEvent) =>
      query === 'BEGIN' ? begun.promise : query.startsWith('SELECT') ? updated.promise : undefined,
  });
  const beginning = runner.query('BEGIN');
  await sleep(1);
  const loading = examples.get(1);
  await sleep(1);
  begun.open();
  await beginning;
  await runner.query(`UPDATE example SET title = 'uncommitted' WHERE id = 1`);
  updated.open();
  await loading;
  await runner.query('ROLLBACK');
  expect(await shown()).toEqual(['committed', 'committed']);
});

function gate(): { promise: Promise<void>; open: () => void } {
  let open!: () => void;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}

@Entity()
class Parent {
  @PrimaryColumn()
  id: number;
}

@Entity()
class Child {
  @PrimaryColumn()
  id: number;

  @Column()
  parentId: number;

  @ManyToOne(() => Parent, { onUpdate: 'CASCADE' })
  parent: Parent;
}

@Injectable()
class ChildCacheManager extends BaseCacheManager<Child> {
  model = Child;
}

it.each(['rowid', 'oid', '_rowid_'])('a key under its other name, %s, moves what refers to it', async (name) => {
  const database: DataSourceOptions = { type: 'sqljs', entities: [Parent, Child], synchronize: true };
  const { dataSource, get } = await createTestApp({ database, managers: [ChildCacheManager] });
  await dataSource.manager.insert(Parent, { id: 1 });
  await dataSource.manager.insert(Child, { id: 1, parentId: 1 });
  const children = get(ChildCacheManager);
  expect((await children.get(1)).parentId).toBe(1);
  await dataSource.query(`UPDATE parent SET ${name} = 9 WHERE id = 1`);
  expect((await children.get(1)).parentId).toBe(9);
});
