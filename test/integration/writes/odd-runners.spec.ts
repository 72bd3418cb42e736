import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import '../../../lib/index.js';

/** A DataSource whose driver makes its query runners so. */
async function dataSourceWith(runner: object): Promise<DataSource> {
  const dataSource = await new DataSource({ type: 'sqljs' }).initialize();
  onTestFinished(() => dataSource.destroy());
  vi.spyOn(dataSource.driver, 'createQueryRunner').mockReturnValue(runner as never);
  return dataSource;
}

describe('A query runner that is no instance of a class', () => {
  it.each([
    ['an object', {}],
    ['an object without a prototype', Object.create(null) as object],
  ])('as tests make them is handed out, and left as it is: %s', async (_, runner) => {
    const query = vi.fn<() => Promise<unknown>>(async () => []);
    const dataSource = await dataSourceWith(Object.assign(runner, { query, release: async () => {} }));
    const made = dataSource.createQueryRunner();
    await made.query('SELECT 1');
    expect(query).toHaveBeenCalledWith('SELECT 1');
    expect(made.query).toBe(query);
  });
});
