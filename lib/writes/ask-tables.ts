import type { DataSource } from 'typeorm';
import { askPlainTables, namesOf, type PlainTablesFound, type Unasked } from './plain-tables.js';
import { compareKeys } from './stored-keys.js';
import { compareTypes } from './stored-types.js';

/** What a database says of the mapped tables. */
export interface TablesAnswer {
  readonly found: PlainTablesFound;
  readonly unasked?: Unasked | undefined;
  /** From now on columns and keys are what the database says, where their entities say something else. */
  readonly remember: () => void;
}

/** @throws whatever the database fails with */
export async function askTables(dataSource: DataSource): Promise<TablesAnswer> {
  const runner = dataSource.createQueryRunner('master');
  try {
    const plain = await askPlainTables(dataSource, runner);
    if (!plain) {
      const unasked = { problem: 'its driver is none of those that can be', remedy: '' };
      return { found: new Map(), unasked, remember: () => undefined };
    }
    const rememberTypes = await compareTypes(dataSource, runner, namesOf(dataSource));
    const rememberKeys = await compareKeys(dataSource, runner, namesOf(dataSource));
    const remember = () => {
      rememberTypes();
      rememberKeys();
    };
    return { ...plain, remember };
  } finally {
    await runner.release();
  }
}
