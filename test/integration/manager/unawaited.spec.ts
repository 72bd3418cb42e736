import { expect, it } from 'vitest';
import { Example } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { FaultyStore } from '../../support/faulty-store.js';
import { QsCacheCore } from '../../../lib/qs-cache.core.js';

/** Statements of one runner that nobody awaited one by one. */
describeDatabases('statements called together', (database) => {
  const begin = database.name === 'sqljs' ? 'BEGIN' : 'START TRANSACTION';
  const update = (title: string) => `UPDATE example SET title = '${title}' WHERE id = 1`;
  const open = async () => {
    const app = await exampleApp(database);
    const examples = app.get(PlainExampleCacheManager);
    expect((await examples.get(1)).title).toBe('one');
    const runner = app.dataSource.createQueryRunner();
    const together = (...statements: string[]) => Promise.all(statements.map((statement) => runner.query(statement)));
    const stored = async () => (await app.dataSource.manager.findOneByOrFail(Example, { id: 1 })).title;
    return { ...app, examples, runner, together, stored };
  };

  it('keep their order: what is rolled back stays rolled back, also when the store is slow to take a hold', async () => {
    const { module, together, stored, examples, runner } = await open();
    const faults = new FaultyStore(module.get(QsCacheCore).store, 200).break('hangs', 'hold');
    await together(begin, update('rolled back'), 'ROLLBACK');
    faults.mend();
    await runner.release();
    expect(await stored()).toBe('one');
    expect((await examples.get(1)).title).toBe('one');
  });

  it('are heard when they are committed', async () => {
    const { together, stored, examples, runner } = await open();
    await together(begin, update('committed'), 'COMMIT');
    expect(await stored()).toBe('committed');
    expect((await examples.get(1)).title).toBe('committed');
    await together(update('alone'), begin, 'SELECT 1');
    // The driver says a transaction is open: not the one this UPDATE was in.
    if (database.name !== 'sqljs') expect((await examples.get(1)).title).toBe('alone');
    await runner.query('COMMIT');
    await runner.release();
    expect((await examples.get(1)).title).toBe('alone');
  });

  it('of two transactions in a row are heard', async () => {
    const { together, examples, runner } = await open();
    await together(
      begin,
      update('first'),
      'COMMIT',
      begin,
      `UPDATE example SET title = 'second' WHERE id = 2`,
      'COMMIT',
    );
    await runner.release();
    expect((await examples.get(1)).title).toBe('first');
    expect((await examples.get(2)).title).toBe('second');
  });
});
