import { DataSource } from 'typeorm';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { expectQueries } from '../../../lib/testing/expect-queries.js';
import { onUnheardStatement } from '../../../lib/writes/statement-hooks.js';
import { copyOfTypeOrm } from '../../support/copy-of-typeorm.js';

const unheard: DataSource[] = [];

async function initialized(Type = DataSource): Promise<DataSource> {
  const dataSource = await new Type({ type: 'sqljs' }).initialize();
  onTestFinished(() => dataSource.destroy());
  return dataSource;
}

/** Whether a statement of it comes as a surprise, as it must where an application is yet to meet it. */
async function isUnheard(dataSource: DataSource): Promise<boolean> {
  unheard.length = 0;
  await dataSource.query('SELECT 1');
  return unheard.includes(dataSource);
}

beforeAll(() => onUnheardStatement((dataSource) => void unheard.push(dataSource)));

describe('Statements of a DataSource that no application listens to', () => {
  it.each<[string, (dataSource: DataSource) => unknown]>([
    ['succeeded', (dataSource) => dataSource.query('SELECT 1')],
    ['failed', (dataSource) => dataSource.query('nonsense')],
    [
      'threw',
      () => {
        throw new Error('at once');
      },
    ],
    ['cost something else', () => undefined],
    ['counted as well', (dataSource) => expectQueries(dataSource, 1, () => dataSource.query('SELECT 1'))],
  ])('are as unheard as before once they were counted, where the work %s', async (_, work) => {
    const dataSource = await initialized();
    expect(await isUnheard(dataSource)).toBe(true);
    await expectQueries(dataSource, 1, () => work(dataSource)).catch(() => undefined);
    expect(await isUnheard(dataSource)).toBe(true);
  });

  it('are counted of another copy of TypeORM too', async () => {
    const dataSource = await initialized(copyOfTypeOrm());
    await expectQueries(dataSource, 1, () => dataSource.query('SELECT 1'));
  });
});
